/** The access logs of one thread: each file once, however many locations write to it. */

import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { Location } from '#src/routing/model.ts';
import { AccessLog, AccessLogFile, type LogObserver } from './access-log-file.ts';

export class AccessLogs {
  readonly #files = new Map<string, AccessLogFile>();
  readonly #wheel: TimerWheel;
  readonly #observer: LogObserver;

  constructor(wheel: TimerWheel, observer: LogObserver) {
    this.#wheel = wheel;
    this.#observer = observer;
  }

  /** The targets of a location. Throws when a file cannot be opened. */
  of(location: Location): readonly AccessLogTarget[] {
    return location.log.accessLogs.map(({ bufferBytes, flushMs, format, path }) => {
      // As in nginx the first access_log of a path decides its buffer.
      const file =
        this.#files.get(path) ??
        new AccessLogFile(path, bufferBytes, flushMs, this.#wheel, this.#observer);
      this.#files.set(path, file);
      return new AccessLog(file, format);
    });
  }

  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
