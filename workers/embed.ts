/**
 * `import { createWeir } from 'weir/embed'`: a Weir that a Node program starts, reloads, asks and
 * ends. It runs in processes of its own, as one started by `bin/weir` does: what blocks the program
 * blocks no request, and what goes wrong there ends no program.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { resolve } from 'node:path';
import type { StatusReport } from '#src/shared/status-report.ts';
import type { EmbeddedPlace, FromEmbedded, ToEmbedded } from './embedded-messages.ts';
import { entryPath } from './entry.ts';

export type { StatusReport } from '#src/shared/status-report.ts';

/** What is to be served: one of `file` and `conf`. */
export interface WeirOptions {
  /** Path of an nginx.conf or weir.config.ts. */
  readonly file?: string;
  /** The directives themselves, as an nginx.conf has them. */
  readonly conf?: string;
  /** What relative paths are taken from: as `-p`. With `conf`, where the program is run. */
  readonly prefix?: string;
}

/** Weir does not start, or does not take a new configuration. One line per problem. */
export class WeirRefusedError extends Error {
  override readonly name = 'WeirRefusedError';
  /** Each with file, line and advice, as `weir -t` prints it. */
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/** A Weir that serves, until `stop`, or until `ended` resolves. */
export interface Weir {
  /** Of its master. */
  readonly pid: number;
  /** Resolves when its processes have ended, with how; also when nobody asked them to. */
  readonly ended: Promise<string>;
  /**
   * Reads the files again; or with `conf`, which only a Weir that was created of text takes, serves
   * that. Resolves when the new configuration serves. @throws WeirRefusedError, and nothing changed
   */
  reload(conf?: string): Promise<void>;
  /** What `status_json` tells. @throws Error while nothing serves */
  status(): Promise<StatusReport>;
  /** Finishes what is open, with `now` cuts it, and ends. */
  stop(how?: { readonly now?: boolean }): Promise<void>;
}

/** The master serves no traffic: as bin/weir has it. */
const FLAGS = ['--no-warnings', '--max-semi-space-size=1'];

/**
 * Starts a Weir; resolves when it accepts connections. What it logs goes to standard error unless
 * `error_log` says otherwise. `pid` and `daemon` are without effect. It ends with this program.
 * @throws WeirRefusedError when it cannot start; nothing is left running
 */
export async function createWeir(options: WeirOptions): Promise<Weir> {
  const place = placeOf(options);
  const child = fork(entryPath('embedded-master'), [], {
    execArgv: FLAGS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const weir = new EmbeddedWeir(child, place);
  await weir.start();
  return weir;
}

function placeOf({ conf, file, prefix }: WeirOptions): EmbeddedPlace {
  if ((conf === undefined) === (file === undefined)) {
    throw new TypeError('createWeir() takes one of "file" and "conf"');
  }
  const folder = prefix ?? (conf === undefined ? undefined : '.');
  return {
    file: file === undefined ? undefined : resolve(file),
    text: conf,
    prefix: folder === undefined ? undefined : resolve(folder),
  };
}

interface Waiting {
  resolve(message: FromEmbedded): void;
  reject(error: Error): void;
}

class EmbeddedWeir implements Weir {
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  /** In the order of the questions; by the kind of their answers. */
  readonly #waiting = {
    start: [] as Waiting[],
    reloaded: [] as Waiting[],
    status: [] as Waiting[],
  };
  #place: EmbeddedPlace;
  #how: string | undefined;
  /** One reload after the other. */
  #lastReload: Promise<unknown> = Promise.resolve();

  constructor(child: ChildProcess, place: EmbeddedPlace) {
    this.#child = child;
    this.#place = place;
    this.ended = new Promise((resolved) => {
      const end = (how: string) => {
        this.#how = how;
        for (const { reject } of Object.values(this.#waiting).flat()) reject(this.#gone());
        resolved(how);
      };
      child.on('error', (error) => end(error.message));
      child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
    child.on('message', (message: FromEmbedded) => this.#receive(message));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async start(): Promise<void> {
    const place = this.#place;
    const answer = await this.#ask({ type: 'start', place }, this.#waiting.start);
    if (answer.type !== 'refused') return;
    await this.ended;
    throw new WeirRefusedError(answer.lines);
  }

  reload(conf?: string): Promise<void> {
    const reloaded = this.#lastReload.then(() => this.#reload(conf));
    this.#lastReload = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(conf: string | undefined): Promise<void> {
    if (conf !== undefined && this.#place.text === undefined) {
      throw new TypeError('this Weir was created of a file: change that and call reload()');
    }
    const place = conf === undefined ? this.#place : { ...this.#place, text: conf };
    const answer = await this.#ask({ type: 'reload', place }, this.#waiting.reloaded);
    if (answer.type === 'reloaded' && answer.lines.length > 0) {
      throw new WeirRefusedError(answer.lines);
    }
    this.#place = place;
  }

  async status(): Promise<StatusReport> {
    const answer = await this.#ask({ type: 'status' }, this.#waiting.status);
    if (answer.type === 'status' && answer.status !== undefined) return answer.status;
    throw new Error('no generation of this Weir serves now');
  }

  async stop({ now = false } = {}): Promise<void> {
    if (this.#how !== undefined) return;
    this.#child.send({ type: now ? 'stop' : 'quit' } satisfies ToEmbedded, () => {});
    await this.ended;
  }

  #ask(question: ToEmbedded, waiting: Waiting[]): Promise<FromEmbedded> {
    if (this.#how !== undefined) return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      // A channel that is closed is an end that is about to be told.
      this.#child.send(question, () => {});
    });
  }

  #receive(message: FromEmbedded): void {
    const { reloaded, start, status } = this.#waiting;
    const waiting =
      message.type === 'reloaded' ? reloaded : message.type === 'status' ? status : start;
    waiting.shift()?.resolve(message);
  }

  #gone(): Error {
    return new Error(`this Weir has ended: ${this.#how}`);
  }
}
