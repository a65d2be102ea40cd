import { setTimeout as delay } from 'node:timers/promises';
import { startLoad } from '#native-bench/load/load.ts';
import { processTree } from '#native-bench/measure/process-usage.ts';
import { nonZero, startEdge } from '#scenarios/support/edge.ts';
import {
  descriptorCount,
  slope,
  type TreeMemory,
  treeMemory,
} from '#scenarios/support/memory-slope.ts';
import type { Scenario } from './scenario.ts';

const RELOADS = 20;
const RELOADS_SHORT = 4;
/** The first reloads compile code of the master that the start did not need. */
const WARM_RELOADS = 3;
const MAX_GROWTH_MB = 4;
const MAX_SLOPE_MB = 0.2; // per reload: 20 reloads at this slope are the growth
/** The new generation serves a while before it is measured; freed memory goes back meanwhile. */
const SETTLE_MS = 3_000;
const POLL_MS = 20;
/** Connections that wait for a request end the old generation at once; those under way soon. */
const PATIENCE_MS = 30_000;

/** After one reload, when the old generation has gone. */
interface AfterReload extends TreeMemory {
  readonly masterDescriptors: number;
}

export const scenario: Scenario = {
  name: 'reload-memory',
  promise: 'reloads leave nothing behind',
  target: `${RELOADS} reloads under light load: last against third and slope ≤ ${MAX_GROWTH_MB} MB and ${MAX_SLOPE_MB} MB per reload, no process and no descriptor more, 0 failed`,
  run: async (context) => {
    const { weir } = await startEdge(context);
    const light = { port: weir.port, mode: 'open', pacing: 'timer', heads: 'checked' } as const;
    const kept = await startLoad({ ...light, ratePerSec: 300, connections: 16 });
    const oneShot = await startLoad({
      ...light,
      ratePerSec: 50,
      connections: 16,
      keepAlive: false,
    });
    const processCount = processTree(weir.pid).length;
    const count = context.short ? RELOADS_SHORT : RELOADS;
    const seen: AfterReload[] = [];
    let from = weir.output.length;
    while (seen.length < count && !context.signal.aborted) {
      weir.signal('SIGHUP');
      await weir.waitForLine(/reconfigured: generation \d+ serves/, from);
      from = weir.output.length;
      await processesGone(weir.pid, processCount);
      if (!context.short) await delay(SETTLE_MS);
      seen.push({ ...treeMemory(weir.pid), masterDescriptors: descriptorCount(weir.pid) });
      if (seen.length % 5 === 0) {
        context.progress(`${seen.length}: ${toMb(seen.at(-1)?.ownKb ?? 0).toFixed(1)} MB`);
      }
    }
    kept.stop();
    oneShot.stop();
    const reports = { kept: await kept.done, oneShot: await oneShot.done };
    const requests = reports.kept.requests + reports.oneShot.requests;
    const failures = reports.kept.failures + reports.oneShot.failures;
    const settled = seen.slice(WARM_RELOADS - 1);
    const [third, last] = [settled[0], seen.at(-1)];
    if (third === undefined || last === undefined) throw new Error('interrupted');
    const growthMb = toMb(last.ownKb - third.ownKb);
    const slopeMb = toMb(slope(settled.map(({ ownKb }, x) => ({ x, y: ownKb }))));
    const leftDescriptors = last.masterDescriptors - third.masterDescriptors;
    const isFlat = growthMb <= MAX_GROWTH_MB && slopeMb <= MAX_SLOPE_MB;
    return {
      measured:
        `${seen.length} reloads: last ${growthMb.toFixed(2)} MB above the third (${toMb(third.ownKb).toFixed(1)} → ` +
        `${toMb(last.ownKb).toFixed(1)} MB without mapped files; PSS ${toMb(third.pssKb).toFixed(1)} → ${toMb(last.pssKb).toFixed(1)}), ` +
        `${slopeMb.toFixed(3)} MB per reload, ${last.processCount - processCount} processes and ` +
        `${leftDescriptors} descriptors more; ${failures} failed of ${requests} requests ` +
        `(kept: ${nonZero(reports.kept.failuresByKind)}; one-shot: ${nonZero(reports.oneShot.failuresByKind)})`,
      pass:
        seen.length === count &&
        failures === 0 &&
        requests > 0 &&
        last.processCount === processCount &&
        leftDescriptors === 0 &&
        (context.short || isFlat),
      details: { seen, growthMb, slopeMb, reports },
    };
  },
};

/** Resolves when the tree has no more processes than that. */
async function processesGone(root: number, count: number): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const tree = processTree(root);
    if (tree.length <= count) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`${tree.length} processes ${PATIENCE_MS / 1000} s after a reload`);
    }
    await delay(POLL_MS);
  }
}

function toMb(kb: number): number {
  return kb / 1024;
}
