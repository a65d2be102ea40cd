/** One thread of the fuzz run: its share of the cases, and what they showed. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { type FuzzCounts, H1Fuzz } from '#test/fuzz/h1-fuzz.ts';

/** The cases first, first + step, … below end. */
export interface FuzzShare {
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** [0]: how many cases are done; [1]: the index of the one that runs. */
  readonly progress: Int32Array;
}

export interface FuzzReport {
  /** Cases of the share that were run. */
  readonly done: number;
  /** What they showed; a case that ran again counts again. */
  readonly counts: FuzzCounts;
  /** Of the slowest case, run again when the machine may have been slow. */
  readonly slowestMs: number;
  readonly slowestIndex: number;
  /** Of the heap, behind garbage collection, from a tenth of the run to its end; bytes. */
  readonly heapGrowth: number;
  /** What cases that failed said; with MAX_FAILURES the thread gives up. */
  readonly failures: readonly string[];
}

/** Slower than this, a case runs again: the machine was busy, or the case is slow. */
const SUSPECT_MS = 20;
const RERUNS = 3;
const MAX_FAILURES = 5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  const { external, heapUsed } = process.memoryUsage();
  return heapUsed + external;
}

function run({ end, first, progress, seed, step }: FuzzShare): FuzzReport {
  const fuzz = new H1Fuzz(seed);
  const warm = first + Math.floor((end - first) / 10 / step) * step;
  let slowest = { ms: 0, index: first };
  let before = 0;
  const failures: string[] = [];
  for (let index = first; index < end && failures.length < MAX_FAILURES; index += step) {
    if (index === warm) before = heapBytes();
    Atomics.store(progress, 1, index);
    try {
      const ms = timed(fuzz, index);
      if (ms > slowest.ms) slowest = { ms, index };
    } catch (error) {
      failures.push(`case ${index} of seed ${seed}: ${(error as Error).stack}`);
    }
    Atomics.add(progress, 0, 1);
  }
  const heapGrowth = heapBytes() - before;
  const { index: slowestIndex, ms: slowestMs } = slowest;
  const done = Atomics.load(progress, 0);
  return { done, counts: fuzz.counts(), slowestMs, slowestIndex, heapGrowth, failures };
}

/** Milliseconds of the case; of the fastest of some runs when the first one was slow. */
function timed(fuzz: H1Fuzz, index: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let left = 1 + RERUNS; left > 0; left--) {
    const startedAt = performance.now();
    fuzz.run(index);
    best = Math.min(best, performance.now() - startedAt);
    if (best < SUSPECT_MS) break;
  }
  return best;
}

parentPort?.postMessage(run(workerData as FuzzShare));
