import { startLoad } from '#native-bench/load/load.ts';
import { nonZero, startEdge, timeToAnswer } from '#scenarios/support/edge.ts';
import type { Scenario } from './scenario.ts';

const KILLS = 5;
const MAX_BACK_MS = 500;
const SETTLE_MS = 2_000;
/** One-shot requests under way at a kill: rate × latency, and what a busy machine adds. */
const MAX_IN_FLIGHT = 64;
/** Open-loop one-shot requests of about a millisecond: few are under way at a time. */
const RATE_PER_SEC = 500;

export const scenario: Scenario = {
  name: 'generation-killed',
  promise: 'SIGKILL of the generation costs only the requests in flight; the port never refuses',
  target: `${KILLS} kills: 0 refused, only requests in flight fail, back within ${MAX_BACK_MS} ms`,
  run: async (context) => {
    const { weir, generationPid } = await startEdge(context);
    const load = await startLoad({
      port: weir.port,
      mode: 'open',
      heads: 'checked',
      ratePerSec: RATE_PER_SEC,
      connections: 1000,
      keepAlive: false,
      threads: 1,
    });
    const kills = context.short ? 1 : KILLS;
    const backMs: number[] = [];
    for (let kill = 1; kill <= kills; kill++) {
      const pid = await generationPid();
      const from = weir.output.length;
      process.kill(pid, 'SIGKILL');
      backMs.push(await timeToAnswer(weir));
      await weir.waitForLine(/generation \d+ serves/, from);
      // What waited in the accept queues is served now; the next kill shall not find it in flight.
      if (!context.short) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
    load.stop();
    const report = await load.done;
    const { failures, failuresByKind, requests } = report;
    const worstMs = Math.max(...backMs);
    // What was accepted but not answered when the process died: reset or closed, never refused.
    const isOnlyInFlight =
      failures === failuresByKind.reset + failuresByKind.closed + failuresByKind.truncated;
    const isBack = context.short || worstMs <= MAX_BACK_MS;
    return {
      measured:
        `${kills} kills: ${failuresByKind.refused} refused, ${failures} failed of ${requests} ` +
        `(${nonZero(failuresByKind)}), back within ${worstMs.toFixed(0)} ms`,
      pass:
        failuresByKind.refused === 0 &&
        isOnlyInFlight &&
        failures <= kills * MAX_IN_FLIGHT &&
        isBack,
      details: { backMs, report },
    };
  },
};
