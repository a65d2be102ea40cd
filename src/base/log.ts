import { fsyncSync, writeSync } from 'node:fs';

/** Severities of nginx's error log, quiet to loud; the index is the rank. */
export const LOG_LEVELS = [
  'emerg',
  'alert',
  'crit',
  'error',
  'warn',
  'notice',
  'info',
  'debug',
] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

const RANK: Readonly<Record<LogLevel, number>> = {
  emerg: 0,
  alert: 1,
  crit: 2,
  error: 3,
  warn: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

/** Writes whole lines to a descriptor that somebody else opened (with O_APPEND when it is a file). */
export interface LogSink {
  /** `line` ends in a newline. Never throws: a log that cannot be written is not worth a request. */
  write(line: string, level: LogLevel): void;
}

/** One of several logs. */
export interface LogOutput {
  readonly sink: LogSink;
  /** The loudest level that it takes. */
  readonly level: LogLevel;
}

/** Several logs as one, each with the levels it takes. */
export class LogFan implements LogSink {
  readonly #outputs: readonly LogOutput[];

  constructor(outputs: readonly LogOutput[]) {
    this.#outputs = outputs;
  }

  /** The loudest level that any of them takes. */
  get level(): LogLevel {
    const ranks = this.#outputs.map(({ level }) => RANK[level]);
    return LOG_LEVELS[Math.max(0, ...ranks)] ?? 'emerg';
  }

  write(line: string, level: LogLevel): void {
    for (const { level: limit, sink } of this.#outputs) {
      if (RANK[level] <= RANK[limit]) sink.write(line, level);
    }
  }
}

/**
 * The error log of one process or thread, in nginx's format:
 * `2026/11/21 00:00:00 [error] pid#thread: message`. Lines quieter than `level` are not made.
 */
export class ErrorLog {
  level: LogLevel;
  /** Prefix after the level: `pid#thread`. */
  #who: string;
  #sink: LogSink;

  constructor(sink: LogSink, level: LogLevel, pid: number, thread: number) {
    this.#sink = sink;
    this.level = level;
    this.#who = `${pid}#${thread}`;
  }

  /** Whether a line of this level would be written; ask before building an expensive message. */
  isOn(level: LogLevel): boolean {
    return RANK[level] <= RANK[this.level];
  }

  log(level: LogLevel, message: string): void {
    if (RANK[level] > RANK[this.level]) return;
    this.#sink.write(
      `${logTime(new Date())} [${level}] ${this.#who}: ${oneLine(message)}\n`,
      level,
    );
  }

  /** Of the same process and thread, written elsewhere. */
  elsewhere(sink: LogSink, level: LogLevel): ErrorLog {
    const log = new ErrorLog(sink, level, 0, 0);
    log.#who = this.#who;
    return log;
  }

  alert(message: string): void {
    this.log('alert', message);
  }

  error(message: string): void {
    this.log('error', message);
  }

  warn(message: string): void {
    this.log('warn', message);
  }

  notice(message: string): void {
    this.log('notice', message);
  }

  info(message: string): void {
    this.log('info', message);
  }

  debug(message: string): void {
    this.log('debug', message);
  }

  /** After USR1: the following lines go to the reopened file. */
  setSink(sink: LogSink): void {
    this.#sink = sink;
  }
}

/** Writes to a file descriptor; what fails is dropped and counted. */
export class DescriptorSink implements LogSink {
  readonly fd: number;
  /** Lines lost because the write failed (disk full, pipe closed or full). */
  droppedCount = 0;

  constructor(fd: number) {
    this.fd = fd;
  }

  write(line: string): void {
    try {
      writeSync(this.fd, line);
    } catch {
      this.droppedCount++;
    }
  }

  /** Waits until the lines are on the disk; pipes and terminals refuse, which is fine. */
  sync(): void {
    try {
      fsyncSync(this.fd);
    } catch {
      // A pipe or terminal has nothing to sync.
    }
  }
}

/** A log that nobody reads, for tests and benchmarks. */
export const NO_LOG: ErrorLog = new ErrorLog({ write() {} }, 'emerg', 0, 0);

/** nginx's time in the error log, local: `2026/11/21 00:00:00`. */
export function logTime(date: Date): string {
  const day = `${date.getFullYear()}/${pad(date.getMonth() + 1)}/${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function pad(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** A message may carry bytes of a peer: what is not printable becomes \xNN, as nginx does it. */
function oneLine(message: string): string {
  return message.replace(/[\x00-\x1f\x7f]/g, (char) => {
    const code = char.charCodeAt(0).toString(16).toUpperCase();
    return `\\x${code.padStart(2, '0')}`;
  });
}
