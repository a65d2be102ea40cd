import { startLoad } from '#native-bench/load/load.ts';
import { nonZero, startEdge } from '#scenarios/support/edge.ts';
import type { Scenario } from './scenario.ts';

const RELOADS = 50;
const RELOADS_SHORT = 5;

export const scenario: Scenario = {
  name: 'reload-under-load',
  promise: 'reloads under load lose no request, on kept connections and on new ones',
  target: `${RELOADS} reloads: 0 failed, 0 reset, 0 mixed`,
  run: async (context) => {
    const { weir } = await startEdge(context);
    const load = { port: weir.port, mode: 'open', heads: 'checked', threads: 1 } as const;
    const kept = await startLoad({ ...load, ratePerSec: 1500, connections: 64 });
    const oneShot = await startLoad({
      ...load,
      ratePerSec: 500,
      connections: 64,
      keepAlive: false,
    });
    const count = context.short ? RELOADS_SHORT : RELOADS;
    const startMs = performance.now();
    let from = weir.output.length;
    for (let reload = 1; reload <= count && !context.signal.aborted; reload++) {
      weir.signal('SIGHUP');
      await weir.waitForLine(/reconfigured: generation \d+ serves/, from);
      from = weir.output.length;
      if (reload % 10 === 0) context.progress(`${reload} reloads`);
    }
    const meanMs = (performance.now() - startMs) / count;
    kept.stop();
    oneShot.stop();
    const reports = { kept: await kept.done, oneShot: await oneShot.done };
    const requests = reports.kept.requests + reports.oneShot.requests;
    const failures = reports.kept.failures + reports.oneShot.failures;
    return {
      measured:
        `${count} reloads: ${failures} failed of ${requests} requests ` +
        `(kept: ${nonZero(reports.kept.failuresByKind)}; ` +
        `one-shot: ${nonZero(reports.oneShot.failuresByKind)}), ${meanMs.toFixed(0)} ms per reload`,
      pass: failures === 0 && requests > 0,
      details: { reloads: count, meanMs, reports },
    };
  },
};
