/**
 * Data path. One access-log file of one thread: lines are gathered and written in one piece, in the
 * background. A file that cannot be written, or a pipe nobody reads, costs lines, which are counted,
 * and never a request (reliability.md R15). Threads append to the same file with O_APPEND.
 */

import { closeSync, openSync, write, writeSync } from 'node:fs';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';

/** Lines that wait for a write which does not end; more are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** rw-r--r--, as nginx creates its logs; the master has usually created and chowned the file. */
const MODE = 0o644;

export interface LogObserver {
  /** Lines were lost; `reason` is told once per trouble. */
  onDropped(lines: number, reason: string): void;
}

export class AccessLogFile implements TimeoutOwner {
  readonly path: string;
  readonly #wheel: TimerWheel;
  readonly #bufferBytes: number;
  readonly #flushMs: number;
  readonly #observer: LogObserver;
  readonly #timer = new TimerEntry(this);
  #fd: number;
  #lines = '';
  #lineCount = 0;
  /** Lines on their way to the file; while there are some, further ones wait. */
  #isWriting = false;
  #isClosed = false;

  /** Throws when the file cannot be opened. */
  constructor(
    path: string,
    bufferBytes: number,
    flushMs: number,
    wheel: TimerWheel,
    observer: LogObserver,
  ) {
    this.path = path;
    this.#bufferBytes = bufferBytes;
    this.#flushMs = flushMs;
    this.#wheel = wheel;
    this.#observer = observer;
    this.#fd = openSync(path, 'a', MODE);
  }

  /** Adds a line, given without its end. */
  append(line: string): void {
    if (this.#lines.length + line.length > MAX_WAITING_BYTES) {
      this.#observer.onDropped(1, 'the file is written more slowly than requests come');
      return;
    }
    if (this.#lineCount === 0) this.#wheel.arm(this.#timer, this.#flushMs);
    this.#lines += `${line}\n`;
    this.#lineCount += 1;
    if (this.#lines.length >= this.#bufferBytes) this.flush();
  }

  onTimeout(): void {
    this.flush();
  }

  /** Hands the gathered lines to the system, unless an earlier write is still going on. */
  flush(): void {
    if (this.#isWriting || this.#lineCount === 0) return;
    const lineCount = this.#lineCount;
    const bytes = Buffer.from(this.#lines, 'latin1');
    this.#lines = '';
    this.#lineCount = 0;
    this.#wheel.disarm(this.#timer);
    this.#isWriting = true;
    this.#write(bytes, 0, lineCount);
  }

  /** Before the thread ends: what is gathered is written now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wheel.forget(this.#timer);
    if (this.#lineCount > 0) this.#tryNow(() => writeSync(this.#fd, this.#lines, null, 'latin1'));
    this.#lines = '';
    this.#lineCount = 0;
    this.#tryNow(() => closeSync(this.#fd));
  }

  /** After USR1: further lines go to the file that now has the name. */
  reopen(): void {
    this.flush();
    const old = this.#fd;
    this.#tryNow(() => {
      this.#fd = openSync(this.path, 'a', MODE);
      // A write in the background may still use the old descriptor.
      if (this.#isWriting) this.#oldFds.push(old);
      else closeSync(old);
    });
  }

  readonly #oldFds: number[] = [];

  #write(bytes: Buffer, offset: number, lineCount: number): void {
    write(this.#fd, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (error !== null) this.#observer.onDropped(lineCount, error.message);
      else if (offset + written < bytes.length) {
        this.#write(bytes, offset + written, lineCount);
        return;
      }
      this.#isWriting = false;
      for (const fd of this.#oldFds.splice(0)) this.#tryNow(() => closeSync(fd));
      if (this.#lines.length >= this.#bufferBytes) this.flush();
      else if (this.#lineCount > 0) this.#wheel.arm(this.#timer, this.#flushMs);
    });
  }

  #tryNow(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#observer.onDropped(0, (error as Error).message);
    }
  }
}

/** A format and the file its lines go to. */
export class AccessLog implements AccessLogTarget {
  readonly #file: AccessLogFile;
  readonly #format: ComplexValue<Exchange>;

  constructor(file: AccessLogFile, format: ComplexValue<Exchange>) {
    this.#file = file;
    this.#format = format;
  }

  write(exchange: Exchange): void {
    this.#file.append(this.#format.evaluate(exchange));
  }
}
