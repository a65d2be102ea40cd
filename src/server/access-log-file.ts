/**
 * Data path. One access-log file of one thread: lines are gathered as bytes and written in one piece,
 * in the background. A file that cannot be written, or a pipe nobody reads, costs lines, which are
 * counted, and never a request (reliability.md R15). Threads append to the same file with O_APPEND.
 *
 * Of two buffers one is filled while the other is on its way to the file and is left alone; then
 * they change places.
 */

import { closeSync, openSync, write, writeSync } from 'node:fs';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { LF } from '#src/bytes/ascii.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { LogFileConfig } from '#src/exchange/directives.ts';
import { retireSpan } from '#src/transport/read-buffer.ts';

/** Lines that wait for a write which does not end; more are dropped. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Room behind a full buffer: for the line that fills it, unless that is a long one. */
const LINE_ROOM_BYTES = 8 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);
/** rw-r--r--, as nginx creates its logs; the master has usually created and chowned the file. */
const MODE = 0o644;

export interface LogObserver {
  /** Lines were lost; `reason` is told once per trouble. */
  onDropped(lines: number, reason: string): void;
}

/** Takes lines as bytes, one after the other. */
export interface LineSink {
  /** Where to write a line, without its end; a line that was begun and not `endLine`d is dropped. */
  beginLine(): ByteWriter;
  /** The line is complete. */
  endLine(): void;
}

export class AccessLogFile implements LineSink, TimeoutOwner {
  readonly path: string;
  readonly #wheel: TimerWheel;
  readonly #bufferBytes: number;
  /** 0: lines wait until the buffer is full. */
  readonly #flushMs: number;
  /** 0 writes them as they are. */
  readonly #gzipLevel: number;
  /** Loaded only where it is used. */
  readonly #zlib: Pick<typeof import('node:zlib'), 'gzip' | 'gzipSync'> | undefined;
  readonly #maxWaitingBytes: number;
  readonly #observer: LogObserver;
  readonly #timer = new TimerEntry(this);
  readonly #oldFds: number[] = [];
  #fd: number;
  #isClosed = false;

  // What is being filled: whole lines up to `#linesEnd`, behind them perhaps a begun one.
  #filling: ByteWriter;
  #linesEnd = 0;
  #lineCount = 0;

  // What is on its way to the file; while something is, further lines wait.
  #isWriting = false;
  #writing: ByteWriter | undefined = undefined;
  /** What of it goes to the file: its bytes, or what they were compressed to. */
  #output: Buffer = NOTHING;
  #writingFd = -1;
  #writtenBytes = 0;
  #writingEnd = 0;
  #writingLines = 0;

  /** Throws when the file cannot be opened. */
  constructor(
    { bufferBytes, flushMs, gzipLevel, path }: LogFileConfig,
    wheel: TimerWheel,
    observer: LogObserver,
  ) {
    this.path = path;
    this.#bufferBytes = bufferBytes;
    this.#flushMs = flushMs;
    this.#gzipLevel = gzipLevel;
    this.#zlib = gzipLevel === 0 ? undefined : process.getBuiltinModule('node:zlib');
    this.#maxWaitingBytes = Math.max(MAX_WAITING_BYTES, bufferBytes);
    this.#wheel = wheel;
    this.#observer = observer;
    this.#fd = openSync(path, 'a', MODE);
    this.#filling = this.#newBuffer();
  }

  /** LineSink. */
  beginLine(): ByteWriter {
    this.#filling.at = this.#linesEnd;
    return this.#filling;
  }

