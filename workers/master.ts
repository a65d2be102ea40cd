/** The process that stays: holds the sockets, starts generations, replaces and ends them. */

import { isDeepStrictEqual } from 'node:util';
import { type ApiAnswer, type ApiRequest, errorAnswer } from '#src/admin/api-answer.ts';
import type { EdgeEvent } from '#src/admin/edge-event.ts';
import { type StateServer, writeStateFile } from '#src/admin/state-file.ts';
import { DescriptorSink, ErrorLog } from '#src/base/log.ts';
import { apiListensOf } from '#src/config/api-listen-argument.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import { ErrorLogFiles } from '#src/server/error-log-files.ts';
import type { MasterFacts, ReloadFacts } from '#src/shared/facts.ts';
import type { StatusReport } from '#src/shared/status-report.ts';
import { ApiDesk, type ApiDeskOwner } from './api-desk.ts';
import { ApiDoors } from './api-doors.ts';
import { BoundSockets } from './bound-sockets.ts';
import { type ConfigPlace, type Configuration, loadConfiguration } from './configuration.ts';
import { describeError } from './describe-error.ts';
import { DescriptorSender } from './descriptor-sender.ts';
import { ForeignLoad } from './foreign-load.ts';
import { type GenerationOwner, GenerationProcess } from './generation-process.ts';
import { type Loaded, makeReady, Refusal } from './loaded.ts';
import { createLogFiles, openErrorLogs, reopenErrorLogs } from './log-files.ts';
import type { FromGeneration } from './messages.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { logPaths } from './preparation.ts';
import { say } from './say.ts';
import { Supervisor } from './supervisor.ts';

/** So long after its start the first generation listens, if it can: warming up may wait no longer. */
const FIRST_SERVES_MS = 380;

