import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LoadRun, startLoad } from '#native-bench/load/load.ts';
import type { LoadOptions } from '#native-bench/load/options.ts';
import { cpuMicros } from '#native-bench/measure/process-usage.ts';
import { slope, type TreeMemory, treeMemory } from '#scenarios/support/memory-slope.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_SLOPE_MB = 1; // per 10 minutes
/** Measured time; WEIR_SOAK_MINUTES is another one, and the result says which. */
const MINUTES = Number(process.env['WEIR_SOAK_MINUTES'] ?? 30);
/** Before it, and a third of the measured time at most. */
const WARMUP_MINUTES = Math.min(5, MINUTES / 3);
const EVERY_MS = 5_000;
const SHORT_REQUESTS = 100;

/**
 * Bounded, so that the soak needs a part of one core and other work can go on beside it. Every
 * byte of the answers is checked, except where heads are unique.
 */
const TRAFFIC: readonly (Partial<LoadOptions> & { ratePerSec: number })[] = [
  { heads: 'unique', ratePerSec: 1200, connections: 32 },
  { heads: 'checked', ratePerSec: 200, connections: 16, bodyBytes: 16_384 },
  { heads: 'checked', ratePerSec: 200, connections: 16, uploadBytes: 16_384 },
  { heads: 'checked', ratePerSec: 100, connections: 16, keepAlive: false },
];

export const scenario: Scenario = {
  name: 'soak',
  promise: 'memory stays where it is, however long it runs',
  target: `${MINUTES} minutes of mixed traffic after ${WARMUP_MINUTES.toFixed(0)} of warm-up, two threads, log on: memory grows < ${MAX_SLOPE_MB} MB per 10 minutes, 0 failed`,
  run: async (context) => {
    const weir = await startSoaked(context);
    const loads = await startTraffic(weir.port, context);
    const samples = context.short ? [] : await watch(weir, context);
    if (!context.short) for (const load of loads) load.stop();
    const reports = await Promise.all(loads.map(({ done }) => done));
    const requests = reports.reduce((sum, report) => sum + report.requests, 0);
    const failures = reports.reduce((sum, report) => sum + report.failures, 0);
    const kinds = reports.map(({ failuresByKind }) => failuresByKind);
    const counted = `${failures} failed of ${requests} requests`;
    const details = { requests, failures, kinds, minutes: MINUTES, samples };
    if (context.short) {
      const { pssKb } = treeMemory(weir.pid);
      const asked = SHORT_REQUESTS * TRAFFIC.length;
      const pass = failures === 0 && requests === asked && pssKb > 0;
      return { measured: `${counted}, ${toMb(pssKb)} MB`, pass, details };
    }
    const [first, last] = [samples[0], samples.at(-1)];
    if (first === undefined || last === undefined) throw new Error('interrupted in the warm-up');
    const perTenMinutes = (key: 'ownKb' | 'pssKb'): number =>
      (slope(samples.map((sample) => ({ x: sample.atMs, y: sample[key] }))) * 600_000) / 1024;
    const minutes = (last.atMs - first.atMs) / 60_000;
    const cores = (last.cpuUs - first.cpuUs) / 1000 / (last.atMs - first.atMs);
    return {
      measured:
        `${perTenMinutes('ownKb').toFixed(2)} MB per 10 minutes over ${minutes.toFixed(1)} minutes ` +
        `(${toMb(first.ownKb)} → ${toMb(last.ownKb)} MB without mapped files; PSS with them ` +
        `${toMb(first.pssKb)} → ${toMb(last.pssKb)} MB, slope ${perTenMinutes('pssKb').toFixed(2)}); ` +
        `${counted}; CPU ${(cores * 100).toFixed(0)} % of a core, load and origin included`,
      pass: failures === 0 && minutes > MINUTES * 0.95 && perTenMinutes('ownKb') < MAX_SLOPE_MB,
      details: { ...details, slopeMbPer10Min: perTenMinutes('ownKb'), cores },
    };
  },
};

/** One look at it. */
interface Sample extends TreeMemory {
  /** Since the end of the warm-up. */
  readonly atMs: number;
  /** CPU time so far: the proxy's, and that of this process with load and origin. */
  readonly cpuUs: number;
}

/** Two threads that log every request; the origin is in this process. */
async function startSoaked(context: ScenarioContext): Promise<Weir> {
  const origin = await startOriginFor(context, { keepRequests: 0 });
  return startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 2048; }
      http {
        access_log logs/access.log;
        upstream origin { server 127.0.0.1:${origin.port}; keepalive 64; }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
        }
      }`,
  });
}

function startTraffic(port: number, { short, seed }: ScenarioContext): Promise<LoadRun[]> {
  // Without spinning: starts are up to a millisecond late, which costs nothing here.
  const common = { port, mode: 'open', pacing: 'timer', seed } as const;
  // Connections end by keepalive_requests and idle time, and a request may meet that.
  const length = short ? { requests: SHORT_REQUESTS } : {};
  return Promise.all(
    TRAFFIC.map((part) => startLoad({ ...common, retryStale: true, ...length, ...part })),
  );
}

/** Looks every few seconds, warm-up left out, and keeps the access log small. */
async function watch(weir: Weir, context: ScenarioContext): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startMs = performance.now() + WARMUP_MINUTES * 60_000;
  const endMs = startMs + MINUTES * 60_000;
  let saidMinute = -1;
  for (let nextMs = performance.now(); performance.now() < endMs; nextMs += EVERY_MS) {
    await delay(Math.max(0, nextMs - performance.now()));
    if (context.signal.aborted) break;
    const memory = treeMemory(weir.pid);
    const atMs = performance.now() - startMs;
    // Of the proxy's processes and of this one, but not twice: it is our child.
    if (atMs >= 0) samples.push({ ...memory, atMs, cpuUs: cpuMicros(process.pid) });
    truncateSync(join(weir.folder, 'logs/access.log'));
    const minute = Math.floor(atMs / 60_000);
    if (minute > saidMinute) context.progress(`${minute} min: ${toMb(memory.ownKb)} MB`);
    saidMinute = Math.max(minute, saidMinute);
  }
  return samples;
}

function toMb(kb: number): string {
  return (kb / 1024).toFixed(1);
}
