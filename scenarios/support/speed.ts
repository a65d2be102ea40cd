/** What the scenarios `speed-…` share: each is one workload judged by its rows of the speed table. */
import { checkPeers, compare } from '#native-bench/compare.ts';
import { comparisonNotes } from '#native-bench/tables.ts';
import {
  judge,
  MAX_PAIRS,
  MIN_PAIRS,
  MIN_SECONDS,
  peersOfTargets,
  targetsOf,
  targetText,
} from '#native-bench/targets.ts';
import { type Workload, workloadNamed } from '#native-bench/workloads.ts';
import type { Scenario } from '#scenarios/scenario.ts';

/**
 * A scenario of that workload, called `speed-WORKLOAD`. In full it runs what `npm run bench` runs,
 * and its result holds the whole comparison, from which BENCHMARKS.md takes the table: one run gives
 * both. The short form starts all peers and looks whether each does the work; no clock has a say.
 */
export function speedScenario(name: string, promise: string): Scenario {
  const workload = workloadNamed(name);
  const targets = targetsOf(name);
  return {
    name: `speed-${name}`,
    promise,
    target: `CPU per request ${targets.map(targetText).join(' and ')}: median of ≥ ${MIN_PAIRS} pairs of ≥ ${MIN_SECONDS} s, interval ≤ 6 % wide, no errors`,
    needs: needsOf(workload),
    run: async (context) => {
      const peers = peersOfTargets(workload);
      if (context.short) {
        await checkPeers(workload, peers);
        const measured = `${peers.length} peers do the work; no time was measured`;
        return { measured, pass: true, details: { peers } };
      }
      const comparison = await compare(workload, {
        peers,
        judged: targets,
        pairs: MIN_PAIRS,
        maxPairs: MAX_PAIRS,
        seconds: MIN_SECONDS,
        warmupSeconds: 2,
        say: context.progress,
        signal: context.signal,
      });
      const verdicts = targets.map((target) => judge(target, comparison));
      return {
        measured: verdicts
          .map(({ measured, reason }) => (reason === '' ? measured : `${measured}: ${reason}`))
          .join('; '),
        pass: verdicts.every(({ pass }) => pass),
        details: { comparison, notes: comparisonNotes(comparison) },
      };
    },
  };
}

function needsOf(workload: Workload): readonly string[] {
  const kinds = new Set(peersOfTargets(workload).map(({ kind }) => kind));
  // nginx is also the origin.
  return ['nginx', 'wrk', 'taskset', ...(kinds.has('haproxy') ? ['haproxy'] : [])];
}
