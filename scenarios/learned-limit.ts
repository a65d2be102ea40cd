import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { statusOf } from '#scenarios/support/edge.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

/** The endpoint: 5 workers, 50 ms each. */
const WORKERS = 5;
const WORK_MS = 50;
const CAPACITY_PER_SEC = (WORKERS * 1000) / WORK_MS;
const LIGHT_PER_SEC = CAPACITY_PER_SEC / 2;
const HEAVY_PER_SEC = CAPACITY_PER_SEC * 4;
const LEAST_GOODPUT = 0.9;
/** Of the time that an answer takes when half of what it can is asked for; p99 of both. */
const MAX_P99_RATIO = 2;
const TICK_MS = 25;

interface Seen {
  readonly servedMs: number[];
  readonly shedMs: number[];
  other: number;
}

interface Load {
  readonly shed: Readonly<Record<string, number>>;
  readonly endpoints: readonly { readonly active: number; readonly learnedLimit?: number }[];
}

export const scenario: Scenario = {
  name: 'learned-limit',
  promise: 'an endpoint that is asked for four times what it can stays busy, and its answers quick',
  target: `${HEAVY_PER_SEC} requests per second at an endpoint for ${CAPACITY_PER_SEC}, concurrency adaptive: at least ${LEAST_GOODPUT * CAPACITY_PER_SEC} per second served, 99 % of them in ${MAX_P99_RATIO} × the time of 99 % at half load, the others 503`,
  run: async (context) => {
    const weir = await start(context);
    const [lightSec, settleSec, heavySec] = context.short ? [1, 1, 1] : [5, 5, 15];
    const light = await ask(weir, LIGHT_PER_SEC, lightSec);
    await ask(weir, HEAVY_PER_SEC, settleSec);
    const heavy = await ask(weir, HEAVY_PER_SEC, heavySec);
    const [upstream] = ((await statusOf(weir)) as unknown as { upstreams: Load[] }).upstreams;
    const [endpoint] = upstream?.endpoints ?? [];
    const perSec = heavy.servedMs.length / heavySec;
    const [meanMs, p99Ms] = [mean(heavy.servedMs), quantile(heavy.servedMs, 0.99)];
    const aloneP99Ms = quantile(light.servedMs, 0.99);
    const isQuick = p99Ms <= MAX_P99_RATIO * aloneP99Ms;
    return {
      measured:
        `${perSec.toFixed(0)} per second in ${meanMs.toFixed(0)} ms (p99 ${p99Ms.toFixed(0)} ms; at half load ${mean(light.servedMs).toFixed(0)} ms, p99 ${aloneP99Ms.toFixed(0)} ms), ` +
        `${heavy.shedMs.length} of ${heavy.servedMs.length + heavy.shedMs.length} answered 503 in ${mean(heavy.shedMs).toFixed(1)} ms, ` +
        `${heavy.other + light.other} others, limit ${endpoint?.learnedLimit}`,
      pass:
        heavy.other + light.other === 0 &&
        heavy.shedMs.length > 0 &&
        endpoint?.active === 0 &&
        (context.short ||
          (light.shedMs.length === 0 && isQuick && perSec >= LEAST_GOODPUT * CAPACITY_PER_SEC)),
      details: { perSec, meanMs, p99Ms, aloneP99Ms, status: upstream, shed: heavy.shedMs.length },
    };
  },
};

async function start(context: ScenarioContext): Promise<Weir> {
  const origin = await startOriginFor(context, { slots: WORKERS, workMs: WORK_MS });
  return startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr crit;
      events { worker_connections 4096; }
      http {
        access_log off;
        upstream origin { server 127.0.0.1:${origin.port}; concurrency adaptive; keepalive 64; }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; }
          location = /weir-status { status_json; }
        }
      }`,
  });
}

/** Asks so often, evenly, whatever the answers do; resolves when all have come. */
async function ask(weir: Weir, perSec: number, seconds: number): Promise<Seen> {
  const seen: Seen = { servedMs: [], shedMs: [], other: 0 };
  const agent = new Agent({ keepAlive: true });
  const answers: Promise<void>[] = [];
  const startMs = performance.now();
  while (answers.length < perSec * seconds) {
    const due = Math.min(seconds, (performance.now() - startMs) / 1000) * perSec;
    while (answers.length < due) answers.push(one(weir, agent, seen));
    await after(TICK_MS);
  }
  await Promise.all(answers);
  agent.destroy();
  return seen;
}

async function one(weir: Weir, agent: Agent, seen: Seen): Promise<void> {
  const startMs = performance.now();
  try {
    const sent = request({ host: '127.0.0.1', port: weir.port, agent }).end();
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    const ms = performance.now() - startMs;
    if (response.statusCode === 200) seen.servedMs.push(ms);
    else if (response.statusCode === 503) seen.shedMs.push(ms);
    else seen.other += 1;
  } catch {
    seen.other += 1;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
