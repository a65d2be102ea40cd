/**
 * All active health checks of a generation, in its main thread. An endpoint is out while any check of
 * its upstream says so; each check has a verdict of its own for each endpoint of each upstream, so two
 * upstreams with one address do not share any.
 */
import type { Address } from '#src/base/address.ts';
import type { LogLevel } from '#src/base/log.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { CheckConfig } from './check-config.ts';
import type { CheckCounts, Verdict } from './check-state.ts';
import { CheckedEndpoint, type CheckTools } from './checked-endpoint.ts';
import { MatchTest } from './match-test.ts';

/** Between the first checks of two endpoints at the start: thousands are not asked at once. */
const SPACING_MS = 2;

/** An endpoint as checks see it. */
export interface Checkable {
  /** Its number in the endpoint table. */
  readonly id: number;
  /** As in logs: `127.0.0.1:80`. */
  readonly name: string;
  readonly address: Address;
}

/** What verdicts are told to. */
export interface VerdictSink {
  /** Whether checks keep everything away from the endpoint; told when that changes. */
  setOut(endpoint: number, isOut: boolean): void;
  /** It was out, and checks say that it is well: its slow start begins. */
  onRecovered(endpoint: number): void;
}

/** For `ActiveChecks`. */
export interface ActiveChecksOptions {
  readonly checks: readonly CheckConfig[];
  /** By id. */
  readonly upstreamNames: readonly string[];
  readonly wheel: TimerWheel;
  readonly sink: VerdictSink;
  readonly log: (level: LogLevel, message: string) => void;
  /** Of the jitter. */
  readonly random?: RandomBits;
  /** Told of every check that has ended, after its verdict. */
  readonly onChecked?: (endpoint: number) => void;
}

/** What the next generation is told of an endpoint. */
export interface CheckMemory {
  /** `upstream/endpoint`. */
  readonly endpoint: string;
  /** `CheckConfig.name`. */
  readonly check: string;
  readonly verdict: Verdict;
}

/** What the status page shows of one check of an endpoint. */
export interface CheckReport {
  readonly check: string;
  readonly verdict: Verdict;
  /** Of the last check, in words; '' before the first one. */
  readonly result: string;
  /** Its end, in milliseconds since the epoch; 0 before the first one. */
  readonly atMs: number;
  /** Failures, or passes, in a row. */
  readonly inARow: number;
}

/** What the status page shows of an endpoint. */
export interface HealthReport {
  /** The worst of its checks. */
  readonly verdict: Verdict;
  /** As `health_checks` in nginx Plus's API. */
  readonly counts: CheckCounts;
  readonly checks: readonly CheckReport[];
}

interface Watched {
  readonly endpoint: Checkable;
  readonly upstream: number;
  readonly checked: readonly CheckedEndpoint[];
  isOut: boolean;
}

export class ActiveChecks {
  readonly #options: ActiveChecksOptions;
  readonly #random: RandomBits;
  readonly #matches: ReadonlyMap<CheckConfig, MatchTest>;
  /** By endpoint. */
  readonly #watched = new Map<number, Watched>();
  /** Of the generation before, by endpoint and check; for endpoints that are not known yet, too. */
  readonly #memories = new Map<string, CheckMemory>();
  /** When the next endpoint may be asked for the first time. */
  #nextFirstAtMs = 0;
  #isStopped = false;

  constructor(options: ActiveChecksOptions) {
    this.#options = options;
    this.#random = options.random ?? new RandomBits();
    this.#matches = new Map(options.checks.map((check) => [check, new MatchTest(check.match)]));
  }

