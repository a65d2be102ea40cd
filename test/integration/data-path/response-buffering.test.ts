// Responses whose client does not read: what waits in memory and in a file, when the origin is free,
// when it is held back, and that nothing is left.

import assert from 'node:assert/strict';
import type { RawOrigin } from '#test/support/raw-origin.ts';
import {
  checkNothingLeft,
  checkOneFile,
  chunked,
  LARGE,
  openFiles,
  pattern,
  serving,
  setSpool,
  stalled,
  until,
} from '#test/support/spool.ts';
import { onBothTiers, type Stage } from '#test/support/stage.ts';

const MB = 1024 * 1024;
const GET = 'GET /down HTTP/1.1\r\nHost: a.test\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n';

/** Bytes that the first connection of the origin has got rid of. */
function streamedBytes(origin: RawOrigin): number {
  return origin.connections[0]?.streamedBytes ?? 0;
}

/** The origin is through while the client reads nothing; then that gets it, whole. */
async function isTakenWhole(stage: Stage, directory: string, body: Buffer): Promise<void> {
  const client = await stage.client('', { staysOpen: true });
  client.pause();
  client.send(GET);
  await stage.origin.request(0);
  await until(() => streamedBytes(stage.origin) >= LARGE);
  client.resume();
  const response = await client.response();
  assert.ok(response.isWhole);
  assert.ok(response.body.equals(body));
  await checkNothingLeft(directory);
}

onBothTiers('a response', (it) => {
  it('of an origin is taken while its client reads nothing, and the origin is free', async (t, tier) => {
    const body = pattern(LARGE);
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [serving(body)],
      upstream: 'keepalive 4;',
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(GET);
    await stage.origin.request(0);
    await until(() => streamedBytes(stage.origin) === LARGE);
    checkOneFile(directory);
    await until(() => stage.edge.shared.endpoints.active(0) === 0);
    const other = await stage.client(NEXT);
    assert.equal((await other.response()).body.toString(), 'got 0');
    assert.equal(stage.origin.connections.length, 1, 'the same connection serves the next');
    client.resume();
    const response = await client.response();
    assert.ok(response.isWhole);
    assert.ok(response.body.equals(body));
    await checkNothingLeft(directory);
    client.send(NEXT);
    assert.equal((await client.response()).body.toString(), 'got 0', 'and so is the client');
  });

  for (const framing of ['chunked', 'close'] as const) {
    it(`without a length waits just so, ${framing}`, async (t, tier) => {
      const body = pattern(LARGE);
      const { stage, directory } = await setSpool(t, tier, {
        scripts: [
          {
            onRequest: (_, connection) => {
              const field = framing === 'chunked' ? 'Transfer-Encoding: chunked' : 'X: y';
              connection.send(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`);
              if (framing === 'chunked') connection.stream(chunked(body, 40_000));
              else connection.stream(body, () => connection.end());
              return undefined;
            },
          },
        ],
      });
      await isTakenWhole(stage, directory, body);
    });
  }

  it('X-Accel-Buffering means nothing with proxy_ignore_headers', async (t, tier) => {
    const body = pattern(LARGE);
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [serving(body, 'X-Accel-Buffering: no')],
      location: 'proxy_ignore_headers Vary; proxy_ignore_headers Expires X-Accel-Buffering;',
    });
    await isTakenWhole(stage, directory, body);
  });

  it('waits by X-Accel-Buffering: yes, whatever proxy_buffering says', async (t, tier) => {
    const body = pattern(LARGE);
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [serving(body, 'X-Accel-Buffering: Yes')],
      location: 'proxy_buffering off;',
    });
    await isTakenWhole(stage, directory, body);
  });

  it('comes in order to a client that reads and stops by turns', async (t, tier) => {
    const body = pattern(LARGE);
    const { stage, directory } = await setSpool(t, tier, { scripts: [serving(body)] });
    const client = await stage.client('', { staysOpen: true });
    client.send(GET);
    for (let seen = 0; seen < LARGE / 2; seen = client.received.length) {
      client.pause();
      await stalled(() => streamedBytes(stage.origin));
      client.resume();
      await client.untilBytes(Math.min(LARGE, seen + MB));
    }
    assert.ok((await client.response()).body.equals(body));
    await checkNothingLeft(directory);
  });

  for (const [what, fields, location] of [
    ['with proxy_buffering off', [], 'proxy_buffering off;'],
    ['with X-Accel-Buffering: no', ['X-Accel-Buffering: no'], ''],
    [
      'with X-Accel-Buffering: yes that is ignored',
      ['X-Accel-Buffering: yes'],
      'proxy_buffering off; proxy_ignore_headers X-Accel-Buffering;',
    ],
    ['with proxy_max_temp_file_size 0', [], 'proxy_max_temp_file_size 0;'],
  ] as const) {
    it(`${what} holds the origin back: no file is opened`, async (t, tier) => {
      const body = pattern(2 * LARGE);
      const { stage, directory } = await setSpool(t, tier, {
        scripts: [serving(body, ...fields)],
        location,
      });
      const client = await stage.client('', { staysOpen: true });
      client.pause();
      client.send(GET);
      await stage.origin.request(0);
      await stalled(() => streamedBytes(stage.origin));
      assert.ok(streamedBytes(stage.origin) < LARGE, `${streamedBytes(stage.origin)} left`);
      assert.deepEqual(openFiles(directory), []);
      client.resume();
      const response = await client.response();
      assert.ok(response.body.equals(body));
      assert.equal(response.fields.get('x-accel-buffering'), undefined);
    });
  }

  it('beyond proxy_max_temp_file_size holds the origin back, and arrives whole', async (t, tier) => {
    const body = pattern(2 * LARGE);
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [serving(body)],
      location: 'proxy_max_temp_file_size 2m;',
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(GET);
    await stage.origin.request(0);
    await until(() => openFiles(directory).length === 1);
    await stalled(() => streamedBytes(stage.origin));
    assert.ok(streamedBytes(stage.origin) < LARGE, `${streamedBytes(stage.origin)} left`);
    client.resume();
    assert.ok((await client.response()).body.equals(body));
    await checkNothingLeft(directory);
  });

  it('that breaks off while its client reads nothing is never taken for whole', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, {
      scripts: [
        {
          onRequest: (_, connection) => {
            connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`);
            connection.stream(pattern(LARGE - 1), () => connection.end());
            return undefined;
          },
        },
      ],
    });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(GET);
    await stage.origin.request(0);
    await until(() => stage.origin.connections[0]?.isClosed === true);
    client.resume();
    assert.equal((await client.response()).isWhole, false);
    await checkNothingLeft(directory);
  });

  it('in a file is forgotten when its client goes away', async (t, tier) => {
    const { stage, directory } = await setSpool(t, tier, { scripts: [serving(pattern(LARGE))] });
    const client = await stage.client('', { staysOpen: true });
    client.pause();
    client.send(GET);
    await until(() => openFiles(directory).length === 1);
    client.reset();
    await checkNothingLeft(directory);
  });
});
