import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { startLoad } from '#native-bench/load/load.ts';
import type { LoadReport } from '#native-bench/load/options.ts';
import { startOriginFor, startWeirFor } from '#scenarios/support/started.ts';
import type { Weir } from '#test/support/weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const RATE_PER_SEC = 1_000;
const DURATION_MS = 5_000;
/** Each with a line of more than a kilobyte: more than a pipe holds and what may wait. */
const REQUESTS_SHORT = 2_500;
const LINE_BYTES = 1_000;

export const scenario: Scenario = {
  name: 'log-stuck',
  promise: 'when nobody takes the lines of a log, requests do not wait for it',
  target: `a pipe that nobody reads as access_log, ${RATE_PER_SEC} req/s: 0 failed, lines are dropped and counted, p99 at most 1.2 times or 1 ms more than without a log`,
  needs: ['mkfifo'],
  run: async (context) => {
    const weir = await start(context);
    const without = await load(context, weir, '/unlogged');
    const stuck = await load(context, weir, '/');
    const dropped = await droppedLines(weir);
    const [p99Us, usualUs] = [stuck.service.p99Us, without.service.p99Us];
    const isTimely = context.short || p99Us <= Math.max(usualUs * 1.2, usualUs + 1_000);
    const failures = stuck.failures + without.failures;
    return {
      measured:
        `${failures} failed of ${stuck.requests}, ${dropped} lines dropped, ` +
        `p99 ${(usualUs / 1000).toFixed(2)} → ${(p99Us / 1000).toFixed(2)} ms`,
      pass: failures === 0 && dropped > 0 && isTimely,
      details: { stuck, without, dropped },
    };
  },
};

async function start(context: ScenarioContext): Promise<Weir> {
  const origin = await startOriginFor(context, { keepRequests: 0 });
  const pipe = join(context.directory, 'pipe');
  execFileSync('mkfifo', ['-m', '666', pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  context.defer(() => closeSync(reader));
  return startWeirFor(context, {
    conf: (port) => `
      worker_processes 2;
      error_log stderr notice;
      events { worker_connections 1024; }
      http {
        log_format long '$request ${'x'.repeat(LINE_BYTES)}';
        access_log ${pipe} long;
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://127.0.0.1:${origin.port}; }
          location /unlogged { access_log off; proxy_pass http://127.0.0.1:${origin.port}; }
          location = /weir-status { access_log off; status_json; }
        }
      }`,
  });
}

async function load(context: ScenarioContext, { port }: Weir, path: string): Promise<LoadReport> {
  const length = context.short ? { requests: REQUESTS_SHORT } : { durationMs: DURATION_MS };
  const { seed } = context;
  const common = { port, path, seed, mode: 'open', heads: 'unique', pacing: 'timer' } as const;
  return (await startLoad({ ...common, ratePerSec: RATE_PER_SEC, ...length })).done;
}

async function droppedLines(weir: Weir): Promise<number> {
  const answer = await fetch(weir.url('/weir-status'), { headers: { connection: 'close' } });
  return ((await answer.json()) as { logLinesDropped: number }).logLinesDropped;
}
