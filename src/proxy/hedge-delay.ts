/**
 * Data path. How long the requests of a location wait before they are hedged: a percentile of what
 * one thread has seen its endpoints take to the heads of their answers. Counts in buckets of a sixth
 * to a quarter of their size, and forgets half of it now and then. Allocates nothing after
 * construction.
 */

/** Per doubling. */
const STEPS = 4;
/** Up to 2^17 ms, which are two minutes. */
const BUCKETS = 17 * STEPS + 1;
/** Fewer say nothing of a percentile. */
const LEAST_SAMPLES = 100;
/** Then the past counts half. */
const HALVED_AT = 10_000;
/** The percentile is worked out anew after so many samples. */
const KEPT_FOR = 50;

/** `proxy_hedge`. */
export interface HedgeRules {
  /** 0.5 to 0.999: of the answers that use to come before a second endpoint is asked. */
  readonly quantile: number;
  /** But not before this time. */
  readonly minMs: number;
}

export class HedgeDelay {
  readonly #rules: HedgeRules;
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  #sinceKept = 0;
  #delayMs = Number.POSITIVE_INFINITY;

  constructor(rules: HedgeRules) {
    this.#rules = rules;
  }

  /** Infinity while too little is known. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** The head of an answer came after that time, or has not come until then. */
  note(ms: number): void {
    const bucket = bucketOf(ms);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#total += 1;
    this.#sinceKept += 1;
    if (this.#sinceKept < KEPT_FOR || this.#total < LEAST_SAMPLES) return;
    this.#sinceKept = 0;
    this.#delayMs = Math.max(this.#rules.minMs, this.#percentile());
    if (this.#total >= HALVED_AT) this.#forgetHalf();
  }

  #percentile(): number {
    let left = this.#total * this.#rules.quantile;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket] as number;
      if (left <= 0) return 2 ** (bucket / STEPS); // its upper end
    }
    return 2 ** ((BUCKETS - 1) / STEPS);
  }

  #forgetHalf(): void {
    this.#total = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const half = (this.#counts[bucket] as number) >>> 1;
      this.#counts[bucket] = half;
      this.#total += half;
    }
  }
}

/** Bucket 0 is up to 1 ms, n up to 2^(n/4) ms. */
function bucketOf(ms: number): number {
  if (ms <= 1) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms) * STEPS));
}
