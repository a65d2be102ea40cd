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
  /** Whether checks keep everything away from the endpoint; told when that changes, and at first. */
  setOut(endpoint: Checkable, isOut: boolean): void;
  /** A check has put it out, or back in; behind `setOut`. */
  onChange(endpoint: Checkable, upstream: number, change: VerdictChange): void;
  /**
   * Whether a check says that it can do less than usual; told when that changes, and at first with
   * `why` undefined: nobody need hear of it.
   */
  setDegraded(
    endpoint: Checkable,
    upstream: number,
    isDegraded: boolean,
    why: string | undefined,
  ): void;
  /** A check has failed, or its verdict is another one, and that changes nothing for the endpoint. */
  onDetail(level: LogLevel, line: string): void;
  /** A check has ended, after all that follows from it. */
  onChecked?(endpoint: Checkable): void;
}

/** For an endpoint, all its checks together. */
export interface VerdictChange {
  readonly isOut: boolean;
  /** It was unhealthy, not only unknown, and is not any more: its slow start begins. */
  readonly hasRecovered: boolean;
  /** For people. */
  readonly why: string;
}

/** For `ActiveChecks`. */
export interface ActiveChecksOptions {
  readonly checks: readonly CheckConfig[];
  /** By id. */
  readonly upstreamNames: readonly string[];
  readonly wheel: TimerWheel;
  readonly sink: VerdictSink;
  /** Of the jitter. */
  readonly random?: RandomBits;
}

/** What the next generation is told of an endpoint. */
export interface CheckMemory {
  /** `upstream/endpoint`. */
  readonly endpoint: string;
  /** `CheckConfig.name`. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly isDegraded?: boolean;
}

/** What the status page shows of one check of an endpoint. */
export interface CheckReport {
  readonly check: string;
  readonly verdict: Verdict;
  readonly isDegraded: boolean;
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
  isDegraded: boolean;
  /** Some check has said so since it was last in. */
  wasUnhealthy: boolean;
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

  /**
   * The endpoint is checked from now on, at once for the first time, unless it is already or its
   * upstream has no checks. What had its number before is checked no more.
   */
  watch(upstream: number, endpoint: Checkable): void {
    const before = this.#watched.get(endpoint.id);
    if (before?.endpoint.name === endpoint.name) return;
    this.forget(endpoint.id);
    const configs = this.#options.checks.filter((check) => check.upstream === upstream);
    if (configs.length > 0 && !this.#isStopped) this.#watch(endpoint, upstream, configs);
  }

  /** It is checked no more. Its verdict stays: threads may have it in their lists for a moment. */
  forget(endpoint: number): void {
    for (const one of this.#watched.get(endpoint)?.checked ?? []) one.stop();
    this.#watched.delete(endpoint);
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
        isDegraded: state.isDegraded,
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
    const { sink, wheel } = this.#options;
    const tools: CheckTools = { wheel, random: this.#random };
    const checked = configs.map((config): CheckedEndpoint => {
      const match = this.#matches.get(config) as MatchTest; // the constructor made one of each
      const one = new CheckedEndpoint(config, match, endpoint.address, tools, (hasChanged) => {
        this.#onChecked(watched, one, hasChanged);
      });
      return one;
    });
    const watched: Watched = {
      endpoint,
      upstream,
      checked,
      isOut: false,
      isDegraded: false,
      wasUnhealthy: false,
    };
    this.#watched.set(endpoint.id, watched);
    // An endpoint that had this number before may have left a verdict.
    sink.setOut(endpoint, false);
    sink.setDegraded(endpoint, upstream, false, undefined);
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

  #remember(watched: Watched): void {
    const path = this.#pathOf(watched);
    for (const { config, state } of watched.checked) {
      const memory = this.#memories.get(keyOf(path, config.name));
      if (memory === undefined || state.checkCount > 0) continue;
      state.isDegraded = memory.isDegraded === true;
      if (memory.verdict === 'unhealthy') state.verdict = 'unhealthy';
      else if (memory.verdict === 'up' && config.persistent) state.verdict = 'up';
    }
    this.#judge(watched);
    this.#judgeDegraded(watched, undefined);
  }

  #onChecked(watched: Watched, one: CheckedEndpoint, hasChanged: boolean): void {
    const { sink } = this.#options;
    const { endpoint, upstream } = watched;
    const { state, account } = one;
    const hasRecovered = watched.wasUnhealthy;
    this.#judgeDegraded(watched, account);
    if (hasChanged && this.#judge(watched)) {
      const { isOut } = watched;
      const change = { isOut, hasRecovered: hasRecovered && !isOut, why: account };
      sink.onChange(endpoint, upstream, change);
    } else if (hasChanged || state.lastPassed !== true) {
      const name = this.#options.upstreamNames[upstream] ?? '';
      const level = !hasChanged ? 'info' : state.isOut ? 'warn' : 'notice';
      sink.onDetail(level, `upstream "${name}": ${endpoint.name}: ${account}`);
    }
    sink.onChecked?.(endpoint);
  }

  /** True: the endpoint is out now and was not, or the other way round. */
  #judge(watched: Watched): boolean {
    const isOut = watched.checked.some(({ state }) => state.isOut);
    const isUnhealthy = watched.checked.some(({ state }) => state.verdict === 'unhealthy');
    watched.wasUnhealthy = isOut && (watched.wasUnhealthy || isUnhealthy);
    if (isOut === watched.isOut) return false;
    watched.isOut = isOut;
    this.#options.sink.setOut(watched.endpoint, isOut);
    return true;
  }

  #judgeDegraded(watched: Watched, why: string | undefined): void {
    const isDegraded = watched.checked.some(({ state }) => state.isDegraded);
    if (isDegraded === watched.isDegraded) return;
    watched.isDegraded = isDegraded;
    this.#options.sink.setDegraded(watched.endpoint, watched.upstream, isDegraded, why);
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
      ...(last?.lastPassed === undefined ? {} : { lastPassed: last.lastPassed }),
    },
    checks: checked.map(({ config, state }) => ({
      check: config.name,
      verdict: state.verdict,
      isDegraded: state.isDegraded,
      result: state.lastResult,
      atMs: state.lastAtMs,
      inARow: state.inARow,
    })),
  };
}
