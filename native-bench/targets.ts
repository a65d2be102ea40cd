/**
 * The speed table of Weir: what a request may cost beside a peer. `npm run bench` and
 * `npm run prove -- speed-…` judge what they measured by it, and BENCHMARKS.md shows the verdicts.
 */
import type { ProxyKind } from '#native-bench/baselines/proxies.ts';
import { relativeWidth } from '#native-bench/measure/statistics.ts';
import { type Comparison, type PeerResult, type PeerSpec, WIDEST_INTERVAL } from './compare.ts';
import { ratioText } from './tables.ts';
import type { Workload } from './workloads.ts';

/** CPU per request of one peer is at most so many times another's. */
export interface SpeedTarget {
  /** A name of WORKLOADS. */
  readonly workload: string;
  /** Labels in the comparison. */
  readonly peer: string;
  readonly against: string;
  readonly maxRatio: number;
}

/** What a comparison says about a target. */
export interface Verdict {
  readonly pass: boolean;
  /** The ratio with its interval, and the two costs; or why there is none. */
  readonly measured: string;
  /** Why it is not met; empty when it is. */
  readonly reason: string;
}

/** What a run needs to be judged (DESIGN §8); a run continues to MAX_PAIRS while it is unclear. */
export const MIN_PAIRS = 15;
export const MAX_PAIRS = 30;
export const MIN_SECONDS = 5;

const weir = { peer: 'weir', against: 'nginx' } as const;

/** Every row, in the order of WORKLOADS. */
export const SPEED_TARGETS: readonly SpeedTarget[] = [
  { ...weir, workload: 'unique-heads', maxRatio: 1 },
  { ...weir, workload: '512-connections', maxRatio: 1 },
  { ...weir, workload: 'log-on-buffered', maxRatio: 1 },
  { ...weir, workload: 'log-on-default', maxRatio: 0.95 },
  { ...weir, workload: '16k', maxRatio: 1.05 },
  { ...weir, workload: '1mb', maxRatio: 1.1 },
  { ...weir, workload: 'post-16k', maxRatio: 0.5 },
  { ...weir, workload: 'post-16k', against: 'haproxy', maxRatio: 1.1 },
  { ...weir, workload: 'connection-per-request', maxRatio: 1.2 },
  { ...weir, workload: 'uds-upstream', maxRatio: 1 },
  { workload: 'two-threads', peer: 'weir 2 threads', against: 'weir', maxRatio: 1.1 },
];

/** The rows of a workload; none for one that promises nothing. */
export function targetsOf(workload: string): readonly SpeedTarget[] {
  return SPEED_TARGETS.filter((target) => target.workload === workload);
}

/** "≤ 1.05 × nginx". */
export function targetText({ against, maxRatio }: SpeedTarget): string {
  return `≤ ${maxRatio.toFixed(2)} × ${against}`;
}

/** The peers that the targets of a workload name, and no others; in an order that pairs well. */
export function peersOfTargets(workload: Workload): readonly PeerSpec[] {
  if (workload.peers !== undefined) return workload.peers;
  const named = new Set(targetsOf(workload.name).flatMap(({ peer, against }) => [peer, against]));
  return PAIRING_ORDER.filter((kind) => named.has(kind)).map((kind) => ({ kind, threads: 1 }));
}

/** Weir in the middle: both its neighbours run just before and just after it. */
export const PAIRING_ORDER: readonly ProxyKind[] = ['nginx', 'weir', 'haproxy'];

/**
 * Whether a comparison meets a target: by its median, when that is known well enough. DESIGN §8 asks
 * for an interval of 6 % at most; one that lies below the target as a whole needs no other proof.
 */
export function judge(target: SpeedTarget, comparison: Comparison): Verdict {
  const peer = comparison.peers.find(({ label }) => label === target.peer);
  const other = comparison.peers.find(({ label }) => label === target.against);
  const ratio = peer?.ratios[target.against];
  if (peer === undefined || other === undefined || ratio === undefined) {
    return { pass: false, measured: 'nothing', reason: 'not measured' };
  }
  const cost = ({ label, median }: PeerResult): string =>
    `${label} ${median.cpuUsPerRequest.toFixed(2)} µs`;
  const measured = `${ratioText(ratio)} × ${target.against} (${cost(peer)}, ${cost(other)})`;
  const reasons: string[] = [];
  if (comparison.pairs < MIN_PAIRS || comparison.seconds < MIN_SECONDS) {
    reasons.push(`only ${comparison.pairs} pairs of ${comparison.seconds} s`);
  }
  for (const { label, median } of [peer, other]) {
    if (median.errors > 0) reasons.push(`${label}: ${median.errors} errors`);
    if ((median.unlogged ?? 0) > 0) reasons.push(`${label}: ${median.unlogged} log lines missing`);
  }
  // However wide: when all of it lies below the target, that is judged.
  const isBelow = ratio.high <= target.maxRatio;
  if (!isBelow && !(relativeWidth(ratio) <= WIDEST_INTERVAL)) {
    reasons.push(`interval ${(relativeWidth(ratio) * 100).toFixed(0)} % wide`);
  }
  if (!(ratio.median <= target.maxRatio)) reasons.push('above the target');
  return { pass: reasons.length === 0, measured, reason: reasons.join(', ') };
}
