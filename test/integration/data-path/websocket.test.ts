// Upgrades to another protocol: the handshake without any configuration, and everything that must not
// become a tunnel.

import assert from 'node:assert/strict';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { turn } from '#test/support/spool.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const ASK =
  'GET /chat HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const AGREE =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** Agrees to `/chat`, answers everything else. */
const agreeing: OriginScript = {
  onRequest: ({ line }) => (line.includes('/chat') ? AGREE : ok('plain')),
};

function behindHead(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
}

async function checkNext(stage: Stage): Promise<void> {
  const client = await stage.client(NEXT);
  assert.equal((await client.response()).body.toString(), 'plain');
  client.close();
}

onBothTiers('an upgrade', (it) => {
  it('passes both heads without any configuration', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [agreeing] });
    const client = await stage.client(ASK);
    const { fields } = await stage.origin.request(0);
    assert.deepEqual(fields.get('upgrade'), ['websocket']);
    assert.match(fields.get('connection')?.join() ?? '', /^upgrade$/i);
    assert.deepEqual(fields.get('sec-websocket-key'), ['dGhlIHNhbXBsZSBub25jZQ==']);
    assert.deepEqual(fields.get('sec-websocket-version'), ['13']);
    const answer = await client.response();
    assert.equal(answer.status, 101);
    assert.deepEqual(answer.fields.get('upgrade'), ['websocket']);
    assert.match(answer.fields.get('connection')?.join() ?? '', /^upgrade$/i);
    assert.deepEqual(answer.fields.get('sec-websocket-accept'), ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=']);
    for (const name of ['content-length', 'transfer-encoding', 'keep-alive']) {
      assert.equal(answer.fields.get(name), undefined, name);
    }
  });

  it('is recognised in any case and among other options of Connection', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [agreeing] });
    const client = await stage.client(
      'GET /chat HTTP/1.1\r\nHost: a.test\r\nconnection: keep-alive, X-Hop, UPGRADE\r\n' +
        'X-Hop: 1\r\nupgrade: WebSocket\r\n\r\n',
    );
    const { fields } = await stage.origin.request(0);
    assert.match(fields.get('upgrade')?.join() ?? '', /^websocket$/i);
    assert.match(fields.get('connection')?.join() ?? '', /^upgrade$/i);
    assert.equal(fields.get('x-hop'), undefined);
    assert.equal((await client.response()).status, 101);
  });

  it('bytes in the same packet as the 101 belong to the tunnel', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ onRequest: () => `${AGREE}hello` }] });
    const client = await stage.client(ASK);
    assert.equal((await client.response()).status, 101);
    await client.until('hello');
    assert.equal(client.rest, 'hello');
  });

  it('client bytes behind the request wait for the 101, then belong to the tunnel', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{}] });
    const client = await stage.client(`${ASK}early`);
    const { connection } = await stage.origin.request(0);
    client.send(' bytes');
    await turn();
    assert.equal(behindHead(connection.received).length, 0, 'nothing before the origin agreed');
    connection.send(AGREE);
    assert.equal((await client.response()).status, 101);
    await stage.origin.until(() => behindHead(connection.received).length >= 11);
    assert.equal(behindHead(connection.received).toString(), 'early bytes');
  });

  it('an answer other than 101 is an ordinary one; what came behind the request is not guessed at', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }) =>
            line.includes('/chat') ? 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno' : ok('plain'),
        },
      ],
    });
    const client = await stage.client(ASK + NEXT);
    const refused = await client.response();
    assert.equal(refused.status, 403);
    assert.equal(refused.body.toString(), 'no');
    assert.equal(refused.fields.get('upgrade'), undefined);
    assert.equal(refused.fields.get('connection')?.[0], 'close');
    assert.equal(await client.closed(), 'end', 'the bytes behind may be HTTP or not');
    assert.equal(stage.origin.requests.length, 1);
  });

  for (const [what, answer] of [
    ['another protocol', AGREE.replace('Upgrade: websocket', 'Upgrade: other')],
    ['two protocols', AGREE.replace('Upgrade: websocket', 'Upgrade: websocket, other')],
    ['no protocol', AGREE.replace('Upgrade: websocket\r\n', '')],
  ] as const) {
    it(`a 101 with ${what} is 502, and opens no tunnel`, async (t, tier) => {
      const stage = await setStage(t, tier, {
        scripts: [{ onRequest: ({ line }) => (line.includes('/chat') ? answer : ok('plain')) }],
      });
      const client = await stage.client(ASK);
      assert.equal((await client.response()).status, 502);
      const connection = await stage.origin.connection(0);
      await connection.closed();
      assert.equal(behindHead(connection.received).length, 0);
      await checkNext(stage);
    });
  }

  it('a 101 that nobody asked for is 502', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onRequest: ({ line }) => (line.includes('/next') ? ok('plain') : AGREE) }],
    });
    const client = await stage.client('GET /chat HTTP/1.1\r\nHost: a.test\r\n\r\n');
    assert.equal((await client.response()).status, 502);
    await (await stage.origin.connection(0)).closed();
    await checkNext(stage);
  });
});

const NOT_FORWARDED: Readonly<Record<string, string>> = {
  'of h2c':
    'GET /no HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
    'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n',
  'of h2c beside websocket':
    'GET /no HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n',
  'of h2c in a field of its own':
    'GET /no HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n' +
    'Upgrade: websocket\r\n\r\n',
  'of a protocol that is not named by proxy_upgrade':
    'GET /no HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n',
  'without Connection: upgrade':
    'GET /no HTTP/1.1\r\nHost: a.test\r\nConnection: keep-alive\r\nUpgrade: websocket\r\n\r\n',
  'in HTTP/1.0':
    'GET /no HTTP/1.0\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'with a body':
    'POST /no HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Content-Length: 4\r\n\r\nbody',
};

onBothTiers('no upgrade is forwarded', (it) => {
  async function checkPlain(stage: Stage, request: string): Promise<void> {
    const client = await stage.client(request);
    const { fields } = await stage.origin.request(0);
    assert.equal(fields.get('upgrade'), undefined);
    assert.equal(fields.get('http2-settings'), undefined);
    assert.doesNotMatch(fields.get('connection')?.join() ?? '', /upgrade|http2/i);
    const answer = await client.response();
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), 'plain');
  }

  for (const [what, request] of Object.entries(NOT_FORWARDED)) {
    it(what, async (t, tier) => {
      await checkPlain(await setStage(t, tier, { scripts: [agreeing] }), request);
    });
  }

  it('with proxy_upgrade off', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [agreeing], location: 'proxy_upgrade off;' });
    await checkPlain(stage, ASK.replace('/chat', '/no'));
  });

  it('when the location speaks HTTP/1.0 to its origins', async (t, tier) => {
    const location = 'proxy_http_version 1.0;';
    const stage = await setStage(t, tier, { scripts: [agreeing], location });
    await checkPlain(stage, ASK.replace('/chat', '/no'));
  });
});
