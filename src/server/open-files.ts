/** The log files that `open_log_file_cache` keeps open: those used last. */

import { close } from 'node:fs';
import type { Clock } from '#src/base/clock.ts';
import type { LogFileCache } from '#src/exchange/log-arguments.ts';

interface OpenFile {
  /** −1 while it has too few uses to be kept open. */
  fd: number;
  openedAtMs: number;
  usedAtMs: number;
  uses: number;
}

export class OpenFiles {
  readonly #cache: LogFileCache;
  readonly #clock: Clock;
  /** The one used last is the last. */
  readonly #files = new Map<string, OpenFile>();

  constructor(cache: LogFileCache, clock: Clock) {
    this.#cache = cache;
    this.#clock = clock;
  }

  get inactiveMs(): number {
    return this.#cache.inactiveMs;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** The descriptor of a file that is open and was looked at lately; it stays ours. */
  find(path: string): number | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const nowMs = this.#clock.refresh();
    if (file.fd >= 0 && nowMs - file.openedAtMs >= this.#cache.validMs) closeFile(file);
    if (file.fd < 0) return undefined;
    file.usedAtMs = nowMs;
    file.uses += 1;
    this.#toEnd(path, file);
    return file.fd;
  }

  /** After a use of a file that was opened for it: true when the descriptor is ours from now on. */
  keep(path: string, fd: number): boolean {
    const nowMs = this.#clock.refresh();
    const file = this.#files.get(path) ?? { fd: -1, openedAtMs: 0, usedAtMs: 0, uses: 0 };
    file.uses += 1;
    file.usedAtMs = nowMs;
    this.#toEnd(path, file);
    const oldest = this.#files.entries().next().value;
    if (this.#files.size > this.#cache.maxFiles && oldest !== undefined) this.#drop(...oldest);
    if (file.uses < this.#cache.minUses) return false;
    file.fd = fd;
    file.openedAtMs = nowMs;
    return true;
  }

  /** Closes what nobody has written to for long. */
  closeIdle(): void {
    const limitMs = this.#clock.refresh() - this.#cache.inactiveMs;
    for (const [path, file] of this.#files) if (file.usedAtMs <= limitMs) this.#drop(path, file);
  }

  closeAll(): void {
    for (const [path, file] of this.#files) this.#drop(path, file);
  }

  #toEnd(path: string, file: OpenFile): void {
    this.#files.delete(path);
    this.#files.set(path, file);
  }

  #drop(path: string, file: OpenFile): void {
    this.#files.delete(path);
    closeFile(file);
  }
}

function closeFile(file: OpenFile): void {
  if (file.fd >= 0) close(file.fd, () => undefined);
  file.fd = -1;
}
