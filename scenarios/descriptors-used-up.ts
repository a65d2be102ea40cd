import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuMicros } from '#native-bench/measure/process-usage.ts';
import { timeToAnswer } from '#scenarios/support/edge.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const DESCRIPTORS = 256;
const CLIENTS = 400;
const STREAMS = 10;
const CHUNKS = 60;
const CHUNK_BYTES = 1_000;
const CHUNK_DELAY_MS = 100;
const CHUNK_DELAY_SHORT_MS = 10;
const WATCHED_MS = 3_000;
const MAX_CPU = 0.1;
const MAX_BACK_MS = 1_000;

export const scenario: Scenario = {
  name: 'descriptors-used-up',
  promise: 'without a descriptor left the edge waits, and loses nothing that it has',
  target:
    `${DESCRIPTORS} descriptors, ${STREAMS} streams under way, ${CLIENTS} more clients: nobody dies, ` +
    `CPU < ${MAX_CPU * 100} % of a core while they wait, streams whole, new clients are answered ${MAX_BACK_MS} ms after there is room`,
  run: async (context) => {
    const weir = await start(context);
    const streams = Array.from({ length: STREAMS }, () => stream(weir, context.short));
    await Promise.all(streams.map(({ begun }) => begun));
    const clients = crowd(context, weir);
    await weir.waitForLine(/thread 1 has \d+ connections and accepts no more/);
    const [fromUs, fromMs] = [cpuMicros(weir.pid), performance.now()];
    if (!context.short) await delay(WATCHED_MS);
    const cpu = (cpuMicros(weir.pid) - fromUs) / 1000 / (performance.now() - fromMs);
    const lengths = await Promise.all(streams.map(({ length }) => length));
    for (const client of clients) client.destroy();
    const backMs = await timeToAnswer(weir);
    const whole = lengths.filter((bytes) => bytes === CHUNKS * CHUNK_BYTES).length;
    const isAlive = weir.exit === undefined && !/\bdied\b|\[alert\]/.test(weir.output);
    const isTimely = context.short || (cpu < MAX_CPU && backMs <= MAX_BACK_MS);
    return {
      measured:
        `${whole} of ${STREAMS} streams whole, ${isAlive ? 'nobody died' : 'SOMEBODY DIED'}, ` +
        `CPU ${(cpu * 100).toFixed(1)} % of a core, back after ${backMs.toFixed(0)} ms`,
      pass: whole === STREAMS && isAlive && isTimely,
      details: { lengths, cpu, backMs, log: weir.output.slice(0, 4000) },
    };
  },
};

async function start(context: ScenarioContext): Promise<Weir> {
  const origin = await startOriginFor(context, { keepRequests: 0 });
  return startWeirFor(context, {
    conf: (port) => `
      worker_processes 1;
      worker_rlimit_nofile ${DESCRIPTORS};
      error_log stderr notice;
      events { worker_connections 1024; }
      http {
        access_log off;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${origin.port}; }
          location = /weir-status { status_json; }
        }
      }`,
  });
}

/** A download that takes some seconds. */
function stream(weir: Weir, short: boolean): { begun: Promise<unknown>; length: Promise<number> } {
  const delayMs = short ? CHUNK_DELAY_SHORT_MS : CHUNK_DELAY_MS;
  const path = `/chunked/${CHUNKS * CHUNK_BYTES}?chunk=${CHUNK_BYTES}`;
  const request = get(weir.url(path), { agent: false, headers: { 'x-delay-chunk-ms': delayMs } });
  const begun = once(request, 'response');
  const read = async (): Promise<number> => {
    const [response] = (await begun) as [AsyncIterable<Buffer>];
    let bytes = 0;
    try {
      for await (const chunk of response) bytes += chunk.length;
    } catch {
      return -1; // cut
    }
    return bytes;
  };
  return { begun, length: read() };
}

/** Clients with half a request each: none of their connections is idle, none may be closed for another. */
function crowd(context: ScenarioContext, { port }: Weir): Socket[] {
  const clients = Array.from({ length: CLIENTS }, () => {
    const client = connect({ host: '127.0.0.1', port });
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: a\r\n');
    return client;
  });
  context.defer(() => {
    for (const client of clients) client.destroy();
  });
  return clients;
}
