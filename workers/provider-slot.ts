import { Worker } from 'node:worker_threads';
import type { Source } from '#src/upstream/discovery/source.ts';
import type { SourceKeeper } from '#src/upstream/discovery/source-keeper.ts';
import type { FunctionSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import { describeError } from './describe-error.ts';
import { entryPath } from './entry.ts';
import type { FromProviders, ProviderJob, ProviderThreadData } from './messages.ts';
import { Supervisor } from './supervisor.ts';

/** Plenty for lists of servers; a function that needs more ends its thread, nothing else. */
const MAX_HEAP_MB = 256;

const FUNCTION = 'the function';

/** What the slot needs of its generation. */
export interface ProviderHost {
  readonly data: Omit<ProviderThreadData, 'jobs'>;
  /** One line for the error log. */
  report(line: string): void;
  /** Its thread is gone: what it held in shared memory is to be freed. */
  onDeath(): void;
}

/** The thread of all `provider` functions; when it dies it is replaced, and the last lists stay. */
export class ProviderSlot {
  readonly #host: ProviderHost;
  readonly #jobs: ProviderJob[] = [];
  readonly #keepers: SourceKeeper[] = [];
  readonly #supervisor = new Supervisor(performance.now());
  #worker: Worker | undefined = undefined;
  #isRunning = false;
  #isClosed = false;
  #starting: NodeJS.Immediate | undefined = undefined;

  constructor(host: ProviderHost) {
    this.#host = host;
  }

  /** One function as a source. */
  source(config: FunctionSourceConfig, upstream: string, keeper: SourceKeeper): Source {
    this.#jobs.push({ job: this.#jobs.length, config, upstream });
    this.#keepers.push(keeper);
    return {
      // All together, when each has been asked to start.
      start: () => {
        this.#starting ??= setImmediate(() => this.#start());
      },
      close: () => this.close(),
    };
  }

  close(): void {
    this.#isClosed = true;
    clearImmediate(this.#starting);
    void this.#worker?.terminate();
  }

  #start(): void {
    if (this.#isClosed) return;
    this.#isRunning = false;
    const worker = new Worker(entryPath('provider-thread'), {
      workerData: { ...this.#host.data, jobs: this.#jobs } satisfies ProviderThreadData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
      name: 'weir-providers',
    });
    let reason = '';
    this.#worker = worker;
    worker.on('message', (message: FromProviders) => this.#receive(message));
    worker.on('error', (error: Error) => {
      reason = describeError(error);
    });
    worker.on('exit', (code) => this.#ended(reason === '' ? `exit code ${code}` : reason));
  }

  #receive(message: FromProviders): void {
    switch (message.type) {
      case 'running':
        this.#isRunning = true;
        return;
      case 'line':
        return this.#host.report(message.line);
      case 'fault':
        return this.#keepers[message.job]?.fail(FUNCTION, message.why);
      case 'list': {
        const { endpoints, faults, isConfirmed } = message.list;
        const keeper = this.#keepers[message.job];
        keeper?.recover(FUNCTION);
        keeper?.skip(faults);
        keeper?.take(endpoints, isConfirmed);
      }
    }
  }

  #ended(reason: string): void {
    this.#worker = undefined;
    if (this.#isClosed) return;
    this.#host.onDeath();
    const delayMs = this.#supervisor.onDeath(this.#isRunning, performance.now());
    for (const keeper of this.#keepers) keeper.fail(FUNCTION, `its thread died: ${reason}`);
    setTimeout(() => this.#start(), delayMs);
  }
}
