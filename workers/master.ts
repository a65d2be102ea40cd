/** The process that stays: holds the sockets, starts generations, replaces and ends them. */

import type { StatusReport } from '#src/shared/status-report.ts';
import { type ConfigPlace, type Configuration, loadConfiguration } from './configuration.ts';
import { describeError } from './describe-error.ts';
import type { GenerationProcess } from './generation-process.ts';
import { Generations, type GenerationsOwner } from './generations.ts';
import { HeldSockets } from './held-sockets.ts';
import { type Loaded, makeReady, Refusal } from './loaded.ts';
import { createLogFiles } from './log-files.ts';
import { MasterApi } from './master-api.ts';
import { MasterLog } from './master-log.ts';
import { MasterRecord } from './master-record.ts';
import type { FromGeneration } from './messages.ts';
import { OwnPidFile } from './pid-file.ts';
import { logPaths } from './preparation.ts';
import { say } from './say.ts';
import { SuccessionClock } from './succession-clock.ts';

export class Master implements GenerationsOwner {
  #place: ConfigPlace;
  readonly #read: (place: ConfigPlace) => Promise<Configuration>;
  #phase: 'starting' | 'running' | 'quitting' | 'stopping' = 'starting';
  #loaded: Loaded | undefined;
  readonly #log = new MasterLog();
  readonly #record = new MasterRecord();
  readonly #pidFile = new OwnPidFile();
  readonly #sockets = new HeldSockets();
  readonly #generations = new Generations(this.#sockets, this);
  readonly #api = new MasterApi(this.#log, this.#generations);
  readonly #nextAttempt = new SuccessionClock(() => void this.#succeed());
  /** It cannot keep itself whole, and serves until another does. */
  #worn: GenerationProcess | undefined;
  #isChanging = false;
  #isReloadQueued = false;
  /** USR1 came before anything was loaded. */
  #isReopenQueued = false;
  #queuedPlace: ConfigPlace;
  /** They wait for what comes of a reload, and for a status report. */
  #onReloaded: ((problems: readonly string[]) => void)[] = [];
  #onStatus: ((status: StatusReport | undefined) => void)[] = [];

