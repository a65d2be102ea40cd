import { startFastOrigin } from '#native-bench/baselines/proxies.ts';
import { median, quantile } from '#native-bench/measure/statistics.ts';
import { startFolder, timeStart } from '#scenarios/support/first-answer.ts';
import { type Burst, burst } from '#scenarios/support/first-requests.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_START_MS = 500;
const REQUESTS = 1_000;
const CONNECTIONS = 64;
/** Starts of either kind that are measured. */
const STARTS = 10;
/** Starts before those: each process writes what it compiled into the cache. */
const FILLING_STARTS = 2;
/** The client's own code is warmed on the origin, without a proxy. */
const CLIENT_REQUESTS = 20_000;

/** One start and what came after it, in milliseconds. */
interface Sample {
  readonly answeredMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** From the first of the requests to the last answer. */
  readonly totalMs: number;
}

export const scenario: Scenario = {
  name: 'warm-start',
  promise: 'the first clients after a start do not pay for cold code',
  target:
    `${STARTS} starts of bin/weir with two threads, warm-up on and off in turns: first answer ≤ ${MAX_START_MS} ms (worst) with it, ` +
    `and p99 of the first ${REQUESTS.toLocaleString('en')} requests over ${CONNECTIONS} connections (median) not above that without`,
  needs: ['nginx'],
  run: async (context) => {
    const origin = await startFastOrigin(undefined);
    context.defer(() => origin.stop());
    if (!context.short) await burst(origin.port, CLIENT_REQUESTS, CONNECTIONS);
    const start = prepare(context, origin.port);
    const on: Sample[] = [];
    const off: Sample[] = [];
    const [filling, starts] = context.short ? [0, 1] : [FILLING_STARTS, STARTS];
    for (let n = -filling; n < starts; n += 1) {
      // In turns, and each of them first every other time: what disturbs one disturbs the other.
      for (const isOn of n % 2 === 0 ? [true, false] : [false, true]) {
        context.signal.throwIfAborted();
        const sample = await start(isOn);
        if (n >= 0) (isOn ? on : off).push(sample);
      }
    }
    const worstMs = Math.max(...on.map(({ answeredMs }) => answeredMs));
    const isSooner = middle(on, 'p99Ms') <= middle(off, 'p99Ms');
    return {
      measured: `with warm-up ${describe(on)}; without ${describe(off)}`,
      pass: context.short || (worstMs <= MAX_START_MS && isSooner),
      details: { on, off },
    };
  },
};

/** A start with or without warm-up, from one compile cache. */
function prepare(context: ScenarioContext, originPort: number): (isOn: boolean) => Promise<Sample> {
  const { cache, conf } = startFolder(
    context.directory,
    (port) => `
      access_log off;
      upstream origin { server 127.0.0.1:${originPort}; keepalive ${CONNECTIONS}; }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://origin;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
        }
      }`,
  );
  return async (isOn) => {
    // Undefined: as the launcher has it, whatever this process was started with.
    const env: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: cache };
    env['WEIR_WARM_UP_MS'] = isOn ? undefined : '0';
    let first: Burst = { latenciesMs: [], totalMs: 0 };
    const { answeredMs } = await timeStart(conf, env, async (port) => {
      first = await burst(port, REQUESTS, CONNECTIONS);
    });
    const { latenciesMs, totalMs } = first;
    const [p50Ms, p99Ms] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
    return { answeredMs, p50Ms, p99Ms, totalMs };
  };
}

function middle(samples: readonly Sample[], name: keyof Sample): number {
  return median(samples.map((sample) => sample[name]));
}

function describe(samples: readonly Sample[]): string {
  const worstMs = Math.max(...samples.map(({ answeredMs }) => answeredMs));
  return (
    `p99 ${middle(samples, 'p99Ms').toFixed(1)} ms, p50 ${middle(samples, 'p50Ms').toFixed(1)} ms, ` +
    `all in ${middle(samples, 'totalMs').toFixed(0)} ms, ` +
    `first answer after ${middle(samples, 'answeredMs').toFixed(0)} ms (worst ${worstMs.toFixed(0)} ms)`
  );
}
