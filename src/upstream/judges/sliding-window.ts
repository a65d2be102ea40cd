import { addSample, emptySample, type Sample } from './candidate.ts';

/** A window moves in so many steps. */
const STEPS = 10;

/** The sum of what came within the last so many milliseconds, to a tenth of them. */
export class SlidingWindow {
  readonly #stepMs: number;
  readonly #steps: Sample[] = [];
  #startedAtMs: number;

  constructor(windowMs: number, nowMs: number) {
    this.#stepMs = windowMs / STEPS;
    this.#startedAtMs = nowMs;
  }

  /** Adds what came since the last look, and forgets what is too old. */
  add(sample: Readonly<Sample>, nowMs: number): void {
    if (nowMs - this.#startedAtMs >= this.#stepMs * STEPS * 2) this.clear(nowMs);
    while (nowMs - this.#startedAtMs >= this.#stepMs) {
      this.#startedAtMs += this.#stepMs;
      this.#steps.push(emptySample());
    }
    if (this.#steps.length === 0) this.#steps.push(emptySample());
    while (this.#steps.length > STEPS) this.#steps.shift();
    addSample(this.#steps.at(-1) as Sample, sample);
  }

  /** Begins again. */
  clear(nowMs: number): void {
    this.#steps.length = 0;
    this.#startedAtMs = nowMs;
  }

  get sum(): Sample {
    const sum = emptySample();
    for (const step of this.#steps) addSample(sum, step);
    return sum;
  }
}
