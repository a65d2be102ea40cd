// The tunnel that a 101 opens: bytes, ends and breaks of both sides. The bytes are plain text here, no
// frame is looked at.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import type { RawClient } from '#test/support/raw-client.ts';
import { type OriginConnection, type OriginScript, ok } from '#test/support/raw-origin.ts';
import { turn } from '#test/support/spool.ts';
import { onBothTiers, type Stage, type StageOptions, setStage } from '#test/support/stage.ts';

const MB = 1024 * 1024;

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

/** Client and origin with a tunnel between them. */
interface Tunnel {
  readonly stage: Stage;
  readonly client: RawClient;
  readonly origin: OriginConnection;
  /** What came to the origin behind the request. */
  atOrigin(): Buffer;
}

async function openTunnel(
  t: TestContext,
  tier: TransportTier,
  options: StageOptions = {},
): Promise<Tunnel> {
  const stage = await setStage(t, tier, { scripts: [agreeing], ...options });
  const client = await stage.client(ASK, { staysOpen: true });
  const { connection: origin } = await stage.origin.request(0);
  assert.equal((await client.response()).status, 101);
  return { stage, client, origin, atOrigin: () => behindHead(origin.received) };
}

function behindHead(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
}

async function checkNext(stage: Stage): Promise<void> {
  const client = await stage.client(NEXT);
  assert.equal((await client.response()).body.toString(), 'plain');
  client.close();
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

onBothTiers('a tunnel', (it) => {
  it('carries bytes both ways, whatever they look like', async (t, tier) => {
    const { stage, client, origin, atOrigin } = await openTunnel(t, tier);
    client.send('ping');
    await stage.origin.until(() => atOrigin().length === 4);
    origin.send('pong');
    await client.until('pong');
    const odd = '\x00\xff\r\nHTTP/1.1 200 OK\r\n';
    client.send(odd);
    origin.send(odd);
    await client.until(odd);
    await stage.origin.until(() => atOrigin().length === 4 + odd.length);
    assert.equal(client.rest, `pong${odd}`);
    assert.equal(atOrigin().toString('latin1'), `ping${odd}`);
  });

  it('carries megabytes both ways at once, through readers that stop', async (t, tier) => {
    const { stage, client, origin, atOrigin } = await openTunnel(t, tier);
    const [up, down] = ['up', 'down'].map((seed) => {
      const bytes = Buffer.alloc(8 * MB, seed);
      for (let at = 0; at < bytes.length; at += 64) bytes.writeUInt32BE(at, at);
      return bytes;
    }) as [Buffer, Buffer];
    const before = client.received.length;
    client.pause();
    origin.pause();
    client.send(up);
    let isSent = false;
    origin.stream(down, () => {
      isSent = true;
    });
    await turn();
    client.resume();
    origin.resume();
    await Promise.all([
      client.untilBytes(before + down.length),
      stage.origin.until(() => atOrigin().length >= up.length),
    ]);
    assert.equal(sha(client.received.subarray(before)), sha(down));
    assert.equal(sha(atOrigin()), sha(up));
    assert.ok(isSent);
  });

  it('passes the FIN of the client on, and what the origin says afterwards', async (t, tier) => {
    const stage = await setStage(t, tier, { scripts: [{ ...agreeing, staysOpen: true }] });
    const client = await stage.client(ASK, { staysOpen: true });
    const { connection: origin } = await stage.origin.request(0);
    await client.response();
    client.send('last words');
    client.finish();
    await stage.origin.until(() => origin.hasEnded);
    assert.equal(behindHead(origin.received).toString(), 'last words');
    origin.send('farewell');
    await client.until('farewell');
    assert.equal(client.state, 'open');
    origin.end();
    assert.equal(await client.closed(), 'end');
    await origin.closed();
  });

  it('passes the FIN of the origin on, and what the client says afterwards', async (t, tier) => {
    const { stage, client, origin, atOrigin } = await openTunnel(t, tier);
    origin.send('farewell');
    origin.end();
    assert.equal(await client.closed(), 'end');
    assert.equal(client.rest, 'farewell');
    client.send('still here');
    await stage.origin.until(() => atOrigin().length === 10);
    assert.equal(origin.isClosed, false);
    client.finish();
    await origin.closed();
    const { endpoints } = stage.edge.shared;
    assert.equal(endpoints.sentBytes(0), origin.received.length);
    assert.equal(endpoints.receivedBytes(0), AGREE.length + 'farewell'.length);
  });

  it('passes a FIN on behind bytes that still wait', async (t, tier) => {
    const { client, origin } = await openTunnel(t, tier);
    const before = client.received.length;
    client.pause();
    origin.stream(Buffer.alloc(8 * MB, 'd'), () => origin.end());
    await turn();
    client.resume();
    assert.equal(await client.closed(), 'end');
    assert.equal(client.received.length - before, 8 * MB);
  });

  it('that one side breaks is cut on the other', async (t, tier) => {
    const { stage, client, origin } = await openTunnel(t, tier);
    client.reset();
    await origin.closed();
    const second = await stage.client(ASK);
    assert.equal((await second.response()).status, 101);
    stage.origin.connections.at(-1)?.reset();
    await second.closed();
    await checkNext(stage);
  });

  it('is never used for another request', async (t, tier) => {
    const { stage, client, origin } = await openTunnel(t, tier, { upstream: 'keepalive 4;' });
    client.finish();
    origin.end();
    await origin.closed();
    await checkNext(stage);
    assert.equal(stage.origin.connections.length, 2);
    assert.equal(origin.requestCount, 1);
  });

  it('ends when nothing has come for proxy_read_timeout, and not before', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const { stage, client, origin, atOrigin } = await openTunnel(t, tier, {
      clock,
      location: 'proxy_read_timeout 10s; proxy_send_timeout 10s;',
      server: 'keepalive_timeout 1s; client_header_timeout 1s; client_body_timeout 1s;',
    });
    for (let step = 1; step <= 4; step++) {
      // Another client's timeout shows that the wheel has turned.
      const other = await stage.client(NEXT);
      await other.response();
      clock.advanceMs(8_000);
      await other.closed();
      if (step % 2 === 0) client.send('c');
      else origin.send('o');
      const [fromClient, fromOrigin] = [Math.floor(step / 2), Math.ceil(step / 2)];
      await stage.origin.until(() => atOrigin().length === fromClient);
      await client.until('o'.repeat(fromOrigin));
    }
    clock.advanceMs(11_000);
    await client.closed();
    await origin.closed();
  });

  it('has one line in the access log, when it ends', async (t, tier) => {
    const directory = mkdtempSync(join(tmpdir(), 'weir-tunnel-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const log = join(directory, 'access.log');
    const stage = await setStage(t, tier, {
      scripts: [agreeing],
      conf: (port) => `
        log_format tunnel '$status $request_method $uri $upstream_status $bytes_sent';
        server {
          listen 127.0.0.1:1;
          location / { proxy_pass http://127.0.0.1:${port}; access_log ${log} tunnel; }
        }`,
    });
    const client = await stage.client(ASK, { staysOpen: true });
    const { connection } = await stage.origin.request(0);
    await client.response();
    const headBytes = client.received.length;
    connection.send('seven b');
    await client.until('seven b');
    assert.equal(readFileSync(log, 'latin1'), '');
    client.finish();
    await stage.origin.until(() => connection.hasEnded);
    connection.end();
    await client.closed();
    let text = '';
    while (text === '') {
      await turn();
      text = readFileSync(log, 'latin1');
    }
    assert.equal(text, `101 GET /chat 101 ${headBytes + 7}\n`);
  });
});
