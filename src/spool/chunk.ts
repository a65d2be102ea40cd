/**
 * Data path. A piece of a body in memory: filled once from the front, then read whole.
 *
 *   bytes | filled ……… | room |
 *         0          length
 *
 * Every store makes its own and drops them at its end: none is ever handed from one body to the
 * next, so no user's bytes can show in another's.
 */

/** From the second piece of a body on: less would cost more in objects than in bytes. */
const MIN_GROWTH_BYTES = 512;

/** What a piece is overwritten with in tests, so that a part kept too long shows. */
const POISON = 0xdb;

/** On with WEIR_POISON=1, as in src/transport/read-buffer.ts. */
const isPoisoned = process.env['WEIR_POISON'] === '1';

export class Chunk {
  readonly bytes: Buffer;
  /** Bytes filled so far. */
  length = 0;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  /** Bytes that it takes, filled or not. */
  get capacity(): number {
    return this.bytes.length;
  }

  /** Copies as much of source[start..end) as there is room for, and says how much that was. */
  fill(source: Buffer, start: number, end: number): number {
    const copied = source.copy(this.bytes, this.length, start, end);
    this.length += copied;
    return copied;
  }

  /** What was filled; no copy. */
  get filled(): Buffer {
    return this.length === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.length);
  }

  /**
   * Gives the memory back now. As garbage it would be seen late: the heap does not feel it, and a
   * body that goes through a file would leave megabytes of it behind. Only for a chunk that nobody
   * outside of the store was ever given, and that nothing is written from.
   */
  free(): void {
    const { bytes } = this;
    this.length = 0;
    // A small one may lie in memory that others share.
    if (bytes.length === bytes.buffer.byteLength) (bytes.buffer as ArrayBuffer).transfer(0);
  }

  /** Nobody is said to look at its bytes any more. Not while the kernel writes them. */
  retire(): void {
    if (isPoisoned) this.bytes.fill(POISON);
    this.length = 0;
  }
}

/**
 * How large the next chunk is for a body of which `held` bytes of capacity are in memory: exactly
 * what is needed at first (most bodies come whole), then as much again as there is.
 * @param room how much the limit leaves; the answer is never more
 */
export function growthBytes(held: number, needed: number, room: number): number {
  if (held === 0) return Math.min(needed, room);
  return Math.min(Math.max(needed, held, MIN_GROWTH_BYTES), room);
}