export class Master implements GenerationOwner, ApiDeskOwner {
  #place: ConfigPlace;
  readonly #read: (place: ConfigPlace) => Promise<Configuration>;
  readonly #startedAtMs = Date.now();
  readonly #sockets = new BoundSockets();
  readonly #sender = new DescriptorSender();
  readonly #supervisor = new Supervisor(performance.now());
  readonly #log: ErrorLog;
  readonly #desk = new ApiDesk(this);
  readonly #doors = new ApiDoors(
    (request) => this.#desk.ask(request),
    (line) => this.#log.warn(line),
  );
  #errorLogFiles = new ErrorLogFiles();
  #errorLogs: readonly ErrorLogConfig[] = [];
  #phase: 'starting' | 'running' | 'quitting' | 'stopping' = 'starting';
  #loaded: Loaded | undefined;
  #current: GenerationProcess | undefined;
  /** Started, not yet ready. */
  #candidate: GenerationProcess | undefined;
  #onCandidate: { ready(): void; failed(reason: string): void } | undefined;
  readonly #draining = new Set<GenerationProcess>();
  readonly #foreign = new ForeignLoad();
  #pidFile: string | undefined;
  #generationCount = 0;
  /** What the API has made of upstreams, by their names, since the configuration was read. */
  readonly #steered = new Map<string, readonly StateServer[]>();
  #isChanging = false;
  #isReloadQueued = false;
  /** USR1 came before anything was loaded. */
  #isReopenQueued = false;
  #queuedPlace: ConfigPlace;
  /** They wait for what comes of a reload, and for a status report. */
  #onReloaded: ((problems: readonly string[]) => void)[] = [];
  #onStatus: ((status: StatusReport | undefined) => void)[] = [];
  #facts: Pick<
    MasterFacts,
    'lastReload' | 'reloadCount' | 'rejectedReloadCount' | 'generationDeathCount'
  >;

  /** `read` may change what was read before it is used. */
  constructor(place: ConfigPlace, read = loadConfiguration) {
    this.#place = place;
    this.#queuedPlace = place;
    this.#read = read;
    this.#log = new ErrorLog(new DescriptorSink(2), 'notice', process.pid, 0);
    this.#facts = {
      lastReload: { result: 'ok', atMs: this.#startedAtMs, message: '' },
      reloadCount: 0,
      rejectedReloadCount: 0,
      generationDeathCount: 0,
    };
  }

  /**
   * Loads, binds, writes the pid file and starts the first generation; resolves when it serves.
   * @throws Refusal, a `lines` of what to print, when any of it fails
   */
  async start(configuration: Configuration): Promise<void> {
    process.title = `weir: master process -c ${this.#place.file}`;
    this.#isChanging = true;
    const warn = (line: string) => say('warn', line);
    try {
      const loaded = await makeReady(configuration, this.#sockets, warn);
      this.#usePidFile(loaded.model.main.pidFile);
      this.#useErrorLog(loaded);
      await this.#startGeneration(loaded);
      this.#phase = 'running';
      await this.#openDoors(loaded);
      this.#log.notice(`weir serves with ${loaded.preparation.threadCount} threads`);
    } catch (error) {
      this.#usePidFile(undefined);
      this.#doors.close();
      this.#sockets.closeAllBut(new Set());
      throw error;
    }
    await this.#change(async () => {});
    if (this.#isReopenQueued) this.reopenLogs();
  }

  /** `reload` with another place, which is kept when it serves. @returns why it does not; else [] */
  reloadFrom(place: ConfigPlace): Promise<readonly string[]> {
    return new Promise((resolve) => {
      this.#onReloaded.push(resolve);
      void this.reload(place);
    });
  }

  /** HUP: a new generation with what the files now say, or nothing changes. */
  async reload(place = this.#place): Promise<void> {
    if (this.#isEnding) return;
    if (this.#isChanging) {
      this.#isReloadQueued = true;
      this.#queuedPlace = place;
      return;
    }
    const waiting = this.#onReloaded;
    this.#onReloaded = [];
    this.#log.notice('reconfiguring');
    await this.#change(async () => {
      const reloadCount = this.#facts.reloadCount + 1;
      let problems: readonly string[] = [];
      try {
        const warn = (line: string) => this.#log.warn(line);
        const loaded = await makeReady(await this.#read(place), this.#sockets, warn);
        await this.#startGeneration(loaded);
        this.#place = place;
        await this.#openDoors(loaded);
        this.#facts = { ...this.#facts, reloadCount, lastReload: reloadResult('ok', '') };
        this.#log.notice(`reconfigured: generation ${this.#current?.number} serves`);
      } catch (error) {
        problems = error instanceof Refusal ? error.lines : [(error as Error).message];
        for (const line of problems) this.#log.log('emerg', line);
        this.#log.error('reload rejected, the running configuration is unchanged');
        const rejectedReloadCount = this.#facts.rejectedReloadCount + 1;
        const lastReload = reloadResult('rejected', problems[0] ?? '');
        this.#current?.tell({ type: 'event', event: refusal(lastReload) });
        this.#facts = { ...this.#facts, reloadCount, rejectedReloadCount, lastReload };
      }
      this.#publish();
      for (const resolve of waiting) resolve(problems);
    });
  }

  /** What the generation that serves counts and knows; undefined while none serves. */
  status(): Promise<StatusReport | undefined> {
    const generation = this.#current;
    if (generation === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#onStatus.push(resolve);
      generation.tell({ type: 'status-request' });
    });
  }

  #answerStatus(status: StatusReport | undefined): void {
    const waiting = this.#onStatus;
    this.#onStatus = [];
    for (const resolve of waiting) resolve(status);
  }

  /** USR1: rotated logs are created anew, then opened by everyone. */
  reopenLogs(): void {
    if (this.#loaded === undefined) {
      this.#isReopenQueued = true;
      return;
    }
    this.#log.notice('reopening logs');
    const { model, preparation } = this.#loaded;
    try {
      createLogFiles(logPaths(model), preparation.identity);
    } catch (error) {
      this.#log.log('emerg', (error as Error).message);
    }
    reopenErrorLogs(this.#log, this.#errorLogFiles);
    for (const generation of this.#living()) generation.tell({ type: 'reopen-logs' });
  }

  /** TERM, INT: everything ends now. */
  stop(): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#log.notice('stopping');
    for (const generation of this.#living()) generation.stop();
    this.#endIfAlone();
  }

  /** QUIT: everything ends when what is open has been finished. */
  quit(): void {
    if (this.#isEnding) return;
    this.#phase = 'quitting';
    this.#log.notice('gracefully shutting down');
    this.#candidate?.stop();
    const timeoutMs = this.#loaded?.model.main.workerShutdownTimeoutMs ?? 0;
    this.#current?.drain(timeoutMs);
    this.#endIfAlone();
  }

  /** USR2 replaces nginx's binary; here a new version is a drain and a start. */
  explainNoUpgrade(): void {
    this.#log.notice('signal USR2 is ignored: stop gracefully (-s quit) and start the new version');
  }

  /** What went wrong in the master itself: nothing here carries traffic, so it goes on. */
  survive(error: Error): void {
    this.#log.alert(`exception in the master: ${describeError(error)}`);
  }

  /** GenerationOwner. */
  onRightRefused(why: string): void {
    this.#log.warn(
      `"proxy_bind … transparent" will be refused: CAP_NET_RAW cannot be kept: ${why}`,
    );
  }

  /** GenerationOwner. */
  onPriorityRefused(priority: number, reason: string): void {
    const advice = 'only root may go below 0';
    this.#log.warn(`worker_priority ${priority} is without effect (${advice}): ${reason}`);
  }

  /** What the one that serves knows is there before this one does; what comes meanwhile follows. */
  onOrdered(generation: GenerationProcess): void {
    if (generation === this.#candidate) this.#current?.tell({ type: 'snapshot-request' });
  }

  onReady(generation: GenerationProcess): void {
    if (generation !== this.#candidate) return;
    this.#candidate = undefined;
    const old = this.#current;
    this.#current = generation;
    if (old !== undefined) {
      this.#draining.add(old);
      old.tell({ type: 'snapshot-request' });
      old.drain(this.#loaded?.model.main.workerShutdownTimeoutMs ?? 0);
    }
    this.#sendForeign();
    this.#onCandidate?.ready();
  }

  onMessage(generation: GenerationProcess, message: FromGeneration): void {
    switch (message.type) {
      case 'snapshot':
        return (generation === this.#current ? this.#candidate : this.#current)?.tell(message);
      case 'load':
        return this.#sendForeign();
      case 'stopped-listening':
        return this.#releaseAddresses();
      case 'need-descriptor':
        return this.#sendDescriptor(generation, message.socket);
      case 'status':
        return this.#answerStatus(message.status);
      case 'api-answer':
        return this.#desk.onAnswer(message.id, this.#keepState(message.answer, message.servers));
      case 'replace':
        return void this.#replace(generation, message.reason);
      default:
        return;
    }
  }

  onExit(generation: GenerationProcess, reason: string): void {
    this.#draining.delete(generation);
    this.#foreign.onEnded(generation.load);
    if (generation === this.#candidate) {
      this.#candidate = undefined;
      this.#onCandidate?.failed(reason);
    } else if (generation === this.#current) {
      this.#current = undefined;
      this.#answerStatus(undefined);
      this.#desk.onGone();
      if (this.#phase === 'running') this.#onCurrentDied(generation, reason);
    } else {
      this.#log.info(`generation ${generation.number} has ended`);
      this.#sendForeign();
    }
    this.#releaseAddresses();
    this.#publish();
    this.#endIfAlone();
  }

  /** Forks, waits until it serves, and lets the one before it drain. @throws Refusal */
  async #startGeneration(loaded: Loaded): Promise<void> {
    // While files were read TERM or QUIT may have come: who starts now would never be told to end.
    if (this.#isEnding) throw new Refusal(['weir is ending: no new generation is started']);
    const { outline, packedModel, model, preparation } = loaded;
    const { threadCount, identity, budget, needsRawSockets } = preparation;
    const { shares, stdio } = this.#sockets.plan(model.listens, threadCount);
    const ended = new Promise<void>((resolve, reject) => {
      this.#onCandidate = {
        ready: resolve,
        failed: (reason) => reject(new Refusal([`generation did not start: ${reason}`])),
      };
    });
    const generation = ++this.#generationCount;
    const order = {
      type: 'start',
      generation,
      packedModel,
      outline,
      threadCount,
      sockets: shares,
      connectionCap: budget.connectionCap,
      servesByMs: generation === 1 ? performance.timeOrigin + FIRST_SERVES_MS : 0,
      facts: this.#masterFacts(),
      errorLogs: model.main.errorLogs,
      // Another configuration begins with what it says itself.
      steered: loaded === this.#loaded ? Object.fromEntries(this.#steered) : {},
    } as const;
    this.#candidate = new GenerationProcess(
      {
        order,
        stdio,
        identity,
        priority: model.main.workerPriority,
        needsRawSockets,
      },
      this,
    );
    const old = this.#current;
    await ended;
    // Until then it accepts, too: who is told that the new configuration serves shall meet no other.
    await old?.quiet;
    const before = this.#loaded;
    this.#loaded = loaded;
    if (before !== loaded) this.#steered.clear();
    if (before !== undefined && before !== loaded) this.#adopt(loaded);
  }

  /** ApiDeskOwner. */
  sendApi(id: number, request: ApiRequest): boolean {
    this.#current?.tell({ type: 'api-request', id, request });
    return this.#current !== undefined;
  }

  /** Remembers what was changed, and writes the file of `state` before who asked hears that it is done. */
  #keepState(answer: ApiAnswer, servers: readonly StateServer[]): ApiAnswer {
    if (answer.changed === '') return answer;
    this.#steered.set(answer.changed, servers);
    const path = this.#loaded?.outline.stateFiles[answer.changed];
    if (path === undefined) return answer;
    try {
      writeStateFile(path, servers);
      return answer;
    } catch (error) {
      const problem = `changed, but not kept for the next start: ${(error as Error).message}`;
      this.#log.alert(`state of upstream "${answer.changed}": ${problem}`);
      return errorAnswer(500, 'StateNotKept', problem);
    }
  }

  async #openDoors({ model: { main } }: Loaded): Promise<void> {
    await this.#doors.use(apiListensOf(main.apiListens, main.pidFile));
  }

  /** What a reload changes in the master itself. */
  #adopt(now: Loaded): void {
    this.#usePidFile(now.model.main.pidFile);
    this.#useErrorLog(now);
  }

  /** Writes this one and removes the one before; undefined removes only. */
  #usePidFile(given: string | undefined): void {
    const before = this.#pidFile;
    const path = given === '' ? undefined : given;
    if (before === path) return;
    if (path !== undefined) writePidFile(path, process.pid);
    this.#pidFile = path;
    if (before !== undefined) removePidFile(before, process.pid);
  }

  #useErrorLog({ model }: Loaded): void {
    const { errorLogs } = model.main;
    if (isDeepStrictEqual(errorLogs, this.#errorLogs)) return;
    const files = new ErrorLogFiles();
    try {
      const fan = openErrorLogs(files, errorLogs);
      this.#log.setSink(fan);
      this.#log.level = fan.level;
    } catch (error) {
      files.close();
      this.#log.log('emerg', `${(error as Error).message}: still writing to the old log`);
      return;
    }
    this.#errorLogFiles.close();
    this.#errorLogFiles = files;
    this.#errorLogs = errorLogs;
  }

  #onCurrentDied(generation: GenerationProcess, reason: string): void {
    const { generationDeathCount } = this.#facts;
    this.#facts = { ...this.#facts, generationDeathCount: generationDeathCount + 1 };
    const delayMs = this.#supervisor.onDeath(true, performance.now());
    const then = delayMs === 0 ? 'at once' : `in ${delayMs} ms`;
    this.#log.alert(`generation ${generation.number} died and is replaced ${then}: ${reason}`);
    setTimeout(() => void this.#respawn(), delayMs);
  }

  /** The same configuration again; keeps trying, as the sockets still collect connections. */
  async #respawn(): Promise<void> {
    if (this.#isChanging) return; // A reload is under way and brings a generation, or respawns.
    await this.#change(async () => {
      while (this.#current === undefined && this.#phase === 'running' && this.#loaded) {
        try {
          await this.#startGeneration(this.#loaded);
          this.#log.notice(`generation ${this.#generationCount} serves`);
        } catch (error) {
          const delayMs = this.#supervisor.onDeath(false, performance.now());
          this.#log.alert(`${(error as Error).message}; next attempt in ${delayMs} ms`);
          await new Promise((resolve) => setTimeout(resolve, delayMs));
        }
      }
    });
  }

  /** A generation that cannot keep itself whole gets a successor, as in a reload. */
  async #replace(generation: GenerationProcess, reason: string): Promise<void> {
    if (generation !== this.#current || this.#isChanging || this.#phase !== 'running') return;
    this.#log.alert(`generation ${generation.number} is replaced: ${reason}`);
    await this.#change(async () => {
      if (this.#loaded === undefined) return;
      try {
        await this.#startGeneration(this.#loaded);
        this.#log.notice(`generation ${this.#generationCount} serves`);
      } catch (error) {
        this.#log.alert((error as Error).message);
      }
    });
  }

  /** One change at a time; a reload that was asked for meanwhile follows. */
  async #change(work: () => Promise<void>): Promise<void> {
    this.#isChanging = true;
    await this.#desk.hold();
    try {
      await work();
    } finally {
      this.#isChanging = false;
      this.#desk.release();
    }
    this.#releaseAddresses();
    if (this.#phase !== 'running') return;
    if (this.#current === undefined) void this.#respawn();
    if (!this.#isReloadQueued) return;
    this.#isReloadQueued = false;
    await this.reload(this.#queuedPlace);
  }

  #sendDescriptor(generation: GenerationProcess, socket: number): void {
    const held = this.#sockets.descriptor(socket);
    const message = { type: 'descriptor', socket } as const;
    const isSent =
      held !== undefined && this.#sender.send(generation.process, message, held.fd, held.isPipe);
    if (!isSent) generation.tell({ type: 'no-descriptor', socket });
  }

  /** Closes addresses that no configuration has, once the generations that had them are quiet. */
  #releaseAddresses(): void {
    if (this.#isChanging && !this.#isEnding) return;
    const wanted = new Set<string>();
    for (const generation of this.#living()) {
      if (generation.hasStoppedListening) continue;
      for (const key of generation.keys) wanted.add(key);
    }
    if (this.#phase === 'running') {
      for (const { key } of this.#loaded?.model.listens ?? []) wanted.add(key);
    }
    for (const key of this.#sockets.closeAllBut(wanted)) this.#log.notice(`closed ${key}`);
  }

  /** The newest generation adds to its own load what the older ones still have. */
  #sendForeign(): void {
    const load = this.#foreign.sum([...this.#draining].map((generation) => generation.load));
    this.#current?.tell({ type: 'foreign', load });
  }

  get #isEnding(): boolean {
    return this.#phase === 'quitting' || this.#phase === 'stopping';
  }

  #living(): GenerationProcess[] {
    const all = [this.#current, this.#candidate, ...this.#draining];
    return all.filter((generation) => generation !== undefined);
  }

  #endIfAlone(): void {
    if (!this.#isEnding || this.#living().length > 0) return;
    this.#sockets.closeAllBut(new Set());
    this.#doors.close();
    this.#usePidFile(undefined);
    this.#log.notice('exit');
    process.exit(0);
  }

  #publish(): void {
    this.#current?.tell({ type: 'facts', facts: this.#masterFacts() });
  }

  #masterFacts(): MasterFacts {
    return {
      ...this.#facts,
      masterPid: process.pid,
      startedAtMs: this.#startedAtMs,
      drainingCount: this.#draining.size,
    };
  }
}

function refusal({ atMs, message }: ReloadFacts): EdgeEvent {
  const about = { upstream: '', endpoint: '', reason: 'reload', detail: message };
  return { type: 'configuration_refused', ...about, atMs };
}

function reloadResult(result: ReloadFacts['result'], message: string): ReloadFacts {
  return { result, atMs: Date.now(), message };
}
