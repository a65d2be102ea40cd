/** What a status page says about the processes: plain data that the master and generation publish. */

/** One proxy thread, as its generation sees it. */
export interface ThreadFacts {
  readonly thread: number;
  readonly state: 'starting' | 'ready' | 'draining' | 'ended';
  /** When the present thread of this number was started, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** How many threads of this number have died in this generation. */
  readonly deathCount: number;
}

/** What the last reload (or the start) came to. */
export interface ReloadFacts {
  readonly result: 'ok' | 'rejected';
  readonly atMs: number;
  /** Why it was rejected: the first line; empty when it was not. */
  readonly message: string;
}

/** What the master knows and the generation does not. */
export interface MasterFacts {
  readonly masterPid: number;
  /** When the master started, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly lastReload: ReloadFacts;
  /** Reloads asked for since the start, and how many of them were rejected. */
  readonly reloadCount: number;
  readonly rejectedReloadCount: number;
  /** Older generations that still drain. */
  readonly drainingCount: number;
  /** Generations that died and were replaced. */
  readonly generationDeathCount: number;
}

/** All of it, as every thread of a generation holds it. OPS-13. */
export interface Facts extends MasterFacts {
  readonly version: string;
  readonly nodeVersion: string;
  readonly tier: 'fast' | 'handles' | 'portable';
  /** False once the master has died: traffic flows on, but nothing can be reloaded. */
  readonly isMasterAlive: boolean;
  readonly generation: number;
  readonly generationPid: number;
  /** When this generation was started, in milliseconds since the epoch. */
  readonly loadedAtMs: number;
  readonly configFile: string;
  /** First digits of a SHA-256 over the configuration. */
  readonly configHash: string;
  readonly threads: readonly ThreadFacts[];
}

let facts: Facts | undefined;

/** The facts this thread was last told; undefined before the first (unit tests, benchmarks). */
export function currentFacts(): Facts | undefined {
  return facts;
}

/** Called by the thread's entry point when the generation publishes. */
export function publishFacts(newest: Facts): void {
  facts = newest;
}
