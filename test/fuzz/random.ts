/** Seeded randomness for generators: the same seed gives the same case, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give neighbouring first draws.
    this.#state = Math.imul(seed | 0, 0x9e37_79b1) ^ 0x5bd1_e995;
  }

  /** 0 ≤ n < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** An integer from 0 to below `end`; 0 when there is nothing to choose from. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Bytes as text of one char each, any value. */
  bytes(length: number): string {
    let out = '';
    for (let at = 0; at < length; at++) out += String.fromCharCode(this.below(256));
    return out;
  }
}
