import { wrkErrors } from '#native-bench/load/wrk.ts';
import { summarisePauses } from '#scenarios/support/gc-trace.ts';
import { startTracedWeir, TRACE_NEEDS } from '#scenarios/support/traced-weir.ts';
import type { Scenario } from './scenario.ts';

const MAX_PAUSE_MS = 10;
const SECONDS = 30;
const WARMUP_SECONDS = 10;

export const scenario: Scenario = {
  name: 'gc-pause',
  promise: 'garbage collection never makes a request wait long',
  target: `one proxy thread, ${SECONDS} s of unique heads at full load, log on: longest pause of any isolate ≤ ${MAX_PAUSE_MS} ms`,
  needs: TRACE_NEEDS,
  run: async (context) => {
    const weir = await startTracedWeir(context, 'logs/access.log');
    await weir.load(context.short ? 1 : WARMUP_SECONDS);
    context.progress('warm');
    const { report, collections } = await weir.load(context.short ? 1 : SECONDS);
    const pauses = summarisePauses(collections.filter(({ pid }) => pid === weir.generationPid));
    const sinceStart = summarisePauses(weir.collections());
    const seconds = report.durationUs / 1e6;
    const share = (pauses.totalMs / 1000 / seconds) * 100;
    const errors = wrkErrors(report);
    return {
      measured:
        `longest ${pauses.longestMs.toFixed(2)} ms of ${pauses.count} (${pauses.fullCount} of them full), ` +
        `${share.toFixed(2)} % of the time, ${(report.requests / seconds).toFixed(0)} requests/s, ${errors} errors; ` +
        `longest since the start, master included: ${sinceStart.longestMs.toFixed(2)} ms`,
      // The start has collections in master, generation and thread: without them nothing was seen.
      pass:
        errors === 0 &&
        sinceStart.isolateCount >= 3 &&
        (context.short || (pauses.count > 0 && pauses.longestMs <= MAX_PAUSE_MS)),
      details: { seconds, requests: report.requests, errors, pauses, sinceStart, collections },
    };
  },
};
