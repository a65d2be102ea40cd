/**
 * Data path. What holds for an address: a function over all addresses that is constant between
 * steps, kept as sorted starts in typed arrays. Networks inside networks are flattened when it is
 * made, so a look-up is one binary search and allocates nothing.
 */

/** No value holds there. */
export const NO_VALUE = -1;

const HIGHS = 0x10000;
/** From so many steps on an index of 256 KB is worth its memory. */
const INDEXED_STEPS = 4_096;

/** Steps over IPv4 addresses. */
export class Ipv4Steps {
  readonly #starts: Uint32Array;
  readonly #values: Int32Array;
  /** High 16 bits → the last step at or before their first address; empty for few steps. */
  readonly #firsts: Uint32Array;

  /** Starts ascend and the first is 0; a value is an index of the caller or `NO_VALUE`. */
  constructor(starts: readonly number[], values: readonly number[]) {
    this.#starts = Uint32Array.from(starts);
    this.#values = Int32Array.from(values);
    this.#firsts = new Uint32Array(starts.length < INDEXED_STEPS ? 0 : HIGHS + 1);
    for (let high = 0, step = 0; high < this.#firsts.length; high++) {
      while (step + 1 < starts.length && (starts[step + 1] as number) <= high * HIGHS) step++;
      this.#firsts[high] = step;
    }
  }

  /** The value at an address below 2^32. */
  find(address: number): number {
    const starts = this.#starts;
    const firsts = this.#firsts;
    const isIndexed = firsts.length > 0;
    let low = isIndexed ? (firsts[address >>> 16] as number) : 0;
    let high = isIndexed ? (firsts[(address >>> 16) + 1] as number) : starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((starts[middle] as number) <= address) low = middle;
      else high = middle - 1;
    }
    return this.#values[low] as number;
  }
}

/** Gathers steps over IPv4 addresses from the lowest to the highest. */
export class Ipv4StepsBuilder {
  readonly #starts = [0];
  readonly #values = [NO_VALUE];

  /** From `start` on that value holds; starts never descend, and the last word counts. */
  step(start: number, value: number): void {
    const last = this.#values.length - 1;
    if (this.#starts[last] === start) this.#values[last] = value;
    else if (this.#values[last] !== value) {
      this.#starts.push(start);
      this.#values.push(value);
    }
  }

  finish(): Ipv4Steps {
    return new Ipv4Steps(this.#starts, this.#values);
  }
}

/** Steps over IPv6 addresses, four words each. */
export class Ipv6Steps {
  readonly #starts: Uint32Array;
  readonly #values: Int32Array;

  /** As of `Ipv4Steps`, with four words per start. */
  constructor(starts: readonly number[], values: readonly number[]) {
    this.#starts = Uint32Array.from(starts);
    this.#values = Int32Array.from(values);
  }

  /** The value at an address of four words, the highest first. */
  find(words: Uint32Array): number {
    let low = 0;
    let high = this.#values.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#isAtOrBefore(middle, words)) low = middle;
      else high = middle - 1;
    }
    return this.#values[low] as number;
  }

  #isAtOrBefore(step: number, words: Uint32Array): boolean {
    const starts = this.#starts;
    for (let i = 0, at = step * 4; i < 4; i++, at++) {
      const start = starts[at] as number;
      const word = words[i] as number;
      if (start !== word) return start < word;
    }
    return true;
  }
}