  /** `read` may change what was read before it is used. */
  constructor(place: ConfigPlace, read = loadConfiguration) {
    this.#place = place;
    this.#queuedPlace = place;
    this.#read = read;
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
      this.#pidFile.use(loaded.model.main.pidFile);
      this.#log.use(loaded.model.main.errorLogs);
      await this.#startGeneration(loaded);
      this.#phase = 'running';
      await this.#api.open(loaded);
      this.#log.notice(`weir serves with ${loaded.preparation.threadCount} threads`);
    } catch (error) {
      this.#giveUpPlaces();
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
      let problems: readonly string[] = [];
      try {
        const warn = (line: string) => this.#log.warn(line);
        const loaded = await makeReady(await this.#read(place), this.#sockets, warn);
        await this.#startGeneration(loaded);
        this.#place = place;
        await this.#api.open(loaded);
        this.#record.onReloaded();
        this.#log.notice(`reconfigured: generation ${this.#generations.serving?.number} serves`);
      } catch (error) {
        problems = error instanceof Refusal ? error.lines : [(error as Error).message];
        for (const line of problems) this.#log.log('emerg', line);
        this.#log.error('reload rejected, the running configuration is unchanged');
        const event = this.#record.onRejected(problems[0] ?? '');
        this.#generations.tellServing({ type: 'event', event });
      }
      this.#publish();
      for (const resolve of waiting) resolve(problems);
    });
  }

  /** What the generation that serves counts and knows; undefined while none serves. */
  status(): Promise<StatusReport | undefined> {
    if (this.#generations.serving === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#onStatus.push(resolve);
      this.#generations.tellServing({ type: 'status-request' });
    });
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
    this.#log.reopen();
    for (const generation of this.#generations.living()) generation.tell({ type: 'reopen-logs' });
  }

  /** TERM, INT: everything ends now. */
  stop(): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#log.notice('stopping');
    this.#generations.stop();
    this.#endIfAlone();
  }

  /** QUIT: everything ends when what is open has been finished. */
  quit(): void {
    if (this.#isEnding) return;
    this.#phase = 'quitting';
    this.#log.notice('gracefully shutting down');
    this.#generations.drain(this.#drainTimeoutMs);
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

  /** GenerationsOwner. */
  warn(line: string): void {
    this.#log.warn(line);
  }

  onMessage(generation: GenerationProcess, message: FromGeneration): void {
    switch (message.type) {
      case 'stopped-listening':
        return this.#releaseAddresses();
      case 'need-descriptor':
        return this.#sockets.sendDescriptor(generation, message.socket);
      case 'status':
        return this.#answerStatus(message.status);
      case 'api-answer':
        return this.#api.onAnswer(message);
      case 'api-ask':
        return void this.#api.onAsked(generation, message);
      case 'replace':
        return this.#onWorn(generation, message.reason);
      default:
        return;
    }
  }

  onServingDied(generation: GenerationProcess, reason: string): void {
    this.#answerStatus(undefined);
    this.#api.onGone();
    if (this.#phase !== 'running') return;
    this.#record.onGenerationDied();
    const then = this.#nextAttempt.set(true);
    this.#log.alert(`generation ${generation.number} died and is replaced ${then}: ${reason}`);
  }

  onDrained(generation: GenerationProcess): void {
    this.#log.info(`generation ${generation.number} has ended`);
  }

  onEnded(): void {
    this.#releaseAddresses();
    this.#publish();
    this.#endIfAlone();
  }

  /** Resolves when it serves, and is what the master goes by. @throws Refusal */
  async #startGeneration(loaded: Loaded): Promise<void> {
    // While files were read TERM or QUIT may have come: who starts now would never be told to end.
    if (this.#isEnding) throw new Refusal(['weir is ending: no new generation is started']);
    const before = this.#loaded;
    await this.#generations.start({
      loaded,
      facts: this.#record.facts(this.#generations.drainingCount),
      // Another configuration begins with what it says itself.
      steered: loaded === before ? this.#api.steered : {},
      drainTimeoutMs: this.#drainTimeoutMs,
    });
    this.#loaded = loaded;
    if (before === loaded) return;
    this.#api.adopt(loaded);
    if (before === undefined) return;
    this.#pidFile.use(loaded.model.main.pidFile);
    this.#log.use(loaded.model.main.errorLogs);
  }

  /** One that cannot keep itself whole gets a successor, as one that has died. */
  #onWorn(generation: GenerationProcess, reason: string): void {
    if (generation !== this.#generations.serving || this.#isEnding) return;
    if (generation === this.#worn) return; // it has asked
    this.#worn = generation;
    const then = this.#nextAttempt.set(true);
    this.#log.alert(`generation ${generation.number} is replaced ${then}: ${reason}`);
  }

  get #needsSuccessor(): boolean {
    const { serving } = this.#generations;
    return this.#phase === 'running' && (serving === undefined || serving === this.#worn);
  }

  /**
   * The same configuration again. It is tried until one serves, as the sockets still collect
   * connections; between two attempts there is room for a reload.
   */
  async #succeed(): Promise<void> {
    if (this.#isChanging) return; // a reload may bring a generation; if not, its end comes here
    if (this.#nextAttempt.isSet || !this.#needsSuccessor) return;
    await this.#change(async () => {
      if (this.#loaded === undefined) return;
      try {
        await this.#startGeneration(this.#loaded);
        this.#log.notice(`generation ${this.#generations.startedCount} serves`);
      } catch (error) {
        if (!this.#needsSuccessor) return;
        const then = this.#nextAttempt.set(false);
        this.#log.alert(`${(error as Error).message}; it is tried again ${then}`);
      }
    });
  }

  /** One change at a time; a reload that was asked for meanwhile follows. */
  async #change(work: () => Promise<void>): Promise<void> {
    this.#isChanging = true;
    await this.#api.hold();
    try {
      await work();
    } finally {
      this.#isChanging = false;
      // While none serves, what the API is to change waits for the one that will.
      if (this.#generations.serving !== undefined) this.#api.release();
    }
    this.#releaseAddresses();
    if (this.#phase !== 'running') return;
    if (!this.#isReloadQueued) return void this.#succeed();
    this.#isReloadQueued = false;
    await this.reload(this.#queuedPlace);
  }

  /** Closes addresses that no configuration has, once the generations that had them are quiet. */
  #releaseAddresses(): void {
    if (this.#isChanging && !this.#isEnding) return;
    const listens = this.#phase === 'running' ? this.#loaded?.model.listens : undefined;
    const closed = this.#sockets.release(this.#generations.living(), listens ?? []);
    for (const key of closed) this.#log.notice(`closed ${key}`);
  }

  #answerStatus(status: StatusReport | undefined): void {
    const waiting = this.#onStatus;
    this.#onStatus = [];
    for (const resolve of waiting) resolve(status);
  }

  #publish(): void {
    const facts = this.#record.facts(this.#generations.drainingCount);
    this.#generations.tellServing({ type: 'facts', facts });
  }

  /** Of the configuration that serves; 0 while none does. */
  get #drainTimeoutMs(): number {
    return this.#loaded?.model.main.workerShutdownTimeoutMs ?? 0;
  }

  get #isEnding(): boolean {
    return this.#phase === 'quitting' || this.#phase === 'stopping';
  }

  #endIfAlone(): void {
    if (!this.#isEnding || this.#generations.living().length > 0) return;
    this.#giveUpPlaces();
    this.#log.notice('exit');
    process.exit(0);
  }

  #giveUpPlaces(): void {
    this.#sockets.closeAllBut(new Set());
    this.#api.close();
    this.#pidFile.use(undefined);
  }
}
