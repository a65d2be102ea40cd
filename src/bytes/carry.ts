/**
 * Data path. Bytes that must wait for more: the beginning of a head, or pipelined requests behind
 * one that is being served. Most connections never need one.
 *
 *   bytes | waiting bytes ……… | room |
 *         0                   length
 *
 * Appending a byte at a time costs amortised O(1): a slow sender pays more than we do.
 */

const FIRST_BYTES = 1024;

export class Carry {
  bytes: Buffer;
  length = 0;

  constructor(atLeast: number) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, atLeast));
  }

  /** Copies source[start..end) behind what waits. */
  append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2);
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    source.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  /** The first `count` bytes have been used; the rest moves to the front. */
  consume(count: number): void {
    if (count === 0) return;
    this.bytes.copyWithin(0, count, this.length);
    this.length -= count;
  }
}

/** A carry that holds a copy of source[start..end). */
export function carryOf(source: Buffer, start: number, end: number): Carry {
  const carry = new Carry(end - start);
  carry.append(source, start, end);
  return carry;
}
