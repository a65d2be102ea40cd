import { closeSync } from 'node:fs';
import { ErrorLog } from '#src/base/log.ts';
import { VERSION } from '#src/base/version.ts';
import { allocateParts, type PartMemory, releaseParts } from '#src/functions/shared-parts.ts';
import { ErrorLogFiles } from '#src/server/error-log-files.ts';
import { EndpointEvents, lineOfEvent } from '#src/shared/endpoint-events.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { Facts, MasterFacts } from '#src/shared/facts.ts';
import { PHASE_DRAINED, PHASE_DRAINING, PHASE_SERVING } from '#src/shared/generation-board.ts';
import { allocateShared, SharedState } from '#src/shared/shared-state.ts';
import { type StatusReport, statusReport } from '#src/shared/status-report.ts';
import { AdaptiveLimits, LOOK_INTERVAL_MS } from '#src/upstream/adaptive-limits.ts';
import type { SourceListener } from '#src/upstream/discovery/source-keeper.ts';
import type { Roster, RosterMember } from '#src/upstream/roster/roster.ts';
import { ROSTER_LOOK_MS, Rosters } from '#src/upstream/roster/rosters.ts';
import { keepCompiled } from './compile-cache.ts';
import { GenerationDiscovery } from './discovery.ts';
import { HealthChecks } from './health-checks.ts';
import { JudgedMembers } from './judged-members.ts';
import { Judging } from './judging.ts';
import { JudgingPace } from './judging-pace.ts';
import { Listening } from './listening.ts';
import { LiveOutline } from './live-outline.ts';
import { applyForeign, applySnapshot, sizesOf, takeLoad, takeSnapshot } from './load-report.ts';
import { openErrorLogs, reopenErrorLogs } from './log-files.ts';
import { keepHeapsSmall } from './memory.ts';
import type { FromGeneration, FromThread, StartOrder, ToGeneration } from './messages.ts';
import { statusModelOf } from './outline.ts';
import { Steering } from './steering.ts';
import { takeDescriptor } from './taken-descriptor.ts';
import { type SlotOwner, ThreadSlot } from './thread-slot.ts';
import { Watchdog } from './watchdog.ts';

/** While it drains, a generation reports its load so often. */
const REPORT_INTERVAL_MS = 50;
/** How long threads may take to flush their logs before the process ends all the same. */
const CLOSE_PATIENCE_MS = 1_000;

/** A generation at work, from the order to start until the process ends. */
export class GenerationRun implements SlotOwner {
  readonly log: ErrorLog;
  readonly #order: StartOrder;
  readonly #tellMaster: (message: FromGeneration) => boolean;
  readonly #state: SharedState;
  readonly #slots: ThreadSlot[] = [];
  readonly #listening: Listening;
  /** Upstreams that may change. */
  readonly rosters: Rosters;
  readonly #live: LiveOutline;
  readonly #limits: AdaptiveLimits;
  readonly #judged: JudgedMembers;
  readonly #discovery: GenerationDiscovery;
  readonly #loadedAtMs = Date.now();
  readonly #errorLogFiles = new ErrorLogFiles();
  /** Of functions. */
  readonly #partMemory: PartMemory;
  readonly #health: HealthChecks;
  readonly #steering: Steering;
  #masterFacts: MasterFacts;
  #phase: 'starting' | 'serving' | 'draining' | 'ending' = 'starting';
  #stillListening = new Set<ThreadSlot>();
  #stillOpen = new Set<ThreadSlot>();
  readonly #events = new EndpointEvents();
  readonly #judging: Judging;
  /** It holds no descriptor of a listening socket any more. */
  #isClosed = false;

