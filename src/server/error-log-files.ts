/**
 * Where the lines of `error_log` go: files, standard error, syslog servers, memory; each opened once.
 */

import { closeSync, openSync } from 'node:fs';
import { DescriptorSink, LOG_LEVELS, LogFan, type LogLevel, type LogSink } from '#src/base/log.ts';
import { LogRing } from '#src/base/log-ring.ts';
import type {
  ErrorLogConfig,
  ErrorLogTarget,
  MemoryTarget,
} from '#src/exchange/error-log-argument.ts';
import type { SyslogTarget } from '#src/exchange/syslog-argument.ts';
import { SyslogSender } from './syslog-sender.ts';

/** As nginx creates its logs. */
const LOG_MODE = 0o644;
const STDERR = 2;
/** pipe(7): PIPE_BUF of Linux. */
const PIPE_BYTES = 4096;

/** Told when a file cannot be opened again; the old one is written to. */
export type OnReopenFailed = (path: string, error: unknown) => void;

export class ErrorLogFiles {
  readonly #files = new Map<string, FileSink>();
  readonly #rings = new Map<MemoryTarget, LogRing>();
  readonly #senders = new Map<SyslogTarget, SyslogSink>();

  /** Opens a file before anything is written to it. Throws what `openSync` throws. */
  open(path: string): void {
    this.#fileOf(path);
  }

  /** What takes the lines of some `error_log`s. Throws what `openSync` throws. */
  fanOf(configs: readonly ErrorLogConfig[]): LogFan {
    return new LogFan(configs.map(({ level, target }) => ({ level, sink: this.#sinkOf(target) })));
  }

  /**
   * After USR1: further lines go to the files that now have the names, and what memory holds is told
   * to standard error.
   */
  reopen(onFailed: OnReopenFailed): void {
    const stderr = new DescriptorSink(STDERR);
    for (const ring of this.#rings.values()) tell(ring.lines(), stderr);
    for (const [path, file] of this.#files) {
      try {
        file.reopen();
      } catch (error) {
        onFailed(path, error);
      }
    }
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    for (const sink of this.#senders.values()) sink.close();
    this.#files.clear();
    this.#senders.clear();
  }

  #sinkOf(target: ErrorLogTarget): LogSink {
    if (target === 'stderr') return new DescriptorSink(STDERR);
    if (typeof target === 'string') return this.#fileOf(target);
    if ('memoryBytes' in target) return this.#ringOf(target);
    const sink = this.#senders.get(target) ?? new SyslogSink(target);
    this.#senders.set(target, sink);
    return sink;
  }

  #ringOf(target: MemoryTarget): LogRing {
    const ring = this.#rings.get(target) ?? new LogRing(target.memoryBytes);
    this.#rings.set(target, ring);
    return ring;
  }

  #fileOf(path: string): FileSink {
    const file = this.#files.get(path) ?? new FileSink(path);
    this.#files.set(path, file);
    return file;
  }
}

/** Whole lines at a time, as many as a pipe takes without mixing them with those of others. */
function tell(lines: Buffer, sink: LogSink): void {
  let from = 0;
  while (from < lines.length) {
    const last = lines.lastIndexOf('\n', from + PIPE_BYTES - 1);
    const end = last < from ? lines.indexOf('\n', from) : last;
    sink.write(lines.toString('utf8', from, end + 1), 'error');
    from = end + 1;
  }
}

/** A file that is opened for appending, again when it was renamed. */
class FileSink implements LogSink {
  readonly #path: string;
  /** Undefined once it is closed: its number may be another file's then. */
  #sink: DescriptorSink | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#sink = new DescriptorSink(openSync(path, 'a', LOG_MODE));
  }

  write(line: string): void {
    this.#sink?.write(line);
  }

  reopen(): void {
    const old = this.#sink;
    this.#sink = new DescriptorSink(openSync(this.#path, 'a', LOG_MODE));
    if (old !== undefined) closeSync(old.fd);
  }

  close(): void {
    if (this.#sink !== undefined) closeSync(this.#sink.fd);
    this.#sink = undefined;
  }
}

/** As nginx: the whole line behind the head of RFC 3164, with the severity of the line. */
class SyslogSink implements LogSink {
  readonly #sender: SyslogSender;
  /** Messages that could not be sent: there is no other log to say so. */
  droppedCount = 0;

  constructor(target: SyslogTarget) {
    const onDropped = (lines: number): void => {
      this.droppedCount += lines;
    };
    this.#sender = new SyslogSender(target, { onDropped });
  }

  write(line: string, level: LogLevel): void {
    this.#sender.send(LOG_LEVELS.indexOf(level), line.trimEnd());
  }

  close(): void {
    this.#sender.close();
  }
}
