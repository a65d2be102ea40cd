// Clients that give up, threads that die and reloads: after all of it nothing is in flight, no place of
// `max_conns` is taken, nobody is in the queue, and no count was ever below zero.

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

const LIMIT = `max_conns=${MAX_CONNS}`;

describe('after aborts, dead threads and reloads', () => {
  it('max_conns and its queue hold nobody', async (t) => {
    const { largest } = await storm(t, `server ORIGIN ${LIMIT} max_fails=0; queue ${CLIENTS};`);
    assert.ok(largest > 0, 'nobody ever waited');
  });

  it('max_conns of the upstream and its queue hold nobody', async (t) => {
    const limits = `max_conns ${MAX_CONNS}; queue ${CLIENTS};`;
    const { largest } = await storm(
      t,
      `server ORIGIN max_fails=0; server OTHER max_fails=0; ${limits}`,
    );
    assert.ok(largest > 0, 'nobody ever waited');
  });

  // Without a limit other instructions count.
  it('nothing is in flight at endpoints that take any number', async (t) => {
    await storm(t, 'server ORIGIN max_fails=0; keepalive 4;');
  });

  it('nothing is in flight where load is bounded and clients are kept', async (t) => {
    const servers = 'server ORIGIN max_fails=0; server OTHER max_fails=0;';
    await storm(t, `hash $request_id consistent balance_factor=150; ${servers}`);
    await storm(t, `sticky cookie id; ${servers}`);
  });
});

/** All of that to an upstream with that content; all counts are 0 then. `largest`: of its queue. */
async function storm(t: TestContext, upstreamText: string): Promise<{ largest: number }> {
  const { crash, weir } = await start(t, upstreamText);
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
    for (let n = client; !isOver; n++) await ask(weir, WAYS[n % WAYS.length] as Way);
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
  const bodies = await Promise.all(Array.from({ length: CLIENTS }, () => get(weir)));
  assert.deepEqual(new Set(bodies), new Set(['page']));
  while ((await look()) !== 0);
  return { largest };
}

/** What a client of the storm does: it waits, or leaves before the answer, in it, or in its own body. */
type Way = 'waits' | 'leaves at once' | 'leaves in the answer' | 'leaves in its body';
const WAYS: readonly Way[] = [
  'waits',
  'leaves at once',
  'leaves in the answer',
  'waits',
  'leaves in its body',
];

/** A request over a connection of its own; ends with it, however it ends. */
async function ask(weir: Weir, way: Way): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: weir.port });
  socket.on('error', () => {}); // of threads that die
  socket.on('data', () => {
    if (way === 'leaves in the answer') socket.destroy();
  });
  const head =
    way === 'leaves in its body'
      ? 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'
      : 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  socket.write(head, () => {
    if (way === 'leaves at once' || way === 'leaves in its body') {
      setImmediate(() => socket.destroy());
    }
  });
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
}

async function start(t: TestContext, upstreamText: string) {
  const origin = createServer((_request, response) => {
    response.write('pa');
    setImmediate(() => response.end('ge'));
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
  const address = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const weir = await startWeir({
    env: { WEIR_TEST_HOOKS: hooks, WEIR_WARM_UP_MS: '0' },
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 256; }
      http {
        access_log off;
        upstream origin { ${upstreamText.replace('ORIGIN', address).replace('OTHER', address)} }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; proxy_buffering off; proxy_request_buffering off; }
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
