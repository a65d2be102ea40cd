import { startLoad } from '#native-bench/load/load.ts';
import { startCountingOrigin } from '#scenarios/support/counting-origin.ts';
import { nonZero, statusOf } from '#scenarios/support/edge.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_CONNS = 10;
const CLIENTS = 64;
const REQUESTS = 1_000_000;
const REQUESTS_SHORT = 9_000;
const THREAD_COUNTS = [1, 2, 4];

interface Load {
  readonly queue: { readonly length: number; readonly largest: number };
  readonly shed: Readonly<Record<string, number>>;
  readonly endpoints: readonly { readonly active: number }[];
}

export const scenario: Scenario = {
  name: 'max-conns',
  promise: 'max_conns is kept over all threads, and the queue in front of it loses nobody',
  target: `${REQUESTS.toLocaleString('en')} requests of ${CLIENTS} clients over 1, 2 and 4 threads: at most ${MAX_CONNS} at a time at the endpoint, 0 failed`,
  run: async (context) => {
    const each = Math.ceil((context.short ? REQUESTS_SHORT : REQUESTS) / THREAD_COUNTS.length);
    const measured: string[] = [];
    const details: Record<string, unknown> = {};
    let pass = true;
    for (const threadCount of THREAD_COUNTS) {
      const { failures, load, peak, report, requests } = await run(context, threadCount, each);
      const { largest, length } = load.queue;
      const left = load.endpoints.reduce((sum, { active }) => sum + active, length);
      context.progress(`${threadCount} threads: ${report.ratePerSec.toFixed(0)} per second`);
      measured.push(
        `${threadCount} threads: ${requests} requests, at most ${peak} at a time, up to ${largest} in the queue, ` +
          `${failures} failed (${nonZero(report.failuresByKind)}), ${left} left in flight`,
      );
      details[`threads${threadCount}`] = { peak, requests, load, report };
      // Less than all places would say that nothing was tried.
      pass &&= peak === MAX_CONNS && failures === 0 && requests >= each && left === 0;
      pass &&= largest > 0 && largest <= CLIENTS;
    }
    return { measured: measured.join('; '), pass, details };
  },
};

async function run(context: ScenarioContext, threadCount: number, each: number) {
  const origin = await startCountingOrigin();
  context.defer(() => origin.close());
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes ${threadCount};
      error_log stderr notice;
      events { worker_connections 1024; }
      http {
        access_log off;
        upstream origin {
          server 127.0.0.1:${origin.port} max_conns=${MAX_CONNS};
          queue ${CLIENTS};
        }
        server {
          listen 127.0.0.1:${port};
          keepalive_requests 1000000;
          location / { proxy_pass http://origin; }
          location = /weir-status { status_json; }
        }
      }`,
  });
  const load = await startLoad({
    port: weir.port,
    mode: 'closed',
    connections: CLIENTS,
    requests: each,
    threads: 1,
    timeoutMs: 30_000,
  });
  const stop = (): void => load.stop();
  context.signal.addEventListener('abort', stop);
  const report = await load.done;
  const [upstream] = ((await statusOf(weir)) as unknown as { upstreams: Load[] }).upstreams;
  const { peak, requests } = origin;
  await weir.stop();
  origin.close();
  if (upstream === undefined) throw new Error('the status has no upstream');
  return { peak, requests, failures: report.failures, load: upstream, report };
}
