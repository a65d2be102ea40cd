import cluster, { type Worker } from 'node:cluster';
import { setPriority } from 'node:os';
import { cacheEnvironment } from './compile-cache.ts';
import { entryPath } from './entry.ts';
import type { Identity } from './identity.ts';
import { GENERATION_FLAGS } from './memory.ts';
import type { FromGeneration, LoadReport, StartOrder, ToGeneration } from './messages.ts';
import { forkWithRawSockets } from './raw-socket-right.ts';

/** A generation that is not ready after this time has failed. */
const START_PATIENCE_MS = 60_000;
/** Told to drain, it stops listening at once; the master does not wait longer than this. */
const QUIET_PATIENCE_MS = 5_000;
/** Told to stop at once, it gets so long. */
const STOP_PATIENCE_MS = 3_000;

/** What a generation's process reports to the master. */
export interface GenerationOwner {
  /** It runs with the master's priority; only root may raise one. */
  onPriorityRefused(priority: number, reason: string): void;
  /** It will not have the right to call from foreign addresses. */
  onRightRefused(why: string): void;
  /** It has been told what to serve. */
  onOrdered(generation: GenerationProcess): void;
  /** It serves. */
  onReady(generation: GenerationProcess): void;
  onMessage(generation: GenerationProcess, message: FromGeneration): void;
  /** The process is gone; `reason` says how, for the log. */
  onExit(generation: GenerationProcess, reason: string): void;
}

/** How to fork one. */
export interface ForkOptions {
  readonly order: StartOrder;
  /** The master's descriptors, in the order of the child's numbers from 4 on. */
  readonly stdio: readonly number[];
  readonly identity: Identity | undefined;
  /** As of nice(1); 0 leaves it as the master's is. */
  readonly priority: number;
  /** `proxy_bind … transparent`: it keeps the right to call from foreign addresses. */
  readonly needsRawSockets: boolean;
}

/** The master's end of one generation. */
export class GenerationProcess {
  readonly number: number;
  /** The addresses it listens on. */
  readonly keys: ReadonlySet<string>;
  readonly #worker: Worker;
  readonly #owner: GenerationOwner;
  readonly #order: StartOrder;
  state: 'starting' | 'serving' | 'draining' | 'ended' = 'starting';
  /** It holds no listening socket any more. */
  hasStoppedListening = false;
  /** Resolves when that is so, or when it takes too long to wait for. */
  readonly quiet: Promise<void>;
  #setQuiet: () => void = () => {};
  /** What it last reported; only draining ones do. */
  load: LoadReport | undefined;
  #failure: string | undefined;
  #patience: NodeJS.Timeout;

  constructor(options: ForkOptions, owner: GenerationOwner) {
    const { order, stdio, identity, needsRawSockets, priority } = options;
    this.number = order.generation;
    this.keys = new Set(order.sockets.map(({ key }) => key));
    this.#order = order;
    this.#owner = owner;
    cluster.setupPrimary({
      exec: entryPath('generation'),
      args: [],
      execArgv: [...GENERATION_FLAGS],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...stdio],
      ...(identity === undefined ? {} : { uid: identity.uid, gid: identity.gid }),
    });
    const fork = () => cluster.fork(cacheEnvironment(identity));
    this.#worker =
      needsRawSockets && identity !== undefined
        ? forkWithRawSockets(fork, (why) => owner.onRightRefused(why))
        : fork();
    if (priority !== 0 && this.pid !== 0) this.#setPriority(priority);
    this.#worker.on('message', (message: FromGeneration) => this.#receive(message));
    this.#worker.on('error', (error: Error) => {
      this.#failure ??= error.message;
      // Of what could not be forked (EAGAIN, ENOENT) no exit is told: this is its end.
      if (this.#worker.process.pid === undefined) this.#ended(null, null);
    });
    this.#worker.on('exit', (code, signal) => this.#ended(code, signal));
    this.#patience = setTimeout(() => this.#giveUp(), START_PATIENCE_MS);
    this.quiet = new Promise((resolve) => {
      this.#setQuiet = resolve;
    });
  }

  /** At once: what is started later in it inherits. */
  #setPriority(priority: number): void {
    try {
      setPriority(this.pid, priority);
    } catch (error) {
      this.#owner.onPriorityRefused(priority, (error as Error).message);
    }
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** False: how its process ended is all that is known. */
  get hasSaidWhy(): boolean {
    return this.#failure !== undefined;
  }

  get process(): Worker['process'] {
    return this.#worker.process;
  }

  tell(message: ToGeneration): void {
    if (!this.#worker.isConnected()) return;
    // An error says that it is going; its exit is what counts.
    this.#worker.process.send(message, undefined, undefined, () => {});
  }

  /** Accepts nothing more, finishes, ends. */
  drain(timeoutMs: number): void {
    if (this.state !== 'serving') return;
    this.state = 'draining';
    this.tell({ type: 'drain', timeoutMs });
    setTimeout(this.#setQuiet, QUIET_PATIENCE_MS).unref();
  }

  /** Ends now; SIGKILL when it does not. */
  stop(): void {
    if (this.state === 'ended') return;
    this.state = 'draining';
    this.tell({ type: 'stop' });
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.kill(), STOP_PATIENCE_MS);
  }

  kill(): void {
    if (this.state !== 'ended') this.#worker.process.kill('SIGKILL');
  }

  #receive(message: FromGeneration): void {
    switch (message.type) {
      case 'hello':
        // Told to stop before it could hear it: it has nothing to finish.
        if (this.state !== 'starting') return this.kill();
        this.tell(this.#order);
        return this.#owner.onOrdered(this);
      case 'ready':
        if (this.state !== 'starting') return; // on its way to an end; its patience runs on
        clearTimeout(this.#patience);
        this.state = 'serving';
        return this.#owner.onReady(this);
      case 'failed':
        this.#failure = message.reason;
        return;
      case 'load':
        this.load = message.load;
        break;
      case 'stopped-listening':
        this.#onQuiet();
        break;
      default:
        break;
    }
    this.#owner.onMessage(this, message);
  }

  #ended(code: number | null, signal: string | null): void {
    clearTimeout(this.#patience);
    this.#onQuiet();
    const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
    const when = this.state === 'starting' ? ' before all its threads served' : '';
    const reason = this.#failure ?? `process ${this.pid} ${how}${when}`;
    this.#owner.onExit(this, reason);
    this.state = 'ended';
  }

  #onQuiet(): void {
    this.hasStoppedListening = true;
    this.#setQuiet();
  }

  #giveUp(): void {
    this.#failure = `not ready after ${START_PATIENCE_MS / 1000} s`;
    this.kill();
  }
}
