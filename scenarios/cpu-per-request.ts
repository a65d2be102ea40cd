import { compare } from '#native-bench/compare.ts';
import { relativeWidth } from '#native-bench/measure/statistics.ts';
import { comparisonNotes, ratioText, WIDEST_INTERVAL } from '#native-bench/tables.ts';
import { WORKLOADS } from '#native-bench/workloads.ts';
import type { Scenario } from './scenario.ts';

const MAX_RATIO = 1.25;
const WORKLOAD = 'unique-heads';

export const scenario: Scenario = {
  name: 'cpu-per-request',
  promise: 'a request costs Weir hardly more CPU than nginx',
  target: `unique heads, log off: median of 30 pairs ≤ ${MAX_RATIO} × nginx, interval ≤ ${WIDEST_INTERVAL * 100} % wide`,
  needs: ['nginx', 'wrk', 'taskset'],
  run: async (context) => {
    const workload = WORKLOADS.find(({ name }) => name === WORKLOAD);
    if (workload === undefined) throw new Error(`there is no workload ${WORKLOAD}`);
    const comparison = await compare(workload, {
      peers: ['nginx', 'weir'],
      pairs: context.short ? 1 : 30,
      seconds: context.short ? 1 : 5,
      warmupSeconds: context.short ? 1 : 3,
      say: context.progress,
      signal: context.signal,
    });
    const [nginx, weir] = comparison.peers;
    const ratio = weir?.ratios['nginx'];
    if (nginx === undefined || weir === undefined || ratio === undefined) {
      throw new Error('a peer has no result');
    }
    const costs = `${weir.median.cpuUsPerRequest.toFixed(2)} µs, nginx ${nginx.median.cpuUsPerRequest.toFixed(2)} µs`;
    const isMet = ratio.median <= MAX_RATIO && relativeWidth(ratio) <= WIDEST_INTERVAL;
    return {
      measured: `${ratioText(ratio)} × nginx (${costs}), ${weir.median.errors} errors`,
      pass: weir.median.errors === 0 && (context.short || isMet),
      details: { comparison, notes: comparisonNotes(comparison) },
    };
  },
};
