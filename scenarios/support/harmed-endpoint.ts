/** The experiment of `endpoint-killed`, `endpoint-stopped` and `endpoint-black-hole`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LoadRun, startLoad } from '#native-bench/load/load.ts';
import type { LoadOptions, LoadReport } from '#native-bench/load/options.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';
import { FailingOrigins, type Harm } from '#scenarios/support/failing-origins.ts';
import {
  FAILURE_LOG_FORMAT,
  type LoggedRequest,
  quantile,
  readFailureLog,
  reasonCounts,
} from '#scenarios/support/failure-log.ts';
import { startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';

const GETS_PER_SEC = 1_900;
const POSTS_PER_SEC = 100;
const BEFORE_MS = 4_000;
/** Shorter than `fail_timeout`: the next trial is not in it. */
const AFTER_MS = 8_000;
const GETS_SHORT = 950;
const POSTS_SHORT = 50;

/** What happened. */
export interface HarmedEndpoint {
  readonly failedGets: number;
  readonly failedPosts: number;
  /** Of those that failed. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly worstMs: number;
  /** From the harm to the start of the last request that was given to the endpoint first. */
  readonly outAfterMs: number;
  /** Of requests that never met it, before and after. */
  readonly p99BeforeMs: number;
  readonly p99AfterMs: number;
  readonly postsTwice: number;
  readonly requests: number;
  readonly reports: readonly LoadReport[];
}

/** Whether nobody else had to suffer: 1.2 times as long, or a millisecond more. */
export function othersAreFine({ p99AfterMs, p99BeforeMs }: HarmedEndpoint): boolean {
  return p99AfterMs <= Math.max(p99BeforeMs * 1.2, p99BeforeMs + 1);
}

/**
 * Whether what failed did so for want of budget, or was a POST that an endpoint may have had: a machine
 * that is busy with tests has more under way than the first thirty tries that the budget begins with.
 */
export function failsWithinRules({ reasons }: HarmedEndpoint): boolean {
  return Object.keys(reasons).every((reason) => reason === 'retry_budget' || isOfATry(reason));
}

function isOfATry(reason: string): boolean {
  return reason.startsWith('upstream_');
}

/** What all of them say about it. */
export function describeHarm(harmed: HarmedEndpoint): string {
  const reasons = Object.entries(harmed.reasons).map(([reason, count]) => `${reason} ${count}`);
  return (
    `${harmed.failedGets} GETs and ${harmed.failedPosts} POSTs failed of ${harmed.requests} ` +
    `(${reasons.join(', ') || 'none'}), longest ${harmed.worstMs.toFixed(0)} ms, out after ` +
    `${harmed.outAfterMs.toFixed(0)} ms, p99 of the others ${harmed.p99BeforeMs.toFixed(0)} → ` +
    `${harmed.p99AfterMs.toFixed(0)} ms, ${harmed.postsTwice} POSTs delivered twice`
  );
}

/** Four origins under load, of which one comes to harm. */
export async function harmOne(context: ScenarioContext, harm: Harm): Promise<HarmedEndpoint> {
  const origins = await FailingOrigins.start(context);
  const weir = await startEdge(context, origins);
  const loads = await Promise.all([
    startPart(context, weir, { ratePerSec: GETS_PER_SEC }, GETS_SHORT),
    startPart(context, weir, { ratePerSec: POSTS_PER_SEC, uploadBytes: 64 }, POSTS_SHORT),
  ]);
  if (!context.short) await delay(BEFORE_MS);
  const harmedAtMs = Date.now();
  origins.harm(harm);
  if (!context.short) {
    await delay(AFTER_MS);
    for (const load of loads) load.stop();
  }
  const reports = await Promise.all(loads.map(({ done }) => done));
  origins.goOn();
  weir.signal('SIGQUIT');
  await weir.waitForExit(); // the log is complete
  const log = readFailureLog(readFileSync(join(weir.folder, 'logs/access.log'), 'latin1'));
  return judge({ log, reports, harmedAtMs, origins });
}

interface Evidence {
  readonly log: readonly LoggedRequest[];
  readonly reports: readonly LoadReport[];
  readonly harmedAtMs: number;
  readonly origins: FailingOrigins;
}

function judge({ log, reports, harmedAtMs, origins }: Evidence): HarmedEndpoint {
  const bad = `127.0.0.1:${origins.ports.at(-1)}`;
  const failed = log.filter(({ status }) => status >= 400);
  const unharmed = log.filter(({ endpoints }) => !endpoints.includes(bad));
  const before = unharmed.filter(({ startedAtMs }) => startedAtMs < harmedAtMs);
  const after = unharmed.filter(({ startedAtMs }) => startedAtMs >= harmedAtMs);
  const given = log.filter(({ endpoints }) => endpoints[0] === bad);
  const lastGivenAtMs = Math.max(harmedAtMs, ...given.map(({ startedAtMs }) => startedAtMs));
  const times = (requests: readonly LoggedRequest[]) => requests.map(({ tookMs }) => tookMs);
  return {
    // What the client saw counts, with what never came to the log.
    failedGets: reports[0]?.failures ?? 0,
    failedPosts: reports[1]?.failures ?? 0,
    reasons: reasonCounts(failed),
    worstMs: Math.max(...reports.map(({ latency }) => latency.maxUs / 1000)),
    outAfterMs: lastGivenAtMs - harmedAtMs,
    p99BeforeMs: quantile(times(before), 0.99),
    p99AfterMs: quantile(times(after), 0.99),
    postsTwice: origins.postsTwice().length,
    requests: reports.reduce((sum, { requests }) => sum + requests, 0),
    reports,
  };
}

async function startEdge(context: ScenarioContext, { ports }: FailingOrigins): Promise<Weir> {
  return startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log logs/error.log notice;
      events { worker_connections 8192; }
      http {
        log_format tries '${FAILURE_LOG_FORMAT}';
        access_log logs/access.log tries;
        upstream origins {
          ${ports.map((at) => `server 127.0.0.1:${at};`).join(' ')}
          keepalive 64;
        }
        server {
          listen 127.0.0.1:${port};
          location / {
            proxy_pass http://origins;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 1s;
            proxy_read_timeout 1s;
          }
        }
      }`,
  });
}

function startPart(
  { seed, short }: ScenarioContext,
  { port }: Weir,
  part: Partial<LoadOptions>,
  requestsShort: number,
): Promise<LoadRun> {
  const length = short ? { requests: requestsShort } : {};
  const common = { port, seed, mode: 'open', heads: 'checked', pacing: 'timer' } as const;
  return startLoad({ ...common, connections: 2048, retryStale: true, ...part, ...length });
}