  /** LineSink. */
  endLine(): void {
    const out = this.#filling;
    if (this.#isWriting && out.at > this.#maxWaitingBytes) {
      out.at = this.#linesEnd;
      this.#observer.onDropped(1, 'the file is written more slowly than requests come');
      return;
    }
    out.reserve(1);
    out.byte(LF);
    this.#linesEnd = out.at;
    if (this.#lineCount === 0) this.#armTimer();
    this.#lineCount += 1;
    if (out.at >= this.#bufferBytes) this.flush();
  }

  onTimeout(): void {
    this.flush();
  }

  /** Hands the gathered lines to the system, unless an earlier write is still going on. */
  flush(): void {
    if (this.#isWriting || this.#lineCount === 0) return;
    const full = this.#filling;
    this.#filling = this.#writing ?? this.#newBuffer();
    this.#writing = full;
    this.#writingFd = this.#fd;
    this.#writtenBytes = 0;
    this.#writingEnd = this.#linesEnd;
    this.#writingLines = this.#lineCount;
    this.#linesEnd = 0;
    this.#lineCount = 0;
    this.#wheel.disarm(this.#timer);
    this.#isWriting = true;
    if (this.#zlib === undefined) {
      this.#output = full.bytes;
      this.#write();
      return;
    }
    const lines = full.bytes.subarray(0, this.#writingEnd);
    this.#zlib.gzip(lines, { level: this.#gzipLevel }, this.#onCompressed);
  }

  #armTimer(): void {
    if (this.#flushMs > 0) this.#wheel.arm(this.#timer, this.#flushMs);
  }

  /** Before the thread ends: what is gathered is written now. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wheel.forget(this.#timer);
    let rest = this.#filling.bytes.subarray(0, this.#linesEnd);
    if (this.#zlib !== undefined && rest.length > 0) {
      rest = this.#zlib.gzipSync(rest, { level: this.#gzipLevel });
    }
    while (rest.length > 0) {
      const left = rest;
      const written = this.#tryNow(() => writeSync(this.#fd, left));
      if (written === undefined) break;
      rest = rest.subarray(written);
    }
    this.#linesEnd = 0;
    this.#lineCount = 0;
    this.#oldFds.push(this.#fd);
    this.#closeOldFds();
  }

  /** After USR1: further lines go to the file that now has the name. */
  reopen(): void {
    this.flush();
    const old = this.#fd;
    this.#tryNow(() => {
      this.#fd = openSync(this.path, 'a', MODE);
      this.#oldFds.push(old);
    });
    this.#closeOldFds();
  }

  #write(): void {
    const from = this.#writtenBytes;
    write(this.#writingFd, this.#output, from, this.#writingEnd - from, null, this.#onWritten);
  }

  readonly #onCompressed = (error: Error | null, compressed: Buffer): void => {
    if (error !== null) {
      this.#onWritten(error, 0);
      return;
    }
    this.#output = compressed;
    this.#writingEnd = compressed.length;
    this.#write();
  };

  readonly #onWritten = (error: Error | null, written: number): void => {
    const buffer = this.#writing as ByteWriter;
    if (error !== null) this.#observer.onDropped(this.#writingLines, error.message);
    else {
      this.#writtenBytes += written;
      if (this.#writtenBytes < this.#writingEnd) {
        this.#write();
        return;
      }
    }
    this.#isWriting = false;
    this.#output = NOTHING;
    retireSpan(buffer.bytes, 0, buffer.bytes.length);
    // It grew for what had to wait, or for one long line: that memory is given back.
    if (buffer.bytes.length > this.#usualBytes) this.#writing = undefined;
    this.#closeOldFds();
    if (this.#linesEnd >= this.#bufferBytes) this.flush();
    else if (this.#lineCount > 0) this.#armTimer();
  };

  get #usualBytes(): number {
    return this.#bufferBytes + LINE_ROOM_BYTES;
  }

  #newBuffer(): ByteWriter {
    return new ByteWriter(this.#usualBytes);
  }

  /** Unless a write in the background may still use them. */
  #closeOldFds(): void {
    if (this.#isWriting) return;
    for (const fd of this.#oldFds.splice(0)) this.#tryNow(() => closeSync(fd));
  }

  #tryNow<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#observer.onDropped(0, (error as Error).message);
      return undefined;
    }
  }
}
