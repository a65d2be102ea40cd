/** The process that stays: holds the sockets, starts generations, replaces and ends them. */

import type { DescriptorSink } from '#src/base/log.ts';
import { ErrorLog } from '#src/base/log.ts';
import type { Model } from '#src/config/model.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { formatProblem, type Problem } from '#src/schema/problem.ts';
import type { MasterFacts } from '#src/shared/facts.ts';
import { BindError, BoundSockets } from './bound-sockets.ts';
import { type ConfigPlace, type Configuration, loadConfiguration } from './configuration.ts';
import { describeError } from './describe-error.ts';
import { DescriptorSender } from './descriptor-handle.ts';
import { setDescriptorLimit } from './descriptor-limit.ts';
import { type GenerationOwner, GenerationProcess } from './generation-process.ts';
import { sumLoads, withoutGauges } from './load-report.ts';
import { createLogFiles, openErrorLog, reopenErrorLog } from './log-files.ts';
import type { FromGeneration, LoadReport } from './messages.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { logPaths, type Preparation, prepare } from './preparation.ts';
import { Supervisor } from './supervisor.ts';

/** A configuration that is ready to run: checked, prepared, its addresses bound. */
interface Loaded {
  readonly tree: ConfigTree;
  readonly model: Model;
  readonly preparation: Preparation;
}

/** Why a configuration was refused: every line there is to say. */
export class Refusal extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines[0]);
    this.lines = lines;
  }
}

export class Master implements GenerationOwner {
  readonly #place: ConfigPlace;
  readonly #startedAtMs = Date.now();
  readonly #sockets = new BoundSockets();
  readonly #sender = new DescriptorSender();
  readonly #supervisor = new Supervisor(performance.now());
  readonly #log: ErrorLog;
  #sink: DescriptorSink;
  #errorLogPath = 'stderr';
  #phase: 'starting' | 'running' | 'quitting' | 'stopping' = 'starting';
  #loaded: Loaded | undefined;
  #current: GenerationProcess | undefined;
  /** Started, not yet ready. */
  #candidate: GenerationProcess | undefined;
  #onCandidate: { ready(): void; failed(reason: string): void } | undefined;
  readonly #draining = new Set<GenerationProcess>();
  /** What generations that are gone had counted. */
  #past: LoadReport = { inFlight: [], totals: [] };
  #generationCount = 0;
  #isChanging = false;
  #isReloadQueued = false;
  #facts: Pick<
    MasterFacts,
    'lastReload' | 'reloadCount' | 'rejectedReloadCount' | 'generationDeathCount'
  >;

  constructor(place: ConfigPlace) {
    this.#place = place;
    this.#sink = openErrorLog('stderr');
    this.#log = new ErrorLog(this.#sink, 'notice', process.pid, 0);
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
    const loaded = await this.#ready(configuration);
    const { main } = loaded.model;
    writePidFile(main.pidFile, process.pid);
    try {
      this.#useErrorLog(loaded);
      await this.#startGeneration(loaded);
    } catch (error) {
      removePidFile(main.pidFile, process.pid);
      this.#sockets.closeAllBut(new Set());
      throw error;
    }
    this.#phase = 'running';
    this.#log.notice(`weir serves with ${loaded.preparation.threadCount} threads`);
  }

