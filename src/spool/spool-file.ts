/**
 * Data path, for the few bodies that do not fit in memory: what did not is in an unlinked file,
 * opened at the first write. One write (or opening, or truncation) and one read may be under way at
 * a time; both are asynchronous, in libuv's pool of threads.
 *
 *   file | …… read …… | … being written … |
 *        0          size
 *
 * Each body that spills has its own SpoolFile, which is never used again: when the body ends while
 * something is under way, its callbacks come to an object that nobody listens to any more. Its five
 * bound functions are the price, paid beside the opening of a file.
 */

import { close, ftruncate, read, write } from 'node:fs';
import { invariant } from '#src/base/invariant.ts';
import { errnoOf, type OpenFile } from './unlinked-file.ts';

/** Who uses a file; called from the event loop only, and not after `close`. */
export interface SpoolFileOwner {
  /** What `append` was given is in the file. */
  onFileWritten(): void;
  /** What `read` asked for is in its buffer. */
  onFileRead(): void;
  /** The file cannot be opened, written or truncated: what `append` was given is not in it. */
  onFileWriteFailed(errno: string): void;
  onFileReadFailed(errno: string): void;
}

/** What the one write lane is busy with. */
const IDLE = 0;
const OPENING = 1;
const WRITING = 2;
const TRUNCATING = 3;

export class SpoolFile {
  readonly #owner: SpoolFileOwner;
  readonly #directory: string;
  readonly #open: OpenFile;
  #fd = -1;
  #lane = IDLE;
  /** What is to be written, or is being. */
  #source: Buffer | undefined;
  #sourceDone = 0;
  /** What is being read into. */
  #target: Buffer | undefined;
  #targetDone = 0;
  #targetLength = 0;
  #readFrom = 0;
  #isClosed = false;

  /** Bytes that are in the file and may be read. */
  size = 0;

  constructor(owner: SpoolFileOwner, directory: string, open: OpenFile) {
    this.#owner = owner;
    this.#directory = directory;
    this.#open = open;
  }

  /** Writes at the end; the bytes must be left alone until the owner hears how it went. */
  append(bytes: Buffer): void {
    invariant(this.#source === undefined, 'one write to a spool file at a time');
    this.#source = bytes;
    this.#sourceDone = 0;
    if (this.#lane === IDLE && !this.#isClosed) this.#proceed();
  }

  /** Reads file[from..from + length) into the front of `target`. */
  read(target: Buffer, from: number, length: number): void {
    invariant(this.#target === undefined, 'one read from a spool file at a time');
    this.#target = target;
    this.#targetDone = 0;
    this.#targetLength = length;
    this.#readFrom = from;
    this.#readOn(target);
  }

  /** Begins at 0 again and gives the disk its blocks back. Only when nothing is under way. */
  truncate(): void {
    invariant(this.#lane === IDLE && this.#target === undefined, 'truncated while in use');
    this.size = 0;
    this.#lane = TRUNCATING;
    ftruncate(this.#fd, 0, this.#onTruncated);
  }

  /** The owner hears nothing any more. The descriptor goes when nothing is under way. */
  close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  #proceed(): void {
    const source = this.#source;
    if (source === undefined) {
      this.#lane = IDLE;
    } else if (this.#fd < 0) {
      this.#lane = OPENING;
      this.#open(this.#directory, this.#onOpened);
    } else {
      this.#lane = WRITING;
      const done = this.#sourceDone;
      write(this.#fd, source, done, source.length - done, this.size + done, this.#onWritten);
    }
  }

  #readOn(target: Buffer): void {
    const done = this.#targetDone;
    read(this.#fd, target, done, this.#targetLength - done, this.#readFrom + done, this.#onRead);
  }

  readonly #onOpened = (errno: string, fd: number): void => {
    this.#lane = IDLE;
    this.#fd = fd;
    if (this.#isClosed) return this.#letGo();
    if (errno !== '') return this.#failWrite(errno);
    this.#proceed();
  };

  /** A disk that fills up takes a part first and says why at the next call. */
  readonly #onWritten = (error: NodeJS.ErrnoException | null, count: number): void => {
    this.#lane = IDLE;
    if (this.#isClosed) return this.#letGo();
    if (error !== null) return this.#failWrite(errnoOf(error));
    if (count === 0) return this.#failWrite('EIO');
    this.#sourceDone += count;
    const length = this.#source?.length ?? 0;
    if (this.#sourceDone < length) return this.#proceed();
    this.size += length;
    this.#source = undefined;
    this.#owner.onFileWritten();
  };

  readonly #onTruncated = (error: NodeJS.ErrnoException | null): void => {
    this.#lane = IDLE;
    if (this.#isClosed) return this.#letGo();
    if (error !== null) return this.#failWrite(errnoOf(error));
    this.#proceed();
  };

  readonly #onRead = (error: NodeJS.ErrnoException | null, count: number): void => {
    const target = this.#target;
    this.#target = undefined;
    if (this.#isClosed || target === undefined) return this.#letGo();
    if (error !== null) return this.#owner.onFileReadFailed(errnoOf(error));
    // Less than was written: the file has been cut behind our back, or the disk is broken.
    if (count === 0) return this.#owner.onFileReadFailed('EIO');
    this.#targetDone += count;
    if (this.#targetDone === this.#targetLength) return this.#owner.onFileRead();
    this.#target = target;
    this.#readOn(target);
  };

  #failWrite(errno: string): void {
    this.#source = undefined;
    this.#owner.onFileWriteFailed(errno);
  }

  /** A descriptor closed under a call in another thread could be someone else's by then. */
  #letGo(): void {
    if (this.#fd < 0 || this.#lane !== IDLE || this.#target !== undefined) return;
    const fd = this.#fd;
    this.#fd = -1;
    close(fd, ignore);
  }
}

/** What close(2) has to say about a file that nobody will read concerns nobody. */
function ignore(): void {}
