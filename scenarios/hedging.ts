import { type LoadRun, runLoad, startLoad } from '#native-bench/load/load.ts';
import type { LoadReport } from '#native-bench/load/options.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import { TailOrigins } from '#scenarios/support/tail-origins.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const ENDPOINTS = 3;
const PER_SEC = 400;
const DURATION_MS = 25_000;
const WARMUP_MS = 5_000;
/** A little more than one in 100, so that p99 lies among the slow ones and not at their edge. */
const ONE_IN = 80;
const SLOW_MS = 150;
const HEDGE = '98% min=10ms';
/** features.md HR-12; beyond.md B-12. */
const MOST_EXTRA = 0.05;
const MOST_OF_P99 = 0.5;
const SHORT_REQUESTS = 400;

export const scenario: Scenario = {
  name: 'hedging',
  promise: 'a few slow answers are not what clients wait for, and that costs little',
  target:
    `${PER_SEC} req/s each with proxy_hedge ${HEDGE} and without it, at the same time, to ${ENDPOINTS} endpoints that take ${SLOW_MS} ms ` +
    `for one answer in ${ONE_IN}: p99 with it ≤ ${MOST_OF_P99} × p99 without; load of the endpoints < ${(1 + MOST_EXTRA).toFixed(2)} × that of the clients; 0 failed`,
  run: async (context) => {
    const origins = await TailOrigins.start(ENDPOINTS, context.seed);
    context.defer(() => origins.close());
    return context.short ? runShort(context, origins) : runLong(context, origins);
  },
};

/** Slow answers never come: whoever is answered all the same owes it to the second endpoint. */
async function runShort(
  context: ScenarioContext,
  origins: TailOrigins,
): ReturnType<Scenario['run']> {
  // On a busy machine others are hedged, too: no budget that they could use up.
  const port = await start(context, origins, 'retry_budget off;');
  const options = {
    port,
    seed: context.seed,
    mode: 'closed',
    connections: 4,
    heads: 'unique',
    path: '/hedged',
    requests: SHORT_REQUESTS,
  } as const;
  const before = await runLoad(options);
  origins.tail = { share: 1 / ONE_IN, slowMs: 'dropped' };
  const after = await runLoad({ ...options, seed: context.seed + 1 });
  await origins.untilNobodyWaits();
  const { again, slow } = origins;
  const failures = before.failures + after.failures;
  return {
    measured: `${slow} of ${SHORT_REQUESTS} were never answered, ${again} of these by another endpoint; ${failures} failed`,
    pass: failures === 0 && slow > 0 && again === slow,
    details: { slow, again, before, after },
  };
}

async function runLong(
  context: ScenarioContext,
  origins: TailOrigins,
): ReturnType<Scenario['run']> {
  const port = await start(context, origins, '');
  origins.tail = { share: 1 / ONE_IN, slowMs: SLOW_MS };
  const load = (name: string): Promise<LoadRun> =>
    startLoad({
      port,
      seed: context.seed,
      mode: 'open',
      ratePerSec: PER_SEC,
      durationMs: DURATION_MS,
      warmupMs: WARMUP_MS,
      connections: 256,
      heads: 'unique',
      path: `/${name}`,
      pacing: 'timer',
    });
  const runs = [await load('plain'), await load('hedged')] as const;
  const [plain, hedged] = await Promise.all([runs[0].done, runs[1].done]);
  const extra = origins.asked('hedged') / (hedged.requests + hedged.warmupRequests) - 1;
  const failures = plain.failures + hedged.failures;
  const ratio = hedged.latency.p99Us / plain.latency.p99Us;
  return {
    measured:
      `${line('without', plain)}; ${line('with', hedged)}: ${ratio.toFixed(2)} ×; ` +
      `extra load ${(extra * 100).toFixed(1)} %; ${failures} failed`,
    pass: failures === 0 && ratio <= MOST_OF_P99 && extra < MOST_EXTRA,
    details: { extra, ratio, slow: origins.slow, again: origins.again, plain, hedged },
  };
}

function line(name: string, { latency: { p50Us, p99Us, p999Us } }: LoadReport): string {
  const [p50 = '', p99 = '', p999 = ''] = [p50Us, p99Us, p999Us].map((us) =>
    (us / 1_000).toFixed(1),
  );
  return `${name}: p50 ${p50}, p99 ${p99}, p99.9 ${p999} ms`;
}

async function start(
  context: ScenarioContext,
  origins: TailOrigins,
  budget: string,
): Promise<number> {
  const weir = await startWeirFor(context, {
    conf: (port) => `
      worker_processes 1;
      error_log stderr notice;
      events { worker_connections 4096; }
      http {
        access_log off;
        upstream origins {
          ${origins.ports.map((at) => `server 127.0.0.1:${at};`).join(' ')}
          ${budget}
          keepalive 64;
        }
        server {
          listen 127.0.0.1:${port};
          location /plain/ { proxy_pass http://origins; }
          location /hedged/ { proxy_pass http://origins; proxy_hedge ${HEDGE}; }
        }
      }`,
  });
  return weir.port;
}
