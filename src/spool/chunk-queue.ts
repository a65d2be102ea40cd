/** Data path. Chunks in the order of the body: filled at the last, taken at the first. */

import { latin1 } from '#src/bytes/latin1.ts';
import type { Chunk } from './chunk.ts';

export class ChunkQueue {
  /** Up to `#size` what is queued; an array that is emptied would lose its room at every body. */
  readonly #chunks: (Chunk | undefined)[] = [];
  #size = 0;
  /** Bytes filled. */
  bytes = 0;
  /** Bytes of memory, filled or not. */
  capacity = 0;

  /** Copies into the room of the last chunk, and says how much that was. */
  fill(source: Buffer, start: number, end: number): number {
    const copied = this.#last?.fill(source, start, end) ?? 0;
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

  /** Everything that is queued, one char per byte. */
  get text(): string {
    let all = '';
    for (let at = 0; at < this.#size; at++) {
      const part = this.#chunks[at]?.filled;
      if (part !== undefined) all += latin1(part, 0, part.length);
    }
    return all;
  }

  push(chunk: Chunk): void {
    this.#chunks[this.#size] = chunk;
    this.#size += 1;
    this.#count(chunk, 1);
  }

  /** Puts back what `shift` gave. */
  unshift(chunk: Chunk): void {
    this.#chunks[this.#size] = undefined;
    this.#chunks.copyWithin(1, 0, this.#size);
    this.#chunks[0] = chunk;
    this.#size += 1;
    this.#count(chunk, 1);
  }

  shift(): Chunk | undefined {
    const chunk = this.first;
    if (chunk === undefined) return undefined;
    this.#chunks.copyWithin(0, 1, this.#size);
    this.#size -= 1;
    this.#chunks[this.#size] = undefined;
    this.#count(chunk, -1);
    return chunk;
  }

  /** Gives all back: nobody has a part of any of them. */
  free(): void {
    for (let at = 0; at < this.#size; at++) this.#chunks[at]?.free();
    this.#empty();
  }

  /** Leaves all to the garbage collector: a connection may still be writing from one. */
  abandon(): void {
    for (let at = 0; at < this.#size; at++) this.#chunks[at]?.retire();
    this.#empty();
  }

  get #last(): Chunk | undefined {
    return this.#size === 0 ? undefined : this.#chunks[this.#size - 1];
  }

  #empty(): void {
    this.#chunks.fill(undefined, 0, this.#size);
    this.#size = 0;
    this.bytes = 0;
    this.capacity = 0;
  }

  #count(chunk: Chunk, sign: 1 | -1): void {
    this.bytes += sign * chunk.length;
    this.capacity += sign * chunk.capacity;
  }
}
