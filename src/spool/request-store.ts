/**
 * Data path. The body of a request: stored whole first, then read any number of times, once for
 * each attempt. A body that fits in memory costs one buffer of its own size when it comes whole.
 *
 *   order of the body →   front …………… | file ……………………… | writing | tail …
 *                         ≤ memoryBytes    unlinked          at most ~64 KB each
 *
 * The front stays. Behind it, bytes wait in the tail until a piece is worth a write; while that is
 * under way more collects, so a fast client makes large writes and a slow one holds little memory.
 * What is left in the tail at the end is not written at all.
 */

import type { Reusable } from '#src/base/free-list.ts';
import { invariant } from '#src/base/invariant.ts';
import { acquireChunk, type Chunk, growthBytes } from './chunk.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { SpoolFile, type SpoolFileOwner } from './spool-file.ts';
import type { StoreOwner } from './store.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

/** Most that goes into one write, or comes with one read. */
const PIECE_BYTES = 64 * 1024;
/** Least that a write is begun for, however small the memory. */
const MIN_WRITE_BYTES = 4 * 1024;
/** With so much unwritten the source is to wait. One more `append` is taken on top. */
const MAX_UNWRITTEN_BYTES = 2 * PIECE_BYTES;

export class RequestStore implements Reusable, SpoolFileOwner {
  readonly #open: OpenFile;
  /** Who is told. A body that is stored whole may be handed on: then it is set anew. */
  owner: StoreOwner | undefined = undefined;
  #directory = '';
  #memoryBytes = 0;
  /** From so much on the tail is written: as much as the front, within bounds. */
  #writeBytes = 0;

  readonly #front = new ChunkQueue();
  readonly #tail = new ChunkQueue();
  /** What the file is being given. */
  #writing: Chunk | undefined;
  /** Written: the next chunk of the tail, or the buffer to read into. */
  #spare: Chunk | undefined;
  #file: SpoolFile | undefined;

  #bytes = 0;
  #isFailed = false;
  #wantsRoom = false;

  // The reading.
  #taken = 0;
  #frontIndex = 0;
  #tailIndex = 0;
  #fileTaken = 0;
  /** Bytes of the spare chunk that are being read, or were and not taken; a rewind forgets them. */
  #readyBytes = 0;
  #isReading = false;
  #wantsPart = false;
  /** Somebody may still have a part. */
  #isLent = false;

  /** @param open how the file is opened; tests give it files that fail */
  constructor(open: OpenFile = openUnlinkedFile) {
    this.#open = open;
  }

  /**
   * Nothing is opened before the memory is exceeded (by a piece that is worth a write).
   * @param memoryBytes client_body_buffer_size
   * @param directory of the temporary file
   */
  begin(owner: StoreOwner, memoryBytes: number, directory: string): void {
    this.owner = owner;
    this.#memoryBytes = memoryBytes;
    this.#writeBytes = Math.min(Math.max(memoryBytes, MIN_WRITE_BYTES), PIECE_BYTES);
    this.#directory = directory;
  }

