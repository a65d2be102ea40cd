import { glob, open, stat } from 'node:fs/promises';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import type { FileSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import { type ReadList, readListText } from './server-list.ts';
import { QUIET_MS } from './settling.ts';
import type { Source, SourceSurroundings } from './source.ts';
import type { SourceKeeper } from './source-keeper.ts';

/** Files of one pattern; more are left out. */
export const MAX_FILES = 1_000;
/** A longer file is not read. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

const ANY_FILE = 'a file';

/** What is known of one file. */
interface Known {
  /** Of the content that `list` was read from; '' before the first. */
  readonly taken: string;
  /** Of what was seen last. */
  readonly seen: string;
  readonly list: ReadList | undefined;
}

const NOTHING: Known = { taken: '', seen: '', list: undefined };

/**
 * Servers from files. They are looked at by time, not watched: that works on every file system, and
 * also where a file is replaced by renaming. What has changed is read when it has not changed again
 * for a moment, so that nobody reads half of it. A file that cannot be read counts as it was.
 */
export class FileSource implements Source, TimeoutOwner {
  readonly #config: FileSourceConfig;
  readonly #surroundings: SourceSurroundings;
  readonly #keeper: SourceKeeper;
  readonly #timer = new TimerEntry(this);
  #known = new Map<string, Known>();
  #isFirst = true;
  #isClosed = false;

  constructor(config: FileSourceConfig, surroundings: SourceSurroundings, keeper: SourceKeeper) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#keeper = keeper;
  }

  start(): void {
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#surroundings.wheel.forget(this.#timer);
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    void this.#look();
  }

  async #look(): Promise<void> {
    const paths = await this.#paths();
    const known = new Map<string, Known>();
    let isRestless = false;
    for (const path of paths.slice(0, MAX_FILES)) {
      const now = await this.#lookAt(path, this.#known.get(path));
      if (now === undefined) continue;
      known.set(path, now);
      if (now.seen !== now.taken) isRestless = true;
    }
    if (this.#isClosed) return;
    this.#isFirst = false;
    for (const path of this.#known.keys()) if (!known.has(path)) this.#keeper.forget(path);
    // When all are gone at once, it is more likely that the folder is not there for a moment.
    if (known.size > 0) this.#known = known;
    this.#publish(paths.length, known.size > 0);
    const { random: _, wheel } = this.#surroundings;
    wheel.clock.refresh();
    wheel.arm(this.#timer, isRestless ? QUIET_MS : this.#config.intervalMs);
  }

  async #paths(): Promise<string[]> {
    const paths: string[] = [];
    try {
      for await (const path of glob(this.#config.pattern)) paths.push(path);
    } catch (error) {
      this.#keeper.fail(ANY_FILE, messageOf(error));
    }
    return paths.sort();
  }

  /** Undefined: it is not there, and never was. */
  async #lookAt(path: string, before: Known | undefined): Promise<Known | undefined> {
    try {
      const seen = await signatureOf(path);
      if (before !== undefined && seen === before.taken) return { ...before, seen };
      // At the start nothing is served before something is known.
      if (!this.#isFirst && seen !== before?.seen) {
        return { ...(before ?? NOTHING), seen };
      }
      const text = await readWhole(path);
      if ((await signatureOf(path)) !== seen) return before ?? NOTHING;
      return this.#read(path, text, seen, before);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined; // gone since it was found
      this.#keeper.fail(path, messageOf(error));
      return before ?? NOTHING;
    }
  }

  #read(path: string, text: string, seen: string, before: Known | undefined): Known {
    try {
      const list = readListText(text, this.#config.place);
      this.#keeper.recover(path);
      return { taken: seen, seen, list };
    } catch (error) {
      this.#keeper.fail(path, `${path} is no list: ${messageOf(error)}`);
      return { taken: seen, seen, list: before?.list };
    }
  }

  #publish(foundCount: number, isAny: boolean): void {
    if (!isAny) return this.#keeper.fail(ANY_FILE, `no file matches "${this.#config.pattern}"`);
    this.#keeper.recover(ANY_FILE);
    const lists = [...this.#known.values()].flatMap(({ list }) =>
      list === undefined ? [] : [list],
    );
    const faults = lists.flatMap((list) => list.faults);
    if (foundCount > MAX_FILES) faults.push(`all behind the first ${MAX_FILES} files`);
    this.#keeper.skip(faults);
    if (lists.length === 0) return; // what is wrong with them has been said
    const endpoints = new Map(
      lists.flatMap((list) => list.endpoints.map((one) => [one.name, one])),
    );
    this.#keeper.take(
      [...endpoints.values()],
      lists.every((list) => list.isConfirmed),
    );
  }
}

async function signatureOf(path: string): Promise<string> {
  const { ino, mtimeNs, size } = await stat(path, { bigint: true });
  return `${ino} ${mtimeNs} ${size}`;
}

async function readWhole(path: string): Promise<string> {
  const file = await open(path);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error(`"${path}" is not a file`);
    if (facts.size > MAX_FILE_BYTES) throw new Error(`"${path}" is longer than ${MAX_FILE_BYTES}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
