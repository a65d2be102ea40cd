/**
 * A file that is written piece by piece beside its place, and put there when it is whole: who reads
 * the place sees the file before or the one after, never a part. Writes are asynchronous, one at a
 * time, in libuv's pool of threads. Whoever dies on the way leaves a file `.weir-store-…`.
 */

import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';

/** Bytes that wait to be written; with more the source should pause. */
const MAX_WAITING_BYTES = 256 * 1024;
const NAME_BYTES = 8;

/** Where a file goes, and who may read it. */
export interface StoredPlace {
  /** Absolute, one char per byte; folders that are missing are made. */
  readonly path: string;
  readonly fileMode: number;
  readonly folderMode: number;
}

/** Told about a file that is being written. */
export interface StoredFileOwner {
  /** There is room again. */
  onStoredRoom(): void;
  /** It was given up, and nothing of it is left. `why`: 'ENOSPC: no space left on device, write'. */
  onStoredFailed(why: string): void;
}

export class StoredFile {
  readonly #owner: StoredFileOwner;
  readonly #place: StoredPlace;
  #pieces: Buffer[] = [];
  #waitingBytes = 0;
  #isWhole = false;
  #isDropped = false;
  #modifiedAtMs: number | undefined = undefined;
  /** Of `#more`, while it waits. */
  #wake: (() => void) | undefined = undefined;

  /** Nothing is made before the first turn of the event loop. */
  constructor(place: StoredPlace, owner: StoredFileOwner) {
    this.#place = place;
    this.#owner = owner;
    void this.#run();
  }

  /** More bytes than should be wait to be written. */
  get isFull(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Adds a copy of bytes[start..end). */
  write(bytes: Buffer, start: number, end: number): void {
    if (this.#isDropped) return;
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    this.#waitingBytes += end - start;
    this.#wake?.();
  }

  /** It is whole: once written it takes its place. `modifiedAtMs`: its time; undefined: now. */
  commit(modifiedAtMs: number | undefined): void {
    this.#isWhole = true;
    this.#modifiedAtMs = modifiedAtMs;
    this.#wake?.();
  }

  /** It will not be whole: nothing of it is left. Without effect after `commit`. */
  drop(): void {
    if (this.#isWhole) return;
    this.#giveUp();
    this.#wake?.();
  }

  #giveUp(): void {
    this.#isDropped = true;
    this.#pieces = [];
    this.#waitingBytes = 0;
  }

  async #run(): Promise<void> {
    const { fileMode, folderMode, path } = this.#place;
    const folder = path.substring(0, path.lastIndexOf('/') + 1);
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    const name = `${folder}.weir-store-${randomBytes(NAME_BYTES).toString('hex')}`;
    let handle: FileHandle | undefined;
    let isMade = false;
    try {
      await mkdir(bytesOf(folder), { recursive: true, mode: folderMode });
      handle = await open(bytesOf(name), 'wx', fileMode);
      isMade = true;
      await this.#writeAll(handle);
      if (!this.#isDropped) {
        await handle.chmod(fileMode); // whatever the mask of the process is
        if (this.#modifiedAtMs !== undefined) {
          await handle.utimes(new Date(), new Date(this.#modifiedAtMs));
        }
        await rename(bytesOf(name), bytesOf(path));
        isMade = false;
      }
    } catch (error) {
      const wasFull = this.isFull;
      this.#giveUp();
      this.#owner.onStoredFailed((error as Error).message);
      if (wasFull) this.#owner.onStoredRoom();
    } finally {
      await handle?.close().catch(() => undefined); // what counts was said before
      if (isMade) await unlink(bytesOf(name)).catch(() => undefined);
    }
  }

  async #writeAll(handle: FileHandle): Promise<void> {
    while (!this.#isDropped) {
      const piece = this.#pieces.shift();
      if (piece === undefined) {
        if (this.#isWhole) return;
        await this.#more();
        continue;
      }
      await handle.writeFile(piece);
      const wasFull = this.isFull;
      this.#waitingBytes = Math.max(0, this.#waitingBytes - piece.length);
      if (wasFull && !this.isFull) this.#owner.onStoredRoom();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