  constructor(order: StartOrder, tellMaster: (message: FromGeneration) => boolean) {
    this.#order = { ...order, packedModel: '' }; // the threads' copy is enough
    this.#tellMaster = tellMaster;
    this.#masterFacts = order.facts;
    process.title = `weir: generation ${order.generation} (master ${order.facts.masterPid})`;
    const fan = openErrorLogs(this.#errorLogFiles, order.errorLogs);
    this.log = new ErrorLog(fan, fan.level, process.pid, 0);
    const sizes = sizesOf(order.outline, order.threadCount);
    const shared = allocateShared(sizes);
    this.#state = new SharedState(shared, sizes, 0);
    this.#live = new LiveOutline(order.outline);
    this.rosters = new Rosters(order.outline.rosters, this.#state.endpoints, {
      publish: (list) => {
        for (const slot of this.#slots) if (slot.isBuilt) slot.tell({ type: 'roster', list });
      },
      onTenant: (...what) => this.#onTenant(...what),
      warn: (line) => this.log.warn(line),
      notice: (line) => this.log.notice(line),
    });
    this.#listening = new Listening(order.sockets, {
      requestDescriptor: (socket) => tellMaster({ type: 'need-descriptor', socket }),
      onExhausted: (key) => this.#onExhausted(key),
    });
    const { connectionCap, servesByMs, errorLogs } = order;
    const packedModel = sharedBytes(order.packedModel);
    const { partCount, parts } = order.outline;
    const partMemory = allocateParts(parts);
    this.#partMemory = partMemory;
    for (let thread = 0; thread < order.threadCount; thread++) {
      const own = { packedModel, partCount, partMemory, thread, shared, sizes };
      const data = { ...own, connectionCap, servesByMs, errorLogs };
      this.#slots.push(new ThreadSlot(data, this));
    }
    const home = { events: this.#events, log: this.log };
    this.#health = new HealthChecks(order.outline, this.#state.endpoints, home);
    const listener: SourceListener = {
      say: (level, line) => this.log.log(level, line),
      tell: (news) => {
        // Who draws back learns what its successor learns, too, and tells nobody.
        if (!this.#drawsBack) this.#steering.send(news);
      },
    };
    this.#discovery = new GenerationDiscovery(this.rosters, listener, {
      data: { packedModel, partMemory, owner: order.threadCount + 1 },
      report: (line) => this.log.error(line),
      onDeath: () => releaseParts(parts, partMemory, order.threadCount + 1),
    });
    for (const slot of this.#slots) slot.start();
    if (order.outline.functions.length > 0) this.#watch(order);
    this.#judged = new JudgedMembers(order.outline, this.rosters.all);
    this.#limits = new AdaptiveLimits(
      this.#state.endpoints,
      order.outline.endpointConcurrency,
      sharedNowMs(performance.now()),
    );
    this.#learnLimits();
    if (this.rosters.all.length > 0) setInterval(() => this.rosters.look(), ROSTER_LOOK_MS);
    this.#steering = new Steering(order.outline, this.#state, {
      facts: () => this.#facts(),
      healthOf: (endpoint) => this.#health.report(endpoint),
      events: this.#events,
      log: this.log,
      rosterOf: (upstream) => this.rosters.at(upstream),
      steered: order.steered,
    });
    this.#judging = this.#judge(order);
  }

  get #drawsBack(): boolean {
    return this.#phase === 'draining' || this.#phase === 'ending';
  }

  /** Who draws back says nothing more: the generation after it judges the same endpoints. */
  #judge({ outline }: StartOrder): Judging {
    this.#events.listen((event) => {
      const { level, text } = lineOfEvent(event);
      this.log.log(level, text);
    });
    const isQuiet = () => this.#drawsBack;
    const { endpoints } = this.#state;
    const judging = new Judging(outline, endpoints, this.#judged, {
      tell: (event) => {
        if (!isQuiet()) this.#events.tell(event);
      },
      warn: (line) => {
        if (!isQuiet()) this.log.warn(line);
      },
    });
    if (!judging.isEmpty) new JudgingPace(endpoints.alarm, () => judging.look()).start();
    return judging;
  }

  /** What depends on who has a place in the endpoint table. */
  #onTenant(roster: Roster, slot: number, member: RosterMember | undefined, isNew: boolean): void {
    this.#live.onTenant(roster, slot, member);
    this.#judged.onTenant(roster.id, roster.endpointOf(slot), isNew);
    if (member === undefined || isNew) {
      this.#health.onTenant(roster.id, roster.endpointOf(slot), member?.config);
    }
    if (!isNew) return;
    this.#limits.forget(roster.endpointOf(slot));
    this.#state.sessions.get(roster.id)?.forget(slot);
  }

  /** `concurrency adaptive`. */
  #learnLimits(): void {
    const { endpoints } = this.#state;
    const limits = this.#limits;
    if (limits.isEmpty) return;
    setInterval(() => {
      if (limits.look(sharedNowMs(performance.now()))) endpoints.queues.wakeAllFirst();
    }, LOOK_INTERVAL_MS);
  }

  #watch({ outline, threadCount }: StartOrder): void {
    const watchdog = new Watchdog(
      {
        rows: this.#state.rows,
        threadCount,
        functions: outline.functions,
        isServing: (thread) => this.#slots[thread]?.state === 'ready',
        report: (line) => this.log.error(line),
      },
      performance.now(),
    );
    watchdog.start();
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
        applySnapshot(this.#live.outline, this.#state, message.snapshot, this.rosters);
        this.#judging.restore(message.snapshot.judges ?? []);
        return this.#health.restore(message.snapshot.checks ?? []);
      case 'snapshot-request':
        this.#tellMaster({
          type: 'snapshot',
          snapshot: {
            ...takeSnapshot(this.#live.outline, this.#state, this.rosters),
            judges: this.#judging.take(),
            checks: this.#health.take(),
          },
        });
        return;
      case 'status-request':
        this.#tellMaster({ type: 'status', status: this.#status() });
        return;
      case 'foreign':
        return applyForeign(this.#live.outline, this.#state, message.load);
      case 'event':
        return this.#steering.send(message.event);
      case 'api-request':
        this.#tellMaster({
          type: 'api-answer',
          id: message.id,
          ...this.#steering.answer(message.request),
        });
        return;
      case 'facts':
        this.#masterFacts = message.facts;
        return this.onState();
    }
  }

  onMasterGone(): void {
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
    this.#health.stop();
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
    for (const list of this.rosters.onThreadBuilt(slot.thread)) slot.tell({ type: 'roster', list });
    slot.tell({ type: 'facts', facts: this.#facts() });
    this.#discovery.whenSettled(() => this.#listen(slot));
  }

  #listen(slot: ThreadSlot): void {
    if (slot.state !== 'starting' || !slot.isBuilt) return; // it has died meanwhile
    this.#listening.open(slot);
    if (slot.pendingCount === 0 && this.#order.sockets.length === 0) this.#onReady(slot);
  }

  onMessage(slot: ThreadSlot, message: FromThread): void {
    switch (message.type) {
      case 'taken-over':
        return this.rosters.acknowledge(slot.thread, message.upstream, message.version);
      case 'listening':
        slot.pendingCount--;
        if (slot.pendingCount === 0 && slot.state === 'starting') this.#onReady(slot);
        return;
      case 'listen-failed':
        return this.#onListenFailed(slot, message.key, message.reason);
      case 'pressure':
        return this.#onPressure(slot, message.state === 'full');
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
    this.#state.board.clearThread(slot.thread);
    this.#state.endpoints.zeroThread(slot.thread);
    this.rosters.onThreadGone(slot.thread);
    this.#state.endpoints.queues.zeroThread(slot.thread);
    this.#state.endpoints.queues.wakeAllFirst();
    for (const table of this.#state.sessions.values()) table.releaseLocks(slot.thread);
    this.#state.rows.zeroGauges(slot.thread);
    releaseParts(this.#order.outline.parts, this.#partMemory, slot.thread + 1);
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
    this.#tellMaster({ type: 'load', load: takeLoad(this.#live.outline, this.#state) });
  }

  #status(): StatusReport {
    return statusReport(statusModelOf(this.#live.outline), this.#state, this.#facts());
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

/** Once for all threads. */
function sharedBytes(base64: string): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(Buffer.byteLength(base64, 'base64'));
  Buffer.from(shared).write(base64, 'base64');
  return shared;
}
