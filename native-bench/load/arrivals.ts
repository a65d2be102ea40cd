import { Random } from '#native-bench/measure/random.ts';
import type { CompleteLoadOptions, JobClass, Work } from './options.ts';

/** One request to be made. */
export interface Job {
  /** Counted over all threads from 0. */
  readonly index: number;
  /** Intended start in milliseconds since the start of the run; 0 in closed mode. */
  readonly intendedMs: number;
  /** Index into the options' classes. */
  readonly classIndex: number;
  /** What the origin is asked to work; 0: not asked. */
  readonly workMs: number;
}

/**
 * The jobs of one thread in order. Every thread draws the whole sequence and keeps each n-th job,
 * so the sequence depends on the seed alone and not on how many threads share it.
 */
export class Arrivals {
  readonly #options: CompleteLoadOptions;
  readonly #gaps: Random;
  readonly #draws: Random;
  readonly #shares: number;
  #index = 0;
  #intendedMs = 0;

  constructor(options: CompleteLoadOptions) {
    this.#options = options;
    const seed = new Random(options.seed);
    this.#gaps = seed.fork();
    this.#draws = seed.fork();
    this.#shares = options.classes.reduce((sum, { share }) => sum + share, 0);
  }

  /** The next job, or undefined after the last one. */
  next(): Job | undefined {
    const { threadCount, thread, requests, durationMs, mode } = this.#options;
    for (;;) {
      const index = this.#index;
      if (index >= requests) return undefined;
      const intendedMs = this.#nextStart(index);
      if (intendedMs === undefined || (mode === 'open' && intendedMs >= durationMs)) {
        return undefined;
      }
      const classIndex = this.#drawClass();
      const workMs = this.#drawWork(this.#options.classes[classIndex]?.work);
      this.#index += 1;
      if (index % threadCount === thread) return { index, intendedMs, classIndex, workMs };
    }
  }

  #nextStart(index: number): number | undefined {
    const { mode, arrivals, ratePerSec, traceMs } = this.#options;
    if (mode === 'closed') return 0;
    if (arrivals === 'trace') return traceMs[index];
    const gapMs = 1000 / ratePerSec;
    if (arrivals === 'constant') return index * gapMs;
    this.#intendedMs += this.#gaps.exponential(gapMs);
    return this.#intendedMs;
  }

  #drawClass(): number {
    const { classes } = this.#options;
    if (classes.length === 1) return 0;
    let at = this.#draws.uniform() * this.#shares;
    for (let i = 0; i < classes.length; i += 1) {
      at -= (classes[i] as JobClass).share;
      if (at < 0) return i;
    }
    return classes.length - 1;
  }

  #drawWork(work: Work | undefined): number {
    if (work === undefined) return 0;
    if ('fixedMs' in work) return work.fixedMs;
    if ('exponentialMs' in work) return this.#draws.exponential(work.exponentialMs);
    return this.#draws.pareto(work.paretoMs, work.alpha, work.capMs);
  }
}
