/**
 * Data path. Random integers for choices that nobody gains by guessing. Math.random puts each of its
 * fractions on the heap; this allocates nothing.
 */
export class RandomBits {
  readonly #state = new Int32Array(1);

  /** The same seed gives the same numbers. */
  constructor(seed = Math.random() * 0x1_0000_0000) {
    this.#state[0] = seed;
  }

  /** 0 … 2^30−1, each as likely (mulberry32). */
  next(): number {
    const state = ((this.#state[0] as number) + 0x6d2b_79f5) | 0;
    this.#state[0] = state;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 2;
  }
}
