import { closeSync } from 'node:fs';
import { ErrorLog } from '#src/base/log.ts';
import { VERSION } from '#src/base/version.ts';
import { ErrorLogFiles } from '#src/server/error-log-files.ts';
import type { Facts, MasterFacts } from '#src/shared/facts.ts';
import { PHASE_DRAINED, PHASE_DRAINING, PHASE_SERVING } from '#src/shared/generation-board.ts';
import type { SharedState } from '#src/shared/shared-state.ts';
import { keepCompiled } from './compile-cache.ts';
import { EndpointCare } from './endpoint-care.ts';
import type { GenerationFeatures } from './generation-features.ts';
import { GenerationMemory } from './generation-memory.ts';
import { Listening } from './listening.ts';
import { LocationApi } from './location-api.ts';
import { openErrorLogs, reopenErrorLogs } from './log-files.ts';
import { keepHeapsSmall } from './memory.ts';
import type { FromGeneration, FromThread, StartOrder, ToGeneration } from './messages.ts';
import { takeDescriptor } from './taken-descriptor.ts';
import { type SlotOwner, ThreadSlot } from './thread-slot.ts';

/** While it drains, a generation reports its load so often. */
const REPORT_INTERVAL_MS = 50;
/** How long threads may take to flush their logs before the process ends all the same. */
const CLOSE_PATIENCE_MS = 1_000;

type ApiOrder = Extract<ToGeneration, { type: 'api-request' }>;

