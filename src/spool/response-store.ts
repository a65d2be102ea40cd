/**
 * Data path. The part of a response that the client has not taken yet: a queue, in memory at its
 * front, through a file when it grows beyond that, in memory again at its end.
 *
 *   order of the bytes →  front ………… | file: taken | unread … | writing | tail …
 *                         ≤ memoryBytes        readAt        size        pieces of writeBytes
 *
 * A piece goes to the file when it is full. When the reader has caught up with the file, this
 * begins at 0 again, and what stands in the tail is taken from memory. A write that fails is no
 * failure of the response: the bytes are still here, they stay in memory, and from then on the
 * source has to wait for the client.
 */

import type { Reusable } from '#src/base/free-list.ts';
import { acquireChunk, type Chunk, growthBytes } from './chunk.ts';
import { ChunkQueue } from './chunk-queue.ts';
import { SpoolFile, type SpoolFileOwner } from './spool-file.ts';
import type { StoreOwner } from './store.ts';
import { type OpenFile, openUnlinkedFile } from './unlinked-file.ts';

/** How much a response may occupy where. */
export interface ResponseLimits {
  /** Before the file is used: the product of `proxy_buffers`. */
  readonly memoryBytes: number;
  /** `proxy_max_temp_file_size`; 0: no file. */
  readonly maxFileBytes: number;
  /** `proxy_temp_file_write_size`: one write, one read. */
  readonly writeBytes: number;
  /** `proxy_temp_path`. */
  readonly directory: string;
}

/** Least that is written at once, whatever the configuration says. */
const MIN_PIECE_BYTES = 4 * 1024;

export class ResponseStore implements Reusable, SpoolFileOwner {
  readonly #open: OpenFile;
  #owner: StoreOwner | undefined;
  #directory = '';
  #memoryBytes = 0;
  #maxFileBytes = 0;
  #pieceBytes = MIN_PIECE_BYTES;

  readonly #front = new ChunkQueue();
  readonly #tail = new ChunkQueue();
  /** What the file is being given. */
  #writing: Chunk | undefined;
  /** Written: the next chunk of the tail. */
  #spare: Chunk | undefined;
  #file: SpoolFile | undefined;
  /** Bytes of the file that have been read. */
  #readAt = 0;
  #readBuffer: Chunk | undefined;
  /** How much is being read, or has been and was not taken. */
  #readyBytes = 0;
  #isReading = false;
  /** What `next` gave last, unless it was the read buffer. */
  #current: Chunk | undefined;

  #queuedBytes = 0;
  #wantsRoom = false;
  #wantsPart = false;
  /** Whether `tellRoomLater` is on its way. It may arrive in the next use of this object. */
  #isTelling = false;

  /** Why nothing is written to the file any more, such as 'ENOSPC'; '' while all is well. */
  writeErrno = '';

  /** @param open how the file is opened; tests give it files that fail */
  constructor(open: OpenFile = openUnlinkedFile) {
    this.#open = open;
  }

  /** Nothing is opened before the memory is exceeded by one piece. */
  begin(owner: StoreOwner, limits: ResponseLimits): void {
    this.#owner = owner;
    this.#memoryBytes = limits.memoryBytes;
    this.#maxFileBytes = limits.maxFileBytes;
    this.#pieceBytes = Math.max(limits.writeBytes, MIN_PIECE_BYTES);
    this.#directory = limits.directory;
  }

