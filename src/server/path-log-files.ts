/**
 * Data path. Access logs whose path has variables: a file for each value. Lines are gathered by path
 * and written in the background, one file after the other, so that however many paths clients make
 * up, memory and descriptors stay within bounds; more lines are dropped and counted.
 */

import { close, closeSync, open, openSync, write, writeSync } from 'node:fs';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { LF } from '#src/bytes/ascii.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { LogFileCache } from '#src/exchange/log-arguments.ts';
import type { LogObserver } from './access-log-file.ts';
import { OpenFiles } from './open-files.ts';

/** Lines that wait, of all paths. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** From so many on they are written at once. */
const FLUSH_BYTES = 65_536;
const FLUSH_MS = 100;
/** Beside its lines a path costs about so much. */
const PATH_BYTES = 512;
const LINE_ROOM_BYTES = 1024;
/** As of other logs. */
const MODE = 0o644;
/** A client may choose a part of the path: not another folder by it, and no end of the path. */
const UNSAFE = /(?:^|\/)\.\.(?:\/|$)|\0/;

interface PathLines {
  bytes: Buffer[];
  lines: number;
}

export class PathLogFiles implements TimeoutOwner {
  readonly #wheel: TimerWheel;
  readonly #observer: LogObserver;
  readonly #openFiles: OpenFiles | undefined;
  readonly #timer = new TimerEntry(this);
  readonly #line = new ByteWriter(LINE_ROOM_BYTES);
  #path = '';
  #waiting = new Map<string, PathLines>();
  #waitingBytes = 0;
  /** What is being written: the rest of the paths, and the bytes of the present one. */
  #paths: Iterator<[string, PathLines]> | undefined = undefined;
  #isClosed = false;
  #mustReopen = false;

  /** Without `cache` a file is open for its lines only. */
  constructor(cache: LogFileCache | undefined, wheel: TimerWheel, observer: LogObserver) {
    this.#wheel = wheel;
    this.#observer = observer;
    this.#openFiles = cache && new OpenFiles(cache, wheel.clock);
  }

  /** Lines are on their way to their files. */
  get isWriting(): boolean {
    return this.#paths !== undefined;
  }

  /** Where to write a line for that path (one char per byte), without its end. */
  beginLine(path: string): ByteWriter {
    this.#path = path;
    this.#line.at = 0;
    return this.#line;
  }

  /** The line is complete. */
  endLine(): void {
    const line = this.#line;
    const path = this.#path;
    line.reserve(1);
    line.byte(LF);
    if (UNSAFE.test(path)) {
      this.#observer.onDropped(1, `"${path}" is no path of an access log`);
      return;
    }
    const known = this.#waiting.get(path);
    const cost = line.at + (known === undefined ? PATH_BYTES + path.length : 0);
    if (this.#waitingBytes + cost > MAX_WAITING_BYTES) {
      this.#observer.onDropped(1, 'the files are written more slowly than requests come');
      return;
    }
    this.#waitingBytes += cost;
    const bytes = Buffer.from(line.bytes.subarray(0, line.at));
    if (known === undefined) this.#waiting.set(path, { bytes: [bytes], lines: 1 });
    else {
      known.bytes.push(bytes);
      known.lines += 1;
    }
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
    else if (this.#waiting.size === 1 && known === undefined)
      this.#wheel.arm(this.#timer, FLUSH_MS);
  }

  onTimeout(): void {
    this.flush();
    if (this.#paths !== undefined) return;
    this.#openFiles?.closeIdle();
    this.#rest();
  }

  /** Hands the lines to the system, unless earlier ones are still on their way. */
  flush(): void {
    if (this.#paths !== undefined || this.#waiting.size === 0) return;
    this.#wheel.disarm(this.#timer);
    this.#paths = this.#waiting.entries();
    this.#waiting = new Map();
    this.#waitingBytes = 0;
    this.#next();
  }

  /** Files that are kept open are opened anew when they are next written to. */
  reopen(): void {
    // One of them may be written to just now.
    if (this.#paths !== undefined) this.#mustReopen = true;
    else this.#openFiles?.closeAll();
  }

  /** Before the thread ends: what is gathered is written now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wheel.forget(this.#timer);
    for (const [path, { bytes, lines }] of this.#waiting) {
      try {
        const fd = openSync(fileName(path), 'a', MODE);
        writeSync(fd, Buffer.concat(bytes));
        closeSync(fd);
      } catch (error) {
        this.#observer.onDropped(lines, (error as Error).message);
      }
    }
    this.#waiting.clear();
    this.reopen();
  }

  #next(): void {
    if (this.#mustReopen) {
      this.#mustReopen = false;
      this.#openFiles?.closeAll();
    }
    const step = this.#paths?.next();
    if (step === undefined || step.done === true) {
      this.#paths = undefined;
      if (this.#isClosed) this.#openFiles?.closeAll();
      else if (this.#waitingBytes >= FLUSH_BYTES) this.flush();
      else this.#rest();
      return;
    }
    const [path, { bytes, lines }] = step.value;
    const all = Buffer.concat(bytes);
    const kept = this.#openFiles?.find(path);
    if (kept !== undefined) {
      this.#write(kept, all, lines, () => this.#next());
      return;
    }
    open(fileName(path), 'a', MODE, (error, fd) => {
      if (error !== null) {
        this.#observer.onDropped(lines, error.message);
        this.#next();
        return;
      }
      this.#write(fd, all, lines, () => {
        if (this.#openFiles?.keep(path, fd) !== true) close(fd, () => undefined);
        this.#next();
      });
    });
  }

  /** Until lines have to be written, or files closed that nobody writes to. */
  #rest(): void {
    if (this.#waiting.size > 0) this.#wheel.arm(this.#timer, FLUSH_MS);
    else if (this.#openFiles?.isEmpty === false) {
      this.#wheel.arm(this.#timer, this.#openFiles.inactiveMs);
    }
  }

  #write(fd: number, bytes: Buffer, lines: number, done: () => void): void {
    write(fd, bytes, (error, written) => {
      if (error !== null) this.#observer.onDropped(lines, error.message);
      else if (written < bytes.length) {
        this.#write(fd, bytes.subarray(written), lines, done);
        return;
      }
      done();
    });
  }
}

/** Bytes may be of no character. */
function fileName(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