  /** The endpoints of an upstream from now on: who is new is checked at once. */
  setEndpoints(upstream: number, endpoints: readonly Checkable[]): void {
    const configs = this.#options.checks.filter((check) => check.upstream === upstream);
    if (configs.length === 0 || this.#isStopped) return;
    for (const watched of [...this.#watched.values()]) {
      if (watched.upstream !== upstream) continue;
      const { id, name } = watched.endpoint;
      const stays = endpoints.some((other) => other.id === id && other.name === name);
      if (!stays) this.#forget(watched);
    }
    for (const endpoint of endpoints) {
      if (!this.#watched.has(endpoint.id)) this.#watch(endpoint, upstream, configs);
    }
  }

  /** Asks nobody any more, for this generation ends; verdicts stay as they are. */
  stop(): void {
    this.#isStopped = true;
    for (const { checked } of this.#watched.values()) for (const one of checked) one.stop();
  }

  /** Undefined for an endpoint without checks. */
  report(endpoint: number): HealthReport | undefined {
    const watched = this.#watched.get(endpoint);
    return watched && reportOf(watched.checked);
  }

  /** For the next generation. */
  take(): CheckMemory[] {
    return [...this.#watched.values()].flatMap((watched) =>
      watched.checked.map(({ config, state }) => ({
        endpoint: this.#pathOf(watched),
        check: config.name,
        verdict: state.verdict,
      })),
    );
  }

  /**
   * Goes on where the generation before was: who was unhealthy stays so until it passes, and who was
   * up need not pass first where the check is `persistent`. A verdict of our own stands.
   */
  restore(memories: readonly CheckMemory[]): void {
    for (const memory of memories) this.#memories.set(keyOf(memory.endpoint, memory.check), memory);
    for (const watched of this.#watched.values()) this.#remember(watched);
  }

  #watch(endpoint: Checkable, upstream: number, configs: readonly CheckConfig[]): void {
    const { log, upstreamNames, wheel } = this.#options;
    const upstreamName = upstreamNames[upstream] ?? '';
    const tools: CheckTools = { wheel, random: this.#random, log, upstreamName };
    const checked = configs.map((config) => {
      const match = this.#matches.get(config) as MatchTest; // the constructor made one of each
      return new CheckedEndpoint(config, match, endpoint, tools, (hasChanged) => {
        if (hasChanged) this.#judge(watched);
        this.#options.onChecked?.(endpoint.id);
      });
    });
    const watched: Watched = { endpoint, upstream, checked, isOut: false };
    this.#watched.set(endpoint.id, watched);
    // An endpoint that had this number before may have left a verdict.
    this.#options.sink.setOut(endpoint.id, false);
    this.#remember(watched);
    for (const one of checked) one.start(this.#firstDelayMs(one.config));
  }

  /** At once for the first and for one that comes later; of many, one after the other. */
  #firstDelayMs({ intervalMs }: CheckConfig): number {
    const { nowMs } = this.#options.wheel.clock;
    const atMs = Math.max(nowMs, this.#nextFirstAtMs);
    this.#nextFirstAtMs = atMs + SPACING_MS;
    return Math.min(intervalMs, atMs - nowMs);
  }

  /** Its verdict stays: threads may have it in their lists for a moment yet. */
  #forget({ checked, endpoint }: Watched): void {
    for (const one of checked) one.stop();
    this.#watched.delete(endpoint.id);
  }

  #remember(watched: Watched): void {
    const path = this.#pathOf(watched);
    for (const { config, state } of watched.checked) {
      const memory = this.#memories.get(keyOf(path, config.name));
      if (memory === undefined || state.checkCount > 0) continue;
      if (memory.verdict === 'unhealthy') state.verdict = 'unhealthy';
      else if (memory.verdict === 'up' && config.persistent) state.verdict = 'up';
    }
    this.#judge(watched);
  }

  #judge(watched: Watched): void {
    const isOut = watched.checked.some(({ state }) => state.isOut);
    if (isOut === watched.isOut) return;
    watched.isOut = isOut;
    const { sink } = this.#options;
    sink.setOut(watched.endpoint.id, isOut);
    const hasPassed = watched.checked.some(({ state }) => state.checkCount > 0);
    if (!isOut && hasPassed) sink.onRecovered(watched.endpoint.id);
  }

  #pathOf({ endpoint, upstream }: Watched): string {
    return `${this.#options.upstreamNames[upstream] ?? ''}/${endpoint.name}`;
  }
}

function keyOf(endpoint: string, check: string): string {
  return `${endpoint} ${check}`;
}

function reportOf(checked: readonly CheckedEndpoint[]): HealthReport {
  const states = checked.map(({ state }) => state);
  const last = states.toSorted((a, b) => b.lastAtMs - a.lastAtMs)[0];
  const verdicts = states.map(({ verdict }) => verdict);
  const sum = (key: 'checkCount' | 'failCount' | 'unhealthyCount') =>
    states.reduce((total, state) => total + state[key], 0);
  return {
    verdict: verdicts.find((v) => v === 'unhealthy') ?? verdicts.find((v) => v !== 'up') ?? 'up',
    counts: {
      checks: sum('checkCount'),
      fails: sum('failCount'),
      unhealthy: sum('unhealthyCount'),
      ...(last?.lastPassed === undefined ? {} : { last_passed: last.lastPassed }),
    },
    checks: checked.map(({ config, state }) => ({
      check: config.name,
      verdict: state.verdict,
      result: state.lastResult,
      atMs: state.lastAtMs,
      inARow: state.inARow,
    })),
  };
}
