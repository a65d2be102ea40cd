/**
 * Data path. A piece of a body in memory: filled once from the front, then read whole.
 *
 *   bytes | filled ……… | room …… | (more than was asked for)
 *         0          length   capacity
 *
 * Memory of the usual sizes goes from one body to the next: as garbage the collector would be told
 * of it as external memory and mark the whole heap every thousand bodies. Nobody sees more than
 * [0..length), which this body has filled itself; who gives a chunk back knows that nobody has it.
 */

import { invariant } from '#src/base/invariant.ts';
import { Stack } from '#src/base/stack.ts';

/** From the second piece of a body on: less would cost more in objects than in bytes. */
const MIN_GROWTH_BYTES = 512;

/** Sizes that are kept are powers of two: 4, 8, 16, 32 and 64 KB. Smaller ones share a slab. */
const MIN_KEPT_SHIFT = 12;
const MAX_KEPT_SHIFT = 16;
/** Least that takes one of these: half of the smallest, so that no more than that is wasted. */
const MIN_KEPT_BYTES = 1 + (1 << (MIN_KEPT_SHIFT - 1));
const MAX_KEPT_BYTES = 1 << MAX_KEPT_SHIFT;
/** Kept of each size and thread. */
const KEPT_BYTES_PER_SIZE = 1024 * 1024;

/** What a piece is overwritten with in tests, so that a part kept too long shows. */
const POISON = 0xdb;

/** On with WEIR_POISON=1, as in src/transport/read-buffer.ts. */
const isPoisoned = process.env['WEIR_POISON'] === '1';

const kept: readonly Stack<Chunk>[] = Array.from(
  { length: MAX_KEPT_SHIFT - MIN_KEPT_SHIFT + 1 },
  () => new Stack<Chunk>(),
);

/** An empty chunk with room for so many bytes. */
export function acquireChunk(capacity: number): Chunk {
  if (capacity < MIN_KEPT_BYTES || capacity > MAX_KEPT_BYTES) {
    return new Chunk(Buffer.allocUnsafe(capacity), capacity);
  }
  const index = sizeIndex(capacity);
  const chunk = (kept[index] as Stack<Chunk>).pop();
  if (chunk === undefined) {
    return new Chunk(Buffer.allocUnsafeSlow(1 << (index + MIN_KEPT_SHIFT)), capacity);
  }
  chunk.reuse(capacity);
  return chunk;
}

/** Bytes that this thread keeps for bodies to come; at most 1 MB of each of five sizes. */
export function keptChunkBytes(): number {
  return kept.reduce((sum, same, index) => sum + (same.size << (index + MIN_KEPT_SHIFT)), 0);
}

export class Chunk {
  readonly bytes: Buffer;
  /** Bytes that it takes, filled or not. */
  capacity: number;
  /** Bytes filled so far. */
  length = 0;
  #isFree = false;

  /** Only `acquireChunk` makes them. */
  constructor(bytes: Buffer, capacity: number) {
    this.bytes = bytes;
    this.capacity = capacity;
  }

  /** Only for `acquireChunk`: another body begins. */
  reuse(capacity: number): void {
    this.#isFree = false;
    this.capacity = capacity;
  }

  /** Copies as much of source[start..end) as there is room for, and says how much that was. */
  fill(source: Buffer, start: number, end: number): number {
    const wanted = Math.min(end - start, this.capacity - this.length);
    const copied = source.copy(this.bytes, this.length, start, start + wanted);
    this.length += copied;
    return copied;
  }

  /** What was filled; no copy. */
  get filled(): Buffer {
    return this.length === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.length);
  }

  /**
   * Gives the memory back now, to the next body or to the system. Only for a chunk of which nobody
   * has a part any more, and that the kernel neither reads nor writes.
   */
  free(): void {
    invariant(!this.#isFree, 'a chunk was freed twice');
    this.#isFree = true;
    this.retire();
    this.capacity = 0;
    const { bytes } = this;
    const size = bytes.length;
    if (isKeptSize(size)) {
      const same = kept[sizeIndex(size)] as Stack<Chunk>;
      if (same.size * size < KEPT_BYTES_PER_SIZE) return same.push(this);
    }
    // A small one may lie in memory that others share.
    if (size === bytes.buffer.byteLength) (bytes.buffer as ArrayBuffer).transfer(0);
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

function isKeptSize(bytes: number): boolean {
  const isPowerOfTwo = (bytes & (bytes - 1)) === 0;
  return isPowerOfTwo && bytes >= 1 << MIN_KEPT_SHIFT && bytes <= MAX_KEPT_BYTES;
}

/** Of the smallest kept size that holds so many bytes. */
function sizeIndex(bytes: number): number {
  return Math.max(32 - Math.clz32(bytes - 1) - MIN_KEPT_SHIFT, 0);
}
