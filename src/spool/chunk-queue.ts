/** Data path. Chunks in the order of the body: filled at the last, taken at the first. */

import type { Chunk } from './chunk.ts';

export class ChunkQueue {
  readonly #chunks: Chunk[] = [];
  /** Bytes filled. */
  bytes = 0;
  /** Bytes of memory, filled or not. */
  capacity = 0;

  /** Copies into the room of the last chunk, and says how much that was. */
  fill(source: Buffer, start: number, end: number): number {
    const copied = this.#chunks.at(-1)?.fill(source, start, end) ?? 0;
    this.bytes += copied;
    return copied;
  }

  get first(): Chunk | undefined {
    return this.#chunks[0];
  }

  /** For those who look without taking; undefined beyond the last. */
  at(index: number): Chunk | undefined {
    return this.#chunks[index];
  }

  push(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#count(chunk, 1);
  }

  /** Puts back what `shift` gave. */
  unshift(chunk: Chunk): void {
    this.#chunks.unshift(chunk);
    this.#count(chunk, 1);
  }

  shift(): Chunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) this.#count(chunk, -1);
    return chunk;
  }

  /** Drops all: nobody looks at them any more. */
  clear(): void {
    for (const chunk of this.#chunks) chunk.retire();
    this.#chunks.length = 0;
    this.bytes = 0;
    this.capacity = 0;
  }

  #count(chunk: Chunk, sign: 1 | -1): void {
    this.bytes += sign * chunk.length;
    this.capacity += sign * chunk.capacity;
  }
}
