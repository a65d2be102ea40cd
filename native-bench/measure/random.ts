/**
 * Seeded random numbers (xoshiro128**): the same seed gives the same stream on every machine, so
 * that every system under test sees the identical job sequence, and a failure can be repeated.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Any number; streams of different seeds are unrelated. */
  constructor(seed: number) {
    // SplitMix32 spreads the seed over the state; xoshiro must not start from zeros.
    let mix = seed | 0;
    const next = (): number => {
      mix = (mix + 0x9e3779b9) | 0;
      let z = mix ^ (mix >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return (z ^ (z >>> 15)) | 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  /** A uniform 32-bit unsigned integer. */
  uint32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.uint32() / 4294967296;
  }

  /** A uniform integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** Exponential with the given mean: the gaps of a Poisson process. */
  exponential(mean: number): number {
    return -Math.log(1 - this.uniform()) * mean;
  }

  /** Pareto with the given minimum and shape alpha, cut at `cap`. */
  pareto(minimum: number, alpha: number, cap: number): number {
    return Math.min(cap, minimum / (1 - this.uniform()) ** (1 / alpha));
  }

  /** An unrelated stream of the same seed, for instance one per thread. */
  fork(): Random {
    return new Random(this.uint32());
  }
}
