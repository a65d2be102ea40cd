import { Worker } from 'node:worker_threads';
import type { ThreadFacts } from '#src/shared/facts.ts';
import { describeError } from './describe-error.ts';
import { entryPath } from './entry.ts';
import { threadLimits } from './memory.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { Supervisor } from './supervisor.ts';

/** What a slot asks of its generation. */
export interface SlotOwner {
  /** The thread's server is built: tell it where to listen. */
  onBuilt(slot: ThreadSlot): void;
  onMessage(slot: ThreadSlot, message: FromThread): void;
  /** The thread is gone and its memory must be cleaned; a new one comes after `delayMs`. */
  onDeath(slot: ThreadSlot, reason: string, delayMs: number): void;
  /** The state that facts show has changed. */
  onState(): void;
}

/**
 * One place for a proxy thread, and the thread that has it now. A thread that ends in whatever way
 * is replaced, until `retire` says that an end is wanted.
 */
export class ThreadSlot {
  readonly thread: number;
  readonly #data: ThreadData;
  readonly #owner: SlotOwner;
  readonly #supervisor = new Supervisor(performance.now());
  #worker: Worker | undefined;
  #state: ThreadFacts['state'] = 'starting';
  #startedAtMs = 0;
  #deathCount = 0;
  #isRetiring = false;
  #lastError: string | undefined;
  /** Sockets it has been told to listen on and has not confirmed. */
  pendingCount = 0;
  /** Its server is built, and it hears what it is told. */
  isBuilt = false;
  /** It is at its connection cap and listens on nothing. */
  isFull = false;

  constructor(data: ThreadData, owner: SlotOwner) {
    this.thread = data.thread;
    this.#data = data;
    this.#owner = owner;
  }

  get state(): ThreadFacts['state'] {
    return this.#state;
  }

  get facts(): ThreadFacts {
    return {
      thread: this.thread,
      state: this.#state,
      startedAtMs: this.#startedAtMs,
      deathCount: this.#deathCount,
    };
  }

  start(): void {
    this.#state = 'starting';
    this.#startedAtMs = Date.now();
    this.#lastError = undefined;
    this.pendingCount = 0;
    this.isFull = false;
    this.isBuilt = false;
    const worker = new Worker(entryPath('proxy-thread'), {
      workerData: this.#data,
      resourceLimits: threadLimits(this.#data),
      name: `weir-${this.thread}`,
    });
    this.#worker = worker;
    worker.on('message', (message: FromThread) => this.#receive(worker, message));
    worker.on('error', (error: Error) => {
      this.#lastError = describeError(error);
    });
    worker.on('exit', (code) => this.#ended(worker, code));
  }

  tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** Every socket it was told of is confirmed: it serves. */
  setReady(): void {
    this.#state = 'ready';
    this.#owner.onState();
  }

  /** From now on an end is an end. */
  retire(): void {
    this.#isRetiring = true;
    if (this.#worker === undefined) this.#state = 'ended';
    else if (this.#state !== 'ended') this.#state = 'draining';
  }

  /** Kills the thread wherever it is, even in an endless loop. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate();
  }

  #receive(worker: Worker, message: FromThread): void {
    if (worker !== this.#worker) return;
    if (message.type === 'built') {
      this.isBuilt = true;
      this.#owner.onBuilt(this);
    } else this.#owner.onMessage(this, message);
  }

  #ended(worker: Worker, code: number): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.isBuilt = false;
    const wasReady = this.#state === 'ready';
    this.#state = 'ended';
    const delayMs = this.#isRetiring ? 0 : this.#supervisor.onDeath(wasReady, performance.now());
    if (!this.#isRetiring) this.#deathCount++;
    this.#owner.onDeath(this, this.#lastError ?? `exit code ${code}`, delayMs);
    this.#owner.onState();
    if (this.#isRetiring) return;
    if (delayMs === 0) this.start();
    else setTimeout(() => this.#isRetiring || this.start(), delayMs);
  }
}