  /**
   * Copies bytes[start..end) to the end of the body; not after `rewind`.
   * @returns false: stop the source until `onStoreRoom`
   */
  append(bytes: Buffer, start: number, end: number): boolean {
    if (this.#isFailed) return false;
    this.#bytes += end - start;
    let at = start;
    if (this.#tail.bytes === 0 && this.#writing === undefined && this.#file === undefined) {
      at = this.#appendToFront(bytes, start, end);
    }
    if (at < end) {
      this.#appendToTail(bytes, at, end);
      this.#write();
    }
    if (this.#hasRoom()) return true;
    this.#wantsRoom = true;
    return false;
  }

  /** Stored so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** All of it, one char per byte; undefined when it is longer than `memoryBytes`. */
  get text(): string | undefined {
    return this.#bytes === this.#front.bytes ? this.#front.text : undefined;
  }

  /**
   * No write is under way. Until then `next` says undefined, and `onStoreReadable` (or
   * `onStoreFailed`) comes when the last write has ended.
   */
  get isSettled(): boolean {
    return this.#writing === undefined;
  }

  /** Begins at the first byte again; before each reading. */
  rewind(): void {
    this.#taken = 0;
    this.#frontIndex = 0;
    this.#tailIndex = 0;
    this.#fileTaken = 0;
    this.#readyBytes = 0;
    this.#wantsPart = false;
  }

  /**
   * The next part of the body, valid until the next call of `next`, `rewind` or `reset`.
   * @returns undefined at the end (`isAtEnd`), or when `onStoreReadable` is to be waited for
   */
  next(): Buffer | undefined {
    if (this.isAtEnd || this.#isFailed) return undefined;
    const part = this.#writing === undefined ? this.#nextPart() : undefined;
    this.#wantsPart = part === undefined;
    this.#taken += part?.length ?? 0;
    return part;
  }

  /** The part that `next` gave last is kept beyond the next call: its memory is not used again. */
  lend(): void {
    this.#isLent = true;
  }

  /** Every byte has been handed out. */
  get isAtEnd(): boolean {
    return this.#taken === this.#bytes;
  }

  /** Bytes of memory that it takes now, filled or not. */
  get heldBytes(): number {
    const ofFile = (this.#writing?.capacity ?? 0) + (this.#spare?.capacity ?? 0);
    return this.#front.capacity + this.#tail.capacity + ofFile;
  }

  /** Closes the file; safe while writes and reads are under way: nothing is heard of them. */
  reset(): void {
    this.#file?.close();
    this.#file = undefined;
    this.owner = undefined;
    this.#directory = '';
    if (this.#isLent) {
      this.#front.abandon();
      this.#tail.abandon();
    } else {
      this.#front.free();
      this.#tail.free();
    }
    this.#isLent = false;
    // The system may be reading or writing these.
    this.#writing = undefined;
    this.#spare = undefined;
    this.#bytes = 0;
    this.#isFailed = false;
    this.#wantsRoom = false;
    this.rewind();
    this.#isReading = false;
  }

  onFileWritten(): void {
    this.#keepSpare(this.#writing);
    this.#writing = undefined;
    this.#write();
    if (this.#wantsRoom && this.#hasRoom()) {
      this.#wantsRoom = false;
      this.owner?.onStoreRoom();
    }
    if (this.#writing === undefined) this.#tellPart();
  }

  onFileRead(): void {
    this.#isReading = false;
    this.#tellPart();
  }

  onFileWriteFailed(errno: string): void {
    this.#fail(errno);
  }

  onFileReadFailed(errno: string): void {
    this.#fail(errno);
  }

  #appendToFront(bytes: Buffer, start: number, end: number): number {
    const front = this.#front;
    const at = start + front.fill(bytes, start, end);
    const room = this.#memoryBytes - front.capacity;
    if (at === end || room <= 0) return at;
    front.push(acquireChunk(growthBytes(front.capacity, end - at, room)));
    return at + front.fill(bytes, at, end);
  }

  #appendToTail(bytes: Buffer, start: number, end: number): void {
    let at = start + this.#tail.fill(bytes, start, end);
    while (at < end) {
      this.#tail.push(this.#newChunk(end - at));
      at += this.#tail.fill(bytes, at, end);
    }
  }

  #newChunk(needed: number): Chunk {
    const spare = this.#spare;
    this.#spare = undefined;
    const wanted = Math.min(Math.max(needed, this.#writeBytes), PIECE_BYTES);
    if (spare !== undefined && spare.capacity >= wanted) return spare;
    spare?.free();
    return acquireChunk(wanted);
  }

  #keepSpare(chunk: Chunk | undefined): void {
    if (chunk === undefined) return;
    const spare = this.#spare;
    if (spare !== undefined && spare.capacity > chunk.capacity) return chunk.free();
    spare?.free();
    chunk.retire();
    this.#spare = chunk;
  }

  /** Begins the next write, if none is under way and there is enough for one. */
  #write(): void {
    if (this.#writing !== undefined || this.#tail.bytes < this.#writeBytes) return;
    const chunk = this.#tail.shift();
    if (chunk === undefined) return;
    this.#writing = chunk;
    this.#file ??= new SpoolFile(this, this.#directory, this.#open);
    this.#file.append(chunk.filled);
  }

  #hasRoom(): boolean {
    return this.#tail.bytes + (this.#writing?.length ?? 0) < MAX_UNWRITTEN_BYTES;
  }

  #nextPart(): Buffer | undefined {
    const front = this.#front.at(this.#frontIndex);
    if (front !== undefined) {
      this.#frontIndex += 1;
      return front.filled;
    }
    const file = this.#file;
    if (file !== undefined && this.#fileTaken < file.size) return this.#nextFromFile(file);
    const tail = this.#tail.at(this.#tailIndex);
    invariant(tail !== undefined, 'a part of a request body is missing');
    this.#tailIndex += 1;
    return tail.filled;
  }

  #nextFromFile(file: SpoolFile): Buffer | undefined {
    if (this.#isReading) return undefined;
    const wanted = Math.min(file.size, PIECE_BYTES);
    let target = this.#spare;
    if (target === undefined || target.capacity < wanted) {
      target = acquireChunk(wanted);
      this.#spare = target;
    }
    const ready = this.#readyBytes;
    if (ready > 0) {
      this.#readyBytes = 0;
      this.#fileTaken += ready;
      return target.bytes.subarray(0, ready);
    }
    this.#readyBytes = Math.min(target.capacity, file.size - this.#fileTaken);
    this.#isReading = true;
    file.read(target.bytes, this.#fileTaken, this.#readyBytes);
    return undefined;
  }

  #tellPart(): void {
    if (!this.#wantsPart) return;
    this.#wantsPart = false;
    this.owner?.onStoreReadable();
  }

  #fail(errno: string): void {
    this.#isFailed = true;
    this.#file?.close();
    this.owner?.onStoreFailed(errno);
  }
}