  /** HUP: a new generation with what the files now say, or nothing changes. */
  async reload(): Promise<void> {
    if (this.#phase !== 'running') return;
    if (this.#isChanging) {
      this.#isReloadQueued = true;
      return;
    }
    this.#log.notice('reconfiguring');
    await this.#change(async () => {
      const reloadCount = this.#facts.reloadCount + 1;
      try {
        const loaded = await this.#ready(await loadConfiguration(this.#place));
        await this.#startGeneration(loaded);
        this.#facts = { ...this.#facts, reloadCount, lastReload: reloadResult('ok', '') };
        this.#log.notice(`reconfigured: generation ${this.#current?.number} serves`);
      } catch (error) {
        const lines = error instanceof Refusal ? error.lines : [(error as Error).message];
        for (const line of lines) this.#log.log('emerg', line);
        this.#log.error('reload rejected, the running configuration is unchanged');
        const rejectedReloadCount = this.#facts.rejectedReloadCount + 1;
        const lastReload = reloadResult('rejected', lines[0] ?? '');
        this.#facts = { ...this.#facts, reloadCount, rejectedReloadCount, lastReload };
        this.#releaseAddresses();
      }
      this.#publish();
    });
  }

  /** USR1: rotated logs are created anew, then opened by everyone. */
  reopenLogs(): void {
    if (this.#loaded === undefined) return;
    this.#log.notice('reopening logs');
    const { model, preparation } = this.#loaded;
    try {
      createLogFiles(logPaths(model), preparation.identity);
    } catch (error) {
      this.#log.log('emerg', (error as Error).message);
    }
    this.#sink = reopenErrorLog(this.#log, this.#errorLogPath, this.#sink);
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
    if (this.#phase === 'quitting' || this.#phase === 'stopping') return;
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
        return this.#current?.tell({ type: 'snapshot', snapshot: message.snapshot });
      case 'load':
        return this.#sendForeign();
      case 'stopped-listening':
        return this.#releaseAddresses();
      case 'need-descriptor':
        return this.#sendDescriptor(generation, message.socket);
      case 'replace':
        return void this.#replace(generation, message.reason);
      default:
        return;
    }
  }

  onExit(generation: GenerationProcess, reason: string): void {
    this.#draining.delete(generation);
    if (generation.load !== undefined) {
      this.#past = sumLoads([this.#past, withoutGauges(generation.load)]);
    }
    if (generation === this.#candidate) {
      this.#candidate = undefined;
      this.#onCandidate?.failed(reason);
    } else if (generation === this.#current) {
      this.#current = undefined;
      if (this.#phase === 'running') this.#onCurrentDied(generation, reason);
    } else {
      this.#log.info(`generation ${generation.number} has ended`);
      this.#sendForeign();
    }
    this.#releaseAddresses();
    this.#publish();
    this.#endIfAlone();
  }

  /** Checks what the system must provide and binds. @throws Refusal with every problem found */
  async #ready(configuration: Configuration): Promise<Loaded> {
    const { tree, model, problems } = configuration;
    if (model === undefined) throw new Refusal(problems.filter(isTold).map(lineOf));
    const { preparation, problems: more } = prepare(model);
    for (const problem of [...problems, ...more].filter(({ severity }) => severity === 'warn')) {
      this.#log.warn(lineOf(problem));
    }
    if (preparation === undefined) throw new Refusal(more.filter(isTold).map(lineOf));
    try {
      await this.#sockets.bind(model.listens, preparation.threadCount, model.main.acceptMode);
    } catch (error) {
      if (error instanceof BindError) throw new Refusal(error.message.split('\n'));
      throw error;
    }
    return { tree, model, preparation };
  }

  /** Forks, waits until it serves, and lets the one before it drain. @throws Refusal */
  async #startGeneration(loaded: Loaded): Promise<void> {
    const { tree, model, preparation } = loaded;
    const { threadCount, identity, budget } = preparation;
    const { shares, stdio } = this.#sockets.plan(model.listens, threadCount);
    const ended = new Promise<void>((resolve, reject) => {
      this.#onCandidate = {
        ready: resolve,
        failed: (reason) => reject(new Refusal([`generation did not start: ${reason}`])),
      };
    });
    const order = {
      type: 'start',
      generation: ++this.#generationCount,
      tree,
      threadCount,
      sockets: shares,
      connectionCap: budget.connectionCap,
      facts: this.#masterFacts(),
      errorLog: model.main.errorLog,
    } as const;
    this.#candidate = new GenerationProcess({ order, stdio, identity }, this);
    const problem = limitDescriptors(this.#candidate, model.main.workerRlimitNofile);
    if (problem !== undefined) this.#log.alert(problem);
    await ended;
    const before = this.#loaded;
    this.#loaded = loaded;
    if (before !== undefined && before !== loaded) this.#adopt(before, loaded);
  }

  /** What a reload changes in the master itself. */
  #adopt(before: Loaded, now: Loaded): void {
    const oldPid = before.model.main.pidFile;
    const newPid = now.model.main.pidFile;
    if (oldPid !== newPid) {
      writePidFile(newPid, process.pid);
      removePidFile(oldPid, process.pid);
    }
    this.#useErrorLog(now);
  }

  #useErrorLog({ model }: Loaded): void {
    const { path, level } = model.main.errorLog;
    this.#log.level = level;
    if (path === this.#errorLogPath) return;
    this.#errorLogPath = path;
    this.#sink = reopenErrorLog(this.#log, path, this.#sink);
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
      } catch (error) {
        this.#log.alert((error as Error).message);
      }
    });
  }

  /** One change at a time; a reload that was asked for meanwhile follows. */
  async #change(work: () => Promise<void>): Promise<void> {
    this.#isChanging = true;
    try {
      await work();
    } finally {
      this.#isChanging = false;
    }
    if (this.#phase !== 'running') return;
    if (this.#current === undefined) void this.#respawn();
    if (!this.#isReloadQueued) return;
    this.#isReloadQueued = false;
    await this.reload();
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
    if (this.#isChanging && this.#candidate === undefined && this.#current === undefined) return;
    const wanted = new Set<string>();
    for (const generation of this.#living()) {
      if (generation.hasStoppedListening) continue;
      for (const key of generation.keys) wanted.add(key);
    }
    if (this.#phase === 'running' || this.#phase === 'starting') {
      for (const { key } of this.#loaded?.model.listens ?? []) wanted.add(key);
      if (this.#isChanging) return;
    }
    for (const key of this.#sockets.closeAllBut(wanted)) this.#log.notice(`closed ${key}`);
  }

  /** The newest generation adds to its own load what the older ones still have. */
  #sendForeign(): void {
    const loads = [...this.#draining].map(({ load }) => load).filter((load) => load !== undefined);
    this.#current?.tell({ type: 'foreign', load: sumLoads([this.#past, ...loads]) });
  }

  #living(): GenerationProcess[] {
    const all = [this.#current, this.#candidate, ...this.#draining];
    return all.filter((generation) => generation !== undefined);
  }

  #endIfAlone(): void {
    if (this.#phase !== 'quitting' && this.#phase !== 'stopping') return;
    if (this.#living().length > 0) return;
    this.#sockets.closeAllBut(new Set());
    const pidFile = this.#loaded?.model.main.pidFile;
    if (pidFile !== undefined) removePidFile(pidFile, process.pid);
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

function reloadResult(result: 'ok' | 'rejected', message: string): MasterFacts['lastReload'] {
  return { result, atMs: Date.now(), message };
}

function isTold({ severity }: Problem): boolean {
  return severity !== 'notice';
}

/** The problem's line without `weir: [level]`, which the log has already. */
function lineOf(problem: Problem): string {
  return formatProblem(problem).replace(/^weir: \[\w+\] /, '');
}

/** @returns why `worker_rlimit_nofile` could not be set */
function limitDescriptors(generation: GenerationProcess, limit: number | undefined) {
  return limit === undefined ? undefined : setDescriptorLimit(generation.pid, limit);
}
