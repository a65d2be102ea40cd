/**
 * How many exchanges an endpoint takes at a time, learned from how long its answers take
 * (`concurrency adaptive`). Gradient2 of Netflix's concurrency-limits (semantics.md §18): the mean of
 * the last second against a long mean. Nothing is slowed down to find out what is fast.
 */

import type { ConcurrencyConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** Of the root of the limit: how far it reaches beyond what it would be, to find out whether more goes. */
const HEADROOM = 0.5;
/** Before anything is known. */
const FIRST_LIMIT = 20;
/** Answers may take so much longer than they use to before the limit falls; Envoy's buffer of 25 %. */
const TOLERANCE = 1.25;
/** The limit does not fall faster than this share allows. */
const LEAST_GRADIENT = 0.5;
/** How much of a step is taken at once, per look. */
const SMOOTHING = 0.2;
/** Of the short mean. */
const SHORT_FADE_MS = 1_000;
/**
 * Of the long mean. It falls faster than it rises: an endpoint that is held at its limit shows the
 * time that the limit costs, and would slowly teach it as the usual one.
 */
const LONG_FALL_MS = 30_000;
const LONG_RISE_MS = 300_000;
/** Looks with answers before the long mean is trusted: until then it is their plain mean. */
const WARM_UP_LOOKS = 10;
/** An endpoint so much faster than it used to be has recovered; the long mean follows at once. */
const RECOVERY_RATIO = 2;
const RECOVERY_STEP = 0.95;

/** Of one endpoint. */
export class AdaptiveLimit {
  readonly #config: ConcurrencyConfig;
  #limit: number;
  #shortSumMs = 0;
  #shortSamples = 0;
  #longMs = 0;
  #lookCount = 0;

  constructor(config: ConcurrencyConfig) {
    this.#config = config;
    this.#limit = this.#within(FIRST_LIMIT);
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Goes on with what an older generation had learned. */
  adopt(limit: number): void {
    this.#limit = this.#within(limit);
  }

  /**
   * One look, `passedMs` after the one before: the answers since then, how long they took together,
   * and how many exchanges the endpoint has now.
   */
  look(passedMs: number, samples: number, sumMs: number, inFlight: number): void {
    const fade = Math.exp(-passedMs / SHORT_FADE_MS);
    this.#shortSumMs = this.#shortSumMs * fade + sumMs;
    this.#shortSamples = this.#shortSamples * fade + samples;
    if (samples <= 0) return;
    const shortMs = Math.max(this.#shortSumMs / this.#shortSamples, Number.MIN_VALUE);
    this.#learn(shortMs, passedMs);
    // With few under way nothing is known of more; with many, slow answers are its own doing.
    if (inFlight < this.#limit / 2) return;
    const ratio = (TOLERANCE * this.#longMs) / shortMs;
    const gradient = Math.min(1, Math.max(LEAST_GRADIENT, ratio));
    const wanted = this.#limit * gradient + HEADROOM * Math.sqrt(this.#limit);
    this.#limit = this.#within(this.#limit + (wanted - this.#limit) * SMOOTHING);
  }

  #learn(shortMs: number, passedMs: number): void {
    this.#lookCount += 1;
    if (this.#lookCount <= WARM_UP_LOOKS) {
      this.#longMs += (shortMs - this.#longMs) / this.#lookCount;
      return;
    }
    const fadeMs = shortMs < this.#longMs ? LONG_FALL_MS : LONG_RISE_MS;
    this.#longMs += (shortMs - this.#longMs) * (1 - Math.exp(-passedMs / fadeMs));
    if (this.#longMs / shortMs > RECOVERY_RATIO) this.#longMs *= RECOVERY_STEP;
  }

  #within(limit: number): number {
    return Math.min(this.#config.max, Math.max(this.#config.min, limit));
  }
}
