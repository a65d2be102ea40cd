/** The access logs of one thread: each file and server once, however many locations write to it. */

import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { AccessLogTarget, LineFormat } from '#src/exchange/access-record.ts';
import type { AccessLogConfig, LogFileConfig, LogSettings } from '#src/exchange/directives.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { LogFileCache } from '#src/exchange/log-arguments.ts';
import type { SyslogTarget } from '#src/exchange/syslog-argument.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { AccessLogFile, type LineSink, type LogObserver } from './access-log-file.ts';
import { PathLogFiles } from './path-log-files.ts';
import { SyslogSender } from './syslog-sender.ts';

export class AccessLogs {
  readonly #files = new Map<LogFileConfig, AccessLogFile>();
  readonly #pathFiles = new Map<LogFileCache | undefined, PathLogFiles>();
  readonly #senders = new Map<SyslogTarget, SyslogSender>();
  readonly #targets = new Map<LogSettings, readonly AccessLogTarget[]>();
  readonly #wheel: TimerWheel;
  readonly #observer: LogObserver;

  constructor(wheel: TimerWheel, observer: LogObserver) {
    this.#wheel = wheel;
    this.#observer = observer;
  }

  /** Opens a file before anything is written to it. Throws when that cannot be done. */
  open(config: LogFileConfig): void {
    this.#fileOf(config);
  }

  /** The targets of a location. Throws when a file cannot be opened. */
  of(settings: LogSettings): readonly AccessLogTarget[] {
    const known = this.#targets.get(settings);
    if (known !== undefined) return known;
    const targets = settings.accessLogs.map((config) => this.#targetOf(config));
    this.#targets.set(settings, targets);
    return targets;
  }

  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
    for (const files of this.#pathFiles.values()) files.reopen();
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    for (const files of this.#pathFiles.values()) files.close();
    for (const sender of this.#senders.values()) sender.close();
  }

  #targetOf({ condition, format, output }: AccessLogConfig): AccessLogTarget {
    const target =
      output.kind === 'paths'
        ? new PathLog(this.#pathFilesOf(output.cache), output.path, format)
        : new AccessLog(
            output.kind === 'file' ? this.#fileOf(output.file) : this.#senderOf(output.target),
            format,
          );
    return condition === undefined ? target : new ConditionalLog(condition, target);
  }

  #fileOf(config: LogFileConfig): AccessLogFile {
    const known = this.#files.get(config);
    if (known !== undefined) return known;
    const file = new AccessLogFile(config, this.#wheel, this.#observer);
    this.#files.set(config, file);
    return file;
  }

  #pathFilesOf(cache: LogFileCache | undefined): PathLogFiles {
    const known = this.#pathFiles.get(cache);
    if (known !== undefined) return known;
    const files = new PathLogFiles(cache, this.#wheel, this.#observer);
    this.#pathFiles.set(cache, files);
    return files;
  }

  #senderOf(target: SyslogTarget): SyslogSender {
    const known = this.#senders.get(target);
    if (known !== undefined) return known;
    const sender = new SyslogSender(target, this.#observer);
    this.#senders.set(target, sender);
    return sender;
  }
}

/** A format and where its lines go. */
export class AccessLog implements AccessLogTarget {
  readonly #sink: LineSink;
  readonly #format: LineFormat<Exchange>;

  constructor(sink: LineSink, format: LineFormat<Exchange>) {
    this.#sink = sink;
    this.#format = format;
  }

  write(exchange: Exchange): void {
    this.#format.write(exchange, this.#sink.beginLine());
    this.#sink.endLine();
  }
}

/** The path is another one for every request. */
class PathLog implements AccessLogTarget {
  readonly #files: PathLogFiles;
  readonly #path: ComplexValue<Exchange>;
  readonly #format: LineFormat<Exchange>;

  constructor(files: PathLogFiles, path: ComplexValue<Exchange>, format: LineFormat<Exchange>) {
    this.#files = files;
    this.#path = path;
    this.#format = format;
  }

  write(exchange: Exchange): void {
    this.#format.write(exchange, this.#files.beginLine(this.#path.evaluate(exchange)));
    this.#files.endLine();
  }
}

/** `if=`. */
class ConditionalLog implements AccessLogTarget {
  readonly #condition: ComplexValue<Exchange>;
  readonly #target: AccessLogTarget;

  constructor(condition: ComplexValue<Exchange>, target: AccessLogTarget) {
    this.#condition = condition;
    this.#target = target;
  }

  write(exchange: Exchange): void {
    const value = this.#condition.evaluate(exchange);
    if (value !== '' && value !== '0') this.#target.write(exchange);
  }
}