/** A generation at work, from the order to start until the process ends. */
export class GenerationRun implements SlotOwner {
  readonly log: ErrorLog;
  readonly #order: StartOrder;
  readonly #tellMaster: (message: FromGeneration) => boolean;
  readonly #memory: GenerationMemory;
  readonly #state: SharedState;
  readonly #slots: readonly ThreadSlot[];
  readonly #listening: Listening;
  readonly #care: EndpointCare;
  readonly #loadedAtMs = Date.now();
  readonly #errorLogFiles = new ErrorLogFiles();
  readonly #locationApi = new LocationApi({
    toMaster: (id, question) => this.#tellMaster({ type: 'api-ask', id, question }),
    answerHere: async (question) => (await this.#care.steering.answer(question)).answer,
  });
  #masterFacts: MasterFacts;
  #phase: 'starting' | 'serving' | 'draining' | 'ending' = 'starting';
  #stillListening = new Set<ThreadSlot>();
  #stillOpen = new Set<ThreadSlot>();
  /** All threads were told to listen, when the last of them was built. */
  #isListening = false;
  /** It holds no descriptor of a listening socket any more. */
  #isClosed = false;

  constructor(
    order: StartOrder,
    features: GenerationFeatures,
    tellMaster: (message: FromGeneration) => boolean,
  ) {
    const { errorLogs, facts, generation, sockets } = order;
    this.#order = { ...order, packedModel: '' }; // the threads' copy is enough
    this.#tellMaster = tellMaster;
    this.#masterFacts = facts;
    process.title = `weir: generation ${generation} (master ${facts.masterPid})`;
    const fan = openErrorLogs(this.#errorLogFiles, errorLogs);
    this.log = new ErrorLog(fan, fan.level, process.pid, 0);
    this.#memory = new GenerationMemory(order);
    this.#state = this.#memory.state;
    this.#listening = new Listening(sockets, {
      requestDescriptor: (socket) => tellMaster({ type: 'need-descriptor', socket }),
      onExhausted: (key) => this.#onExhausted(key),
    });
    this.#slots = this.#memory.threads.map((data) => new ThreadSlot(data, this));
    this.#care = new EndpointCare(this.#order, {
      log: this.log,
      state: this.#state,
      features,
      providers: this.#memory.providers((line) => this.log.error(line)),
      publish: (list) => {
        for (const slot of this.#slots) if (slot.isBuilt) slot.tell({ type: 'roster', list });
      },
      isQuiet: () => this.#phase === 'draining' || this.#phase === 'ending',
      facts: () => this.#facts(),
    });
    for (const slot of this.#slots) slot.start();
    features.watchdog?.watchThreads({
      rows: this.#state.rows,
      threadCount: order.threadCount,
      functions: order.outline.functions,
      isServing: (thread) => this.#slots[thread]?.state === 'ready',
      report: (line) => this.log.error(line),
    });
  }

  receive(message: Exclude<ToGeneration, StartOrder>, handle: unknown): void {
    switch (message.type) {
      case 'drain':
        return this.drain(message.timeoutMs);
      case 'stop':
        return this.stop();
      case 'reopen-logs':
        return this.reopenLogs();
      case 'descriptor':
        return this.#onDescriptor(message.socket, takeDescriptor(handle));
      case 'no-descriptor':
        return this.#listening.refuse(message.socket);
      case 'snapshot':
        return this.#care.restore(message.snapshot);
      case 'snapshot-request':
        this.#tellMaster({ type: 'snapshot', snapshot: this.#care.take() });
        return;
      case 'status-request':
        this.#tellMaster({ type: 'status', status: this.#care.status });
        return;
      case 'foreign':
        return this.#care.addForeign(message.load);
      case 'event':
        return this.#care.send(message.event);
      case 'api-request':
        void this.#answerApi(message);
        return;
      case 'api-told':
        return this.#locationApi.onAnswer(message.id, message.answer);
      case 'facts':
        this.#masterFacts = message.facts;
        return this.onState();
    }
  }

  async #answerApi({ id, request }: ApiOrder): Promise<void> {
    const answer = await this.#care.steering.answer(request);
    this.#tellMaster({ type: 'api-answer', id, ...answer });
  }

  onMasterGone(): void {
    this.#locationApi.onMasterGone();
    if (this.#phase === 'draining' || this.#phase === 'ending') return;
    // Not serving yet: the generation before this one serves on, and two would share its sockets.
    if (this.#phase === 'starting') process.exit(1);
    this.log.alert(
      `the master process ${this.#masterFacts.masterPid} is gone: this generation serves on, but ` +
        `nothing can be reloaded; "kill -QUIT ${process.pid}" drains it, then start weir again`,
    );
    this.onState();
  }

  explainNoReload(): void {
    this.log.error(`cannot reload without the master; "kill -QUIT ${process.pid}" and start again`);
  }

  /** Accepts nothing more, finishes what is open, ends; after `timeoutMs` (0: never) cuts it. */
  drain(timeoutMs = this.#order.outline.shutdownTimeoutMs): void {
    if (this.#phase === 'draining' || this.#phase === 'ending') return;
    this.#phase = 'draining';
    this.#state.board.phase = PHASE_DRAINING;
    const alive = this.#slots.filter((slot) => slot.state !== 'ended');
    this.#stillListening = new Set(alive);
    this.#stillOpen = new Set(alive);
    this.#care.stopChecks();
    for (const slot of this.#slots) slot.retire();
    for (const slot of alive) slot.tell({ type: 'drain' });
    this.#reportLoad();
    setInterval(() => this.#reportLoad(), REPORT_INTERVAL_MS);
    if (timeoutMs > 0) setTimeout(() => this.#cut(timeoutMs), timeoutMs);
    this.onState();
    this.#checkListening();
    this.#checkOpen();
  }

  /** Closes everything and ends. */
  stop(): void {
    if (this.#phase === 'ending') return;
    this.#phase = 'ending';
    const alive = this.#slots.filter((slot) => slot.state !== 'ended');
    this.#stillOpen = new Set(alive);
    for (const slot of this.#slots) slot.retire();
    for (const slot of alive) slot.tell({ type: 'close' });
    setTimeout(() => this.#exit(), CLOSE_PATIENCE_MS);
    this.#checkOpen();
  }

  reopenLogs(): void {
    reopenErrorLogs(this.log, this.#errorLogFiles);
    for (const slot of this.#slots) slot.tell({ type: 'reopen-logs' });
  }

  /** For tests; see crash.ts. */
  crash(how: string, thread: number): void {
    const slot = this.#slots[thread];
    if (how === 'terminate') void slot?.terminate();
    else slot?.tell({ type: 'crash', how });
  }

  onBuilt(slot: ThreadSlot): void {
    const { rosters } = this.#care;
    for (const list of rosters.onThreadBuilt(slot.thread)) slot.tell({ type: 'roster', list });
    slot.tell({ type: 'facts', facts: this.#facts() });
    this.#care.whenSettled(() => this.#listenWhenBuilt(slot));
  }

  /**
   * Where another generation serves, a new one begins as a whole: clients that one thread had taken
   * would be lost if another could not be built. Where none serves, each thread does as soon as it can.
   */
  #listenWhenBuilt(slot: ThreadSlot): void {
    if (this.#order.isAlone || this.#phase !== 'starting') this.#listen(slot);
    else if (this.#slots.every(({ isBuilt }) => isBuilt)) this.#listenAtOnce();
  }

  #listenAtOnce(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    for (const slot of this.#slots) this.#listen(slot);
  }

  #listen(slot: ThreadSlot): void {
    if (slot.state !== 'starting' || !slot.isBuilt) return; // it has died meanwhile
    this.#listening.open(slot);
    if (slot.pendingCount === 0 && this.#order.sockets.length === 0) this.#onReady(slot);
  }

  onMessage(slot: ThreadSlot, message: FromThread): void {
    switch (message.type) {
      case 'taken-over':
        return this.#care.rosters.acknowledge(slot.thread, message.upstream, message.version);
      case 'listening':
        slot.pendingCount--;
        if (slot.pendingCount === 0 && slot.state === 'starting') this.#onReady(slot);
        return;
      case 'listen-failed':
        return this.#onListenFailed(slot, message.key, message.reason);
      case 'pressure':
        return this.#onPressure(slot, message.state === 'full');
      case 'api-ask':
        return this.#locationApi.ask(slot.thread, message.question, (answer) => {
          slot.tell({ type: 'api-told', id: message.id, answer });
        });
      case 'accepts-behind':
        // Draining, its queues are another's, and their descriptors are about to be given up.
        if (this.#phase === 'serving') this.#listening.widen(slot, message.key);
        return;
      case 'stopped-listening':
        this.#stillListening.delete(slot);
        return this.#checkListening();
      case 'drained':
        this.#state.board.setDrained(slot.thread);
        return slot.tell({ type: 'close' });
      case 'closed':
        this.#stillOpen.delete(slot);
        return this.#checkOpen();
      case 'built':
        return;
    }
  }

  onDeath(slot: ThreadSlot, reason: string, delayMs: number): void {
    this.#listening.leave(slot);
    this.#memory.clearThread(slot.thread);
    this.#care.rosters.onThreadGone(slot.thread);
    this.#locationApi.onThreadGone(slot.thread);
    if (this.#phase === 'draining' || this.#phase === 'ending') {
      this.#stillListening.delete(slot);
      this.#stillOpen.delete(slot);
      this.#checkListening();
      return this.#checkOpen();
    }
    const then = delayMs === 0 ? 'at once' : `in ${delayMs} ms`;
    this.log.alert(`thread ${slot.thread + 1} died and is replaced ${then}: ${reason}`);
    if (this.#phase === 'starting') this.#fail(`thread ${slot.thread + 1} died: ${reason}`);
    else if (delayMs > 0) this.#listening.lend(this.#slots);
  }

  onState(): void {
    const facts = this.#facts();
    for (const slot of this.#slots) slot.tell({ type: 'facts', facts });
  }

  #onReady(slot: ThreadSlot): void {
    this.#state.board.setReady(slot.thread);
    slot.setReady();
    if (this.#slots.every(({ state }) => state === 'ready')) keepHeapsSmall();
    if (this.#phase !== 'starting') {
      this.log.notice(`thread ${slot.thread + 1} serves`);
      return;
    }
    if (this.#slots.some(({ state }) => state !== 'ready')) return;
    this.#phase = 'serving';
    this.#state.board.phase = PHASE_SERVING;
    this.#tellMaster({ type: 'ready' });
    keepCompiled();
  }

  /** A thread at its cap listens on nothing; others take its queue, and it comes back with room. */
  #onPressure(slot: ThreadSlot, isFull: boolean): void {
    slot.isFull = isFull;
    if (this.#phase === 'draining' || this.#phase === 'ending') return;
    if (isFull) {
      this.#listening.leave(slot);
      this.log.warn(
        `thread ${slot.thread + 1} has ${this.#order.connectionCap} connections and accepts no more`,
      );
    } else {
      this.#listening.open(slot);
      this.log.info(`thread ${slot.thread + 1} has room again`);
    }
    this.#listening.lend(this.#slots);
  }

  #onListenFailed(slot: ThreadSlot, key: string, reason: string): void {
    slot.pendingCount--;
    this.log.log('emerg', `listen() on ${key} failed in thread ${slot.thread + 1}: ${reason}`);
    if (this.#phase === 'starting') this.#fail(`listen() on ${key} failed: ${reason}`);
    else this.#tellMaster({ type: 'replace', reason: `cannot listen on ${key}: ${reason}` });
  }

  #onDescriptor(socket: number, descriptor: number | undefined): void {
    if (descriptor === undefined) return this.#listening.refuse(socket);
    if (this.#isClosed) return closeSync(descriptor);
    this.#listening.add(socket, descriptor);
  }

  #onExhausted(key: string): void {
    const reason = `no descriptor of ${key} is left for a new thread`;
    if (!this.#tellMaster({ type: 'replace', reason })) {
      this.log.alert(`${reason}, and the master is gone: the other threads serve on`);
    }
  }

  /** A start that fails is the master's to report; this process ends. */
  #fail(reason: string): void {
    this.#phase = 'ending';
    process.send?.({ type: 'failed', reason } satisfies FromGeneration, () => process.exit(1));
  }

  /** No thread listens any more: give the sockets up, so that a removed address is really closed. */
  #checkListening(): void {
    if (this.#phase !== 'draining' || this.#stillListening.size > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.#listening.close();
    this.#tellMaster({ type: 'stopped-listening' });
  }

  #checkOpen(): void {
    if (this.#stillOpen.size === 0) this.#exit();
  }

  #cut(timeoutMs: number): void {
    if (this.#phase === 'ending') return;
    const open = this.#stillOpen.size;
    this.log.notice(`worker_shutdown_timeout of ${timeoutMs} ms is over: ${open} threads are cut`);
    this.stop();
  }

  #exit(): void {
    this.#reportLoad();
    this.#state.board.phase = PHASE_DRAINED;
    const message = { type: 'drained' } satisfies FromGeneration;
    if (!process.connected) process.exit(0);
    process.send?.(message, undefined, undefined, () => process.exit(0));
  }

  #reportLoad(): void {
    this.#tellMaster({ type: 'load', load: this.#care.load });
  }

  #facts(): Facts {
    return {
      ...this.#masterFacts,
      version: VERSION,
      nodeVersion: process.version,
      tier: this.#order.outline.tier,
      isMasterAlive: process.connected,
      generation: this.#order.generation,
      generationPid: process.pid,
      loadedAtMs: this.#loadedAtMs,
      configFile: this.#order.outline.configFile,
      configHash: this.#order.outline.configHash,
      threads: this.#slots.map((slot) => slot.facts),
    };
  }
}
