// Clients that give up, threads that die and reloads: after all of it no place of `max_conns` is
// taken, nobody is in the queue, and no count was ever below zero.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { get, reload, type Status, statusOf } from '#test/support/processes.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

const MAX_CONNS = 4;
const CLIENTS = 24;
/** Each ends two threads, and the last of every two a generation. */
const ROUNDS = 4;

interface LoadStatus extends Status {
  readonly upstreams: readonly {
    readonly queue: { readonly length: number; readonly largest: number };
    readonly endpoints: readonly { readonly active: number }[];
  }[];
}

describe('max_conns and its queue', () => {
  it('hold nobody after aborts, dead threads and reloads', async (t) => {
    const { crash, weir } = await start(t);
    let lowest = 0;
    let largest = 0;
    const look = async (): Promise<number> => {
      const [upstream] = ((await statusOf(weir)) as LoadStatus).upstreams;
      assert.ok(upstream !== undefined);
      const counts = [...upstream.endpoints.map(({ active }) => active), upstream.queue.length];
      lowest = Math.min(lowest, ...counts);
      largest = Math.max(largest, upstream.queue.largest);
      return counts.reduce((sum, count) => sum + count);
    };
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = client; !isOver; n++) await ask(weir, n % 3 === 0);
    });
    for (let round = 0; round < ROUNDS; round++) {
      for (const [thread, way] of (['exit', 'terminate'] as const).entries()) {
        await crash(way, thread);
        await look().catch(() => {}); // the thread that was asked may be dying
      }
      if (round % 2 === 1) await reload(weir);
    }
    isOver = true;
    await Promise.all(clients);
    while ((await look()) !== 0);
    assert.equal(lowest, 0);
    assert.ok(largest > 0, 'nobody ever waited');
    const bodies = await Promise.all(Array.from({ length: CLIENTS }, () => get(weir)));
    assert.deepEqual(new Set(bodies), new Set(['page']));
    while ((await look()) !== 0);
  });
});

/** A request over a connection of its own; ends with it, however it ends. */
async function ask(weir: Weir, givesUp: boolean): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: weir.port });
  socket.on('error', () => {}); // of threads that die
  socket.on('data', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', () => {
    if (givesUp) setImmediate(() => socket.destroy());
  });
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
}

async function start(t: TestContext) {
  const origin = createServer((_request, response) => {
    setImmediate(() => response.end('page'));
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.after(() => {
    origin.close();
    origin.closeAllConnections();
  });
  const folder = await mkdtemp(join(tmpdir(), 'weir-chaos-'));
  await chmod(folder, 0o755); // the generation is not root and reads it
  t.after(() => rm(folder, { recursive: true }));
  const hooks = join(folder, 'crash');
  const { port: originPort } = origin.address() as AddressInfo;
  const weir = await startWeir({
    env: { WEIR_TEST_HOOKS: hooks, WEIR_WARM_UP_MS: '0' },
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 256; }
      http {
        access_log off;
        upstream origin {
          server 127.0.0.1:${originPort} max_conns=${MAX_CONNS} max_fails=0;
          queue ${CLIENTS};
        }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; }
          location = /status { status_json; }
        }
      }`,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  const crash = async (way: string, thread: number): Promise<void> => {
    for (;;) {
      const status = await statusOf(weir).catch(() => undefined);
      if (status === undefined) continue;
      const from = weir.output.length;
      writeFileSync(hooks, `${way} ${thread}`);
      process.kill(status.generationPid, 'SIGUSR2');
      await weir.waitForLine(
        new RegExp(`thread ${thread + 1} serves|generation \\d+ serves`),
        from,
      );
      return;
    }
  };
  return { weir, crash };
}
