// One client connection, many requests: order, pipelining, what ends the connection.

import assert from 'node:assert/strict';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, setStage } from '#test/support/stage.ts';

const echo: OriginScript = {
  onRequest: ({ line, body }) => ok(`${line.split(' ')[1]} ${body.toString('latin1')}`),
};
const get = (path: string, ...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: a.test', ...fields].join('\r\n')}\r\n\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const chunked = (path: string, ...chunks: string[]): string =>
  `POST ${path} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n\r\n`;

onBothTiers('keep-alive', (it) => {
  it('serves one request after the other on one connection to each side', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client();
    for (let turn = 0; turn < 50; turn++) {
      client.send(turn % 2 === 0 ? get(`/${turn}`) : post(`/${turn}`, 'x'.repeat(turn)));
      const { body, status } = await client.response();
      assert.equal(status, 200);
      assert.equal(body.toString(), `/${turn} ${turn % 2 === 0 ? '' : 'x'.repeat(turn)}`);
    }
    assert.equal(stage.origin.connections.length, 1);
  });

  it('answers pipelined requests in their order, however slow each is', async (t, tier) => {
    const waiting: (() => void)[] = [];
    const stage = await setStage(t, tier, {
      scripts: [
        {
          onRequest: ({ line }, connection) => {
            waiting.push(() => connection.send(ok(line)));
            return undefined;
          },
        },
      ],
    });
    const client = await stage.client(
      get('/1') + post('/2', 'body') + chunked('/3', 'a') + get('/4'),
    );
    for (let turn = 0; turn < 4; turn++) {
      await stage.origin.request(turn);
      assert.equal(stage.origin.requests.length, turn + 1, 'one at a time goes to the origin');
      waiting[turn]?.();
      assert.match((await client.response()).body.toString(), new RegExp(` /${turn + 1} `));
    }
  });

  it('reads pipelined requests split at every byte', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const text = get('/1') + post('/2', 'hello') + chunked('/3', 'wor', 'ld') + get('/4');
    for (let at = 1; at < text.length; at++) {
      const client = await stage.client();
      await client.sent(text.slice(0, at));
      await client.sent(text.slice(at));
      for (const expected of ['/1 ', '/2 hello', '/3 world', '/4 ']) {
        assert.equal((await client.response()).body.toString(), expected, `split at ${at}`);
      }
      client.close();
    }
  });

  it('reads a request that comes byte by byte', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client();
    for (const char of get('/1') + chunked('/2', 'hello', 'world') + post('/3', 'end')) {
      await client.sent(char);
    }
    for (const expected of ['/1 ', '/2 helloworld', '/3 end']) {
      assert.equal((await client.response()).body.toString(), expected);
    }
  });

  it('answers a thousand pipelined requests', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [echo],
      server: 'keepalive_requests 2000; location = /own { return 200 own; }',
    });
    const paths = Array.from({ length: 1000 }, (_, at) => (at % 3 === 0 ? '/own' : `/${at}`));
    const client = await stage.client(paths.map((path) => get(path)).join(''));
    for (const path of paths) {
      assert.equal((await client.response()).body.toString(), path === '/own' ? 'own' : `${path} `);
    }
  });

  it('never looks at what is pipelined behind an error', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client(`${get('/1')}GET /bad\x01 HTTP/1.1\r\n\r\n${get('/never')}`);
    assert.equal((await client.response()).body.toString(), '/1 ');
    assert.equal((await client.response()).status, 400);
    assert.equal(await client.closed(), 'end');
    assert.deepEqual(
      stage.origin.requests.map(({ line }) => line),
      ['GET /1 HTTP/1.1'],
    );
  });

  it('keeps the connection after what is not about framing', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [echo],
      server: 'location = /none { return 404; }',
    });
    const client = await stage.client(get('/none') + get('/1'));
    assert.equal((await client.response()).status, 404);
    assert.equal((await client.response()).body.toString(), '/1 ');
  });

  it('closes after keepalive_requests, and says so in the last response', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo], server: 'keepalive_requests 3;' });
    const client = await stage.client(get('/1') + get('/2') + get('/3') + get('/4'));
    const fields: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      fields.push((await client.response()).fields.get('connection')?.[0]);
    }
    assert.deepEqual(fields, ['keep-alive', 'keep-alive', 'close']);
    assert.equal(await client.closed(), 'end');
    assert.equal(client.rest, '');
  });

  it('closes each time with keepalive_timeout 0', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo], server: 'keepalive_timeout 0;' });
    const client = await stage.client(get('/1') + get('/2'));
    assert.equal((await client.response()).fields.get('connection')?.[0], 'close');
    assert.equal(await client.closed(), 'end');
  });

  it('closes an idle connection after keepalive_timeout', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo], server: 'keepalive_timeout 50ms;' });
    const client = await stage.client(get('/1'));
    assert.equal((await client.response()).status, 200);
    assert.equal(await client.closed(), 'end');
    assert.equal(client.rest, '', 'without a word');
  });

  it('does not carry anything of one request into the next', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client(
      get('/1', 'Authorization: secret', 'X: 1', 'Connection: keep-alive, x') +
        post('/2', 'secret body') +
        get('/3'),
    );
    for (let turn = 0; turn < 3; turn++) await client.response();
    const [line, host, via, ...rest] = stage.origin.requests[2]?.lines ?? [];
    assert.deepEqual([line, host, rest], ['GET /3 HTTP/1.1', 'Host: origins', []]);
    assert.match(via ?? '', /^Via: 1\.1 weir-[0-9a-f]{8}$/);
    assert.equal(stage.origin.requests[2]?.body.length, 0);
  });

  it('a stray empty line behind a request does not hold anything up', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client(`${post('/1', 'a')}\r\n`);
    assert.equal((await client.response()).status, 200);
    client.send(get('/2'));
    assert.equal((await client.response()).body.toString(), '/2 ');
  });

  it('a client that ends its side between requests is closed', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [echo] });
    const client = await stage.client(get('/1'), { staysOpen: true });
    await client.response();
    client.finish();
    assert.equal(await client.closed(), 'end');
  });
});
