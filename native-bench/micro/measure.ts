/**
 * Micro-benchmarks: user CPU time per operation of one function, for differences too small for
 * `npm run bench` (below 5 %). User time of the process, and not the wall clock: another program on
 * the core takes the clock's time, not ours.
 */
import { type Estimate, estimateMedian } from '#native-bench/measure/statistics.ts';

/** One thing to be measured; `*.bench.ts` files export a list of them as `benches`. */
export interface Bench {
  readonly name: string;
  /** Does `count` operations and returns something that depends on them, so that none is left out. */
  run(count: number): number;
}

/** Nanoseconds of user time per operation. */
export interface BenchResult {
  readonly name: string;
  readonly ns: Estimate;
}

/** How long a round takes, and how many there are. */
export interface MeasureOptions {
  readonly roundMs: number;
  readonly rounds: number;
}

/** Results are added here, so that the optimiser cannot prove them unused. */
let sink = 0;

/**
 * Measures benches in turns (A B, B A, …), so that a warmer or slower machine meets all of them.
 * Each is warmed until the optimising compiler has seen it.
 */
export function measure(benches: readonly Bench[], options: MeasureOptions): BenchResult[] {
  const counts = benches.map((bench) => operationsFor(bench, options.roundMs));
  const samples = benches.map((): number[] => []);
  for (let round = 0; round < options.rounds; round += 1) {
    const order = benches.map((_, index) => index);
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      const bench = benches[index];
      const count = counts[index];
      if (bench === undefined || count === undefined) continue;
      samples[index]?.push((userMicros(() => bench.run(count)) * 1000) / count);
    }
  }
  return benches.map(({ name }, index) => ({ name, ns: estimateMedian(samples[index] ?? []) }));
}

/** Warms a bench, and finds how many operations fill a round. */
function operationsFor(bench: Bench, roundMs: number): number {
  let count = 16;
  for (;;) {
    const micros = userMicros(() => bench.run(count));
    if (micros >= roundMs * 500) return Math.max(1, Math.round((count * roundMs * 1000) / micros));
    count *= 2;
  }
}

function userMicros(run: () => number): number {
  const before = process.cpuUsage().user;
  sink += run();
  return process.cpuUsage().user - before;
}

/** What was added up: printing it keeps it alive. */
export function sum(): number {
  return sink;
}