  /**
   * Copies bytes[start..end) to the end; takes them all, whatever it answers.
   * @returns false: full, stop the source until `onStoreRoom`
   */
  append(bytes: Buffer, start: number, end: number): boolean {
    this.#queuedBytes += end - start;
    const isInMemory = this.#tail.bytes === 0 && this.#isFileDrained();
    const at = isInMemory ? this.#appendToFront(bytes, start, end) : start;
    if (at < end) {
      this.#appendToTail(bytes, at, end);
      this.#write();
    }
    if (this.#hasRoom()) return true;
    this.#wantsRoom = true;
    return false;
  }

  /**
   * Takes the next part, which is valid until the next call of `next` or `reset`.
   * @returns undefined when the store is empty, or when `onStoreReadable` is to be waited for
   */
  next(): Buffer | undefined {
    this.#dropCurrent();
    const isEmpty = this.#queuedBytes === 0;
    const part = isEmpty ? undefined : this.#nextPart();
    this.#wantsPart = part === undefined && !isEmpty;
    this.#queuedBytes -= part?.length ?? 0;
    if (this.#wantsRoom && !this.#isTelling && this.#hasRoom()) {
      this.#isTelling = true;
      setImmediate(tellRoomLater, this);
    }
    return part;
  }

  /** Nothing is left to take, in memory or on the disk. */
  get isEmpty(): boolean {
    return this.#queuedBytes === 0;
  }

  /** Bytes of memory that it takes now, filled or not. */
  get heldBytes(): number {
    let held = this.#front.capacity + this.#tail.capacity + (this.#current?.capacity ?? 0);
    for (const one of [this.#writing, this.#spare, this.#readBuffer]) held += one?.capacity ?? 0;
    return held;
  }

  /** Closes the file; safe while writes and reads are under way: nothing is heard of them. */
  reset(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#owner = undefined;
    this.#directory = '';
    // A client that gets no more may still be sent it.
    this.#current?.retire();
    this.#current = undefined;
    this.#front.free();
    this.#tail.free();
    this.#spare?.free();
    this.#spare = undefined;
    // The system may be reading or writing these.
    this.#writing = undefined;
    this.#readAt = 0;
    this.#readBuffer = undefined;
    this.#readyBytes = 0;
    this.#isReading = false;
    this.#queuedBytes = 0;
    this.#wantsRoom = false;
    this.#wantsPart = false;
    this.writeErrno = '';
  }

  onFileWritten(): void {
    const chunk = this.#writing;
    this.#writing = undefined;
    if (chunk !== undefined) this.#settle(chunk);
    this.#advance();
  }

  onFileRead(): void {
    this.#isReading = false;
    this.#readAt += this.#readyBytes;
    this.#recycleFile();
    this.#advance();
  }

  onFileWriteFailed(errno: string): void {
    this.writeErrno = errno;
    const chunk = this.#writing;
    this.#writing = undefined;
    if (chunk !== undefined) this.#tail.unshift(chunk);
    this.#spare = undefined;
    this.#recycleFile();
    this.#advance();
  }

  onFileReadFailed(errno: string): void {
    this.#file?.close();
    this.#owner?.onStoreFailed(errno);
  }

  /** For `tellRoomLater` alone. */
  tellRoom(): void {
    this.#isTelling = false;
    this.#tellRoomNow();
  }

  #appendToFront(bytes: Buffer, start: number, end: number): number {
    const front = this.#front;
    const at = start + front.fill(bytes, start, end);
    const held = front.capacity + (this.#current?.capacity ?? 0);
    const room = this.#memoryBytes - held;
    if (at === end || room <= 0) return at;
    front.push(acquireChunk(growthBytes(held, end - at, room)));
    return at + front.fill(bytes, at, end);
  }

  #appendToTail(bytes: Buffer, start: number, end: number): void {
    let at = start + this.#tail.fill(bytes, start, end);
    while (at < end) {
      this.#tail.push(this.#spare ?? acquireChunk(this.#pieceBytes));
      this.#spare = undefined;
      at += this.#tail.fill(bytes, at, end);
    }
  }

  /** Begins the next write if there is a whole piece, room in the file, and no other under way. */
  #write(): void {
    const chunk = this.#tail.first;
    if (chunk === undefined || chunk.length < this.#pieceBytes) return;
    if (this.#writing !== undefined || !this.#mayWrite()) return;
    this.#writing = this.#tail.shift();
    this.#file ??= new SpoolFile(this, this.#directory, this.#open);
    this.#file.append(chunk.filled);
  }

  #mayWrite(): boolean {
    const size = this.#file?.size ?? 0;
    return this.writeErrno === '' && size + this.#pieceBytes <= this.#maxFileBytes;
  }

  /** Nothing that follows the front is on the disk or on its way there. */
  #isFileDrained(): boolean {
    const unread = (this.#file?.size ?? 0) - this.#readAt;
    return this.#writing === undefined && unread === 0 && this.#readyBytes === 0;
  }

  #hasRoom(): boolean {
    const unwritten = this.#tail.bytes + (this.#writing?.length ?? 0);
    if (this.#mayWrite()) return unwritten < 2 * this.#pieceBytes;
    const held = this.#front.bytes + unwritten + (this.#current?.capacity ?? 0);
    return held <= this.#memoryBytes;
  }

  #nextPart(): Buffer | undefined {
    if (this.#front.bytes > 0) return this.#take(this.#front);
    if (this.#readyBytes > 0 && !this.#isReading) {
      const ready = this.#readyBytes;
      this.#readyBytes = 0;
      return this.#readBuffer?.bytes.subarray(0, ready);
    }
    if (!this.#isFileDrained()) {
      this.#read();
      return undefined;
    }
    this.#readBuffer?.free();
    this.#readBuffer = undefined;
    return this.#take(this.#tail);
  }

  #take(queue: ChunkQueue): Buffer | undefined {
    this.#current = queue.shift();
    return this.#current?.filled;
  }

  #read(): void {
    const file = this.#file;
    if (this.#isReading || file === undefined || this.#readAt === file.size) return;
    this.#readBuffer ??= acquireChunk(this.#pieceBytes);
    this.#readyBytes = Math.min(this.#pieceBytes, file.size - this.#readAt);
    this.#isReading = true;
    file.read(this.#readBuffer.bytes, this.#readAt, this.#readyBytes);
  }

  /** A reader that has caught up and waits takes what was just written from memory. */
  #settle(chunk: Chunk): void {
    const size = this.#file?.size ?? 0;
    if (this.#wantsPart && this.#readAt + chunk.length === size) {
      this.#readAt = size;
      this.#readBuffer = undefined;
      this.#front.push(chunk);
      this.#recycleFile();
    } else {
      chunk.retire();
      this.#spare?.free();
      this.#spare = chunk;
    }
  }

  /** When the reader has caught up: begins at 0 again, or has no file any more. */
  #recycleFile(): void {
    const file = this.#file;
    if (file === undefined || this.#writing !== undefined || this.#readAt < file.size) return;
    if (this.writeErrno !== '') {
      file.close();
      this.#file = undefined;
    } else if (file.size > 0) {
      file.truncate();
    }
    this.#readAt = 0;
  }

  /** After something has ended in the file: the next write, and whoever waits. */
  #advance(): void {
    this.#write();
    if (this.#wantsPart) this.#servePart();
    // Its owner may have ended this use and begun another: both look at what is so now.
    this.#tellRoomNow();
  }

  /** Reads what the reader waits for, or tells it that there is something. */
  #servePart(): void {
    const isReady = this.#front.bytes > 0 || (this.#readyBytes > 0 && !this.#isReading);
    if (!isReady && !this.#isFileDrained()) return this.#read();
    this.#wantsPart = false;
    this.#owner?.onStoreReadable();
  }

  #tellRoomNow(): void {
    if (!this.#wantsRoom || !this.#hasRoom()) return;
    this.#wantsRoom = false;
    this.#owner?.onStoreRoom();
  }

  #dropCurrent(): void {
    this.#current?.free();
    this.#current = undefined;
  }
}

/** From the event loop: an owner is never called from within its call of `next`. */
function tellRoomLater(store: ResponseStore): void {
  store.tellRoom();
}
