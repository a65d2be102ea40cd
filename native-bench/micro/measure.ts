/**
 * Micro-benchmarks: user CPU time per operation of one function, for differences too small for
 * `npm run bench` (below 5 %). User time of the process, and not the wall clock: another program on
 * the core takes the clock's time, not ours.
 */
import { getHeapStatistics } from 'node:v8';
import { type Estimate, estimateMedian } from '#native-bench/measure/statistics.ts';

/** One thing to be measured; `*.bench.ts` files export a list of them as `benches`, or `makeBenches` when it takes long to make. */
export interface Bench {
  readonly name: string;
  /** Does `count` operations and returns something that depends on them, so that none is left out. */
  run(count: number): number;
}

/** What one operation costs. */
export interface BenchResult {
  readonly name: string;
  /** Nanoseconds of user time. */
  readonly ns: Estimate;
  /** The same of each round, in order: benches that were measured together took turns. */
  readonly rounds: readonly number[];
  /** Bytes it allocates on V8's heap; the memory of buffers lies outside and does not count. */
  readonly heapBytes: number;
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
  return benches.map((bench, index) => ({
    name: bench.name,
    ns: estimateMedian(samples[index] ?? []),
    rounds: samples[index] ?? [],
    heapBytes: heapBytesPerOperation(bench, counts[index] ?? 1),
  }));
}

/** Counted by V8 over the life of the process: garbage collections do not blur it. */
function heapBytesPerOperation(bench: Bench, count: number): number {
  const before = allocatedBytes();
  sink += bench.run(count);
  return (allocatedBytes() - before) / count;
}

function allocatedBytes(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? 0;
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
