/**
 * Data path. Some endpoints of an upstream with a balancer among them: the first ones, or those of
 * one rank of `backup`. What a balancer sees of them is read from shared memory when it asks.
 */

import type { Clock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import type { EndpointStanding } from '#src/shared/endpoint-standing.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { type EndpointTimes, sharedNowMs, type TimeMeasure } from '#src/shared/endpoint-times.ts';
import type { Balancer, PickView } from '#src/upstream/balancers/balancer.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PolicyConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { ALL, DegradedShare, HEALTHY, WEAK } from './degraded-share.ts';
import { WatchedBalancer, type WatchedTier } from './pick-account.ts';
import { RecentTimes } from './recent-times.ts';

/** What a pick must know of the exchange, and of the upstream as a whole. */
export interface PickContext {
  /** This exchange has already failed there. */
  hasTried(endpoint: Endpoint): boolean;
  /** Next round-robin position of the upstream over all threads: 0 … 2^30−1, wrapping. */
  nextTurn(): number;
  /** What the policy hashes; one char per byte. Asked only of policies that take a key. */
  key(): string;
  /** It has had its turn already: it waits behind nobody. */
  readonly isRetry?: boolean;
  /** Its class in a queue, as text. Asked only of queues that have classes. */
  priority?(): string;
  /** What the client brought that tells its endpoint; ''. Asked only where there is `sticky`. */
  session(): string;
}

/** A test switch: each thread knows of its own exchanges only (npm run prove -- skew-story). */
const COUNTS_ALONE = process.env['WEIR_TEST_LOCAL_LOAD'] === '1';
/** Which endpoints take part in a pick, by their locality. */
const ANYWHERE = 0;
const HERE = 1;
const ELSEWHERE = 2;
/** Envoy's: a locality keeps all exchanges until it has lost more than 2/7 of itself. */
const OVERPROVISIONING = 1.4;
/** Of a share that is nearly nothing: somebody has to be the first to try it again. */
const LEAST_SHARE = 0.01;
const NO_CONTEXT: PickContext = {
  hasTried: () => true,
  nextTurn: () => 0,
  key: () => '',
  session: () => '',
};

/** What of a policy is the same whatever balances. */
export type TierPolicy = Pick<PolicyConfig, 'degradedShare' | 'locality' | 'panicShare'>;

export class Tier implements PickView {
  readonly endpoints: readonly Endpoint[];
  #balancer: Balancer;
  readonly #table: EndpointTable;
  readonly #times: EndpointTimes;
  readonly #standing: EndpointStanding;
  /** In the table, by index. */
  readonly #ids: Int32Array;
  /** Their ids follow each other: their cells can be added up in one sweep. */
  readonly #isInOneRow: boolean;
  readonly #recent: RecentTimes | undefined;
  readonly #clock: Clock;
  readonly #random = new RandomBits();
  readonly #panicShare: number;
  readonly #locality: string;
  readonly #hasPreference: boolean;
  /** Some endpoint is degraded, as of the epoch below. */
  #hasDegraded = false;
  readonly #degraded: DegradedShare;
  /** Not all take part in every pick: for their locality, or as some are degraded. */
  #hasSides: boolean;
  readonly #hasSlowStart: boolean;
  readonly #hasLimits: boolean;
  /** By index, 1: nothing is to be asked; as of the epoch that is noted beside. */
  readonly #fine: Uint8Array;
  #epoch: number;
  readonly #rank: number;
  readonly #isBounded: boolean;
  #context = NO_CONTEXT;
  /** Those in slow start whose share is above it take part in this pick. */
  #dice = 0;
  #isPanic = false;
  #side = ANYWHERE;
  #strength = ALL;
  /** In this pick an endpoint that is fine may be taken: no limits, no slow start, nobody tried. */
  #isPlain = false;

  constructor(
    endpoints: readonly Endpoint[],
    balancer: Balancer,
    table: EndpointTable,
    measure: TimeMeasure,
    clock: Clock,
    { degradedShare, locality, panicShare }: TierPolicy,
  ) {
    this.endpoints = endpoints;
    this.#balancer = balancer;
    this.#table = table;
    this.#times = table.times;
    this.#standing = table.standing;
    this.#ids = Int32Array.from(endpoints, ({ id }) => id);
    this.#isInOneRow =
      !COUNTS_ALONE && this.#ids.every((id, at, ids) => id === (ids[0] as number) + at);
    this.#recent =
      measure === 'none' ? undefined : new RecentTimes(table.times, this.#ids, measure, clock);
    this.#clock = clock;
    this.#panicShare = panicShare;
    this.#locality = locality;
    // All here, or all elsewhere: there is nothing to prefer.
    const hereCount = endpoints.filter(({ config }) => config.locality === locality).length;
    this.#hasPreference = locality !== '' && hereCount > 0 && hereCount < endpoints.length;
    this.#hasSides = this.#hasPreference;
    this.#degraded = new DegradedShare(endpoints, degradedShare, clock, this.#random);
    this.#fine = new Uint8Array(endpoints.length);
    this.#epoch = this.#readFine();
    this.#rank = endpoints[0]?.config.tier ?? 0;
    this.#isBounded = balancer.pickLimit !== undefined;
    this.#hasSlowStart = endpoints.some(({ config }) => config.slowStartMs > 0);
    this.#hasLimits = endpoints.some(({ isLimited }) => isLimited);
  }

  /** The endpoint that the policy chooses; undefined when none may be taken. Counts nothing. */
  pick(context: PickContext): Endpoint | undefined {
    this.#context = context;
    if (this.#standing.epoch !== this.#epoch) this.#epoch = this.#readFine();
    if (this.#panicShare > 0) this.#isPanic = this.#isBelowPanicShare();
    if (this.#hasSlowStart) this.#dice = Math.random();
    if (this.#recent !== undefined) this.#recent.refresh();
    this.#isPlain = !this.#hasLimits && this.#dice === 0 && context.isRetry === false;
    if (this.#hasSides) this.#chooseSides();
    let at = this.#balancer.pick(this);
    if (at < 0) at = this.#pickWider();
    this.#context = NO_CONTEXT;
    return at < 0 ? undefined : this.endpoints[at];
  }

  /** None of those who take part can be taken: others may, one condition after the other. */
  #pickWider(): number {
    let at = -1;
    if (this.#side !== ANYWHERE) {
      this.#side = ANYWHERE;
      at = this.#balancer.pick(this);
    }
    if (at < 0 && this.#strength !== ALL) {
      this.#strength = ALL;
      this.#isPlain = false;
      at = this.#balancer.pick(this);
    }
    if (at < 0 && this.#dice > 0) {
      this.#dice = 0; // all that is left has just come: better than nobody
      at = this.#balancer.pick(this);
    }
    return at;
  }

  /** Until `unwatch`, picks are written down. */
  watch(): WatchedTier {
    const watched = new WatchedBalancer(this.#balancer, this);
    this.#balancer = watched;
    return { endpoints: this.endpoints, watched, inFlight: (at) => this.inFlight(at) };
  }

  unwatch({ watched }: WatchedTier): void {
    this.#balancer = watched.inner;
  }

  /** Within a pick that is watched: why it may not be taken; '' when it may. */
  reasonAgainst(at: number): string {
    if (this.mayTake(at)) return '';
    const endpoint = this.endpoints[at] as Endpoint;
    if (!this.#isInService(endpoint)) return endpoint.reasonsOut().join(', ');
    if (!this.#hasRoom(endpoint)) {
      return `full: ${this.#table.active(endpoint.id)} in flight of ${this.limitOf(endpoint)}`;
    }
    if (this.#context.hasTried(endpoint)) return 'tried before';
    if (this.#side !== ANYWHERE && !this.#isOnSide(endpoint)) return 'of another locality';
    if (this.#strength === HEALTHY && endpoint.isDegraded) {
      return 'degraded: the healthy ones are enough for this one';
    }
    if (this.#strength === WEAK && !endpoint.isDegraded) {
      return 'too few are healthy: this one is for those that are degraded';
    }
    return `slow start: it has ${Math.floor(this.#share(endpoint) * 100)} % of its share`;
  }

  /** It was picked. False: another thread makes the trial that this would have been (`max_fails`). */
  take(endpoint: Endpoint): boolean {
    return endpoint.onPicked() || this.#isPanic;
  }

  /** Of the endpoints that an exchange is bound to, one of this tier that may be taken. */
  pickBound(bound: readonly Endpoint[], context: PickContext): Endpoint | undefined {
    const from = bound.length === 1 ? 0 : context.nextTurn();
    for (let index = 0; index < bound.length; index++) {
      const endpoint = bound[(from + index) % bound.length] as Endpoint;
      if (endpoint.config.tier !== this.#rank || !endpoint.isInService()) continue;
      if (this.#hasRoom(endpoint) && !context.hasTried(endpoint)) return endpoint;
    }
    return undefined;
  }

  /** Whether a pick would find one. */
  hasUntried(context: PickContext): boolean {
    for (const endpoint of this.endpoints) {
      if (endpoint.isEligible() && this.#hasRoom(endpoint) && !context.hasTried(endpoint))
        return true;
    }
    return false;
  }

  /** Whether one is in service that this exchange has not tried; it may be full. */
  hasUsable(context: PickContext): boolean {
    for (const endpoint of this.endpoints) {
      if (this.#isInService(endpoint) && !context.hasTried(endpoint)) return true;
    }
    return false;
  }

  /** Whether one is in service and has room. */
  hasRoom(): boolean {
    return this.endpoints.some((each) => this.#isInService(each) && this.#hasRoom(each));
  }

  // ---- PickView --------------------------------------------------------------------------------

  mayTake(at: number): boolean {
    if (this.#isPlain && this.#fine[at] === 1) return true;
    const endpoint = this.endpoints[at] as Endpoint;
    if (!this.#isInService(endpoint)) return false;
    if (endpoint.isLimited && !this.#hasRoom(endpoint)) return false;
    if (this.#dice > 0 && this.#share(endpoint) <= this.#dice) return false;
    if (this.#side !== ANYWHERE && !this.#isOnSide(endpoint)) return false;
    if (this.#strength !== ALL && endpoint.isDegraded !== (this.#strength === WEAK)) return false;
    return !this.#context.hasTried(endpoint);
  }

  inFlight(at: number): number {
    const id = this.#ids[at] as number;
    return COUNTS_ALONE ? this.#table.activeHere(id) : this.#table.active(id);
  }

  allInFlight(): number {
    const ids = this.#ids;
    if (this.#isInOneRow) return this.#table.sumActive(ids[0] as number, ids.length);
    let sum = 0;
    for (let at = 0; at < ids.length; at++) sum += this.inFlight(at);
    return sum;
  }

  timeUs(at: number): number {
    return this.#recent === undefined ? -1 : this.#recent.us(at);
  }

  nextTurn(): number {
    return this.#context.nextTurn();
  }

  randomBits(): number {
    return this.#random.next();
  }

  key(): string {
    return this.#context.key();
  }

  // ---- What holds for one endpoint -------------------------------------------------------------

  /** How many exchanges the endpoint that was just picked may have, that one included; 0: no limit. */
  pickLimit(endpoint: Endpoint): number {
    const limit = endpoint.isLimited ? this.limitOf(endpoint) : 0;
    if (!this.#isBounded) return limit;
    const bound = this.#balancer.pickLimit as number;
    return limit === 0 ? bound : Math.min(limit, bound);
  }

  /**
   * `max_conns`, or what it was learned to take, whichever is less; 0 is no limit. Of that its share
   * while it starts slowly.
   */
  limitOf(endpoint: Endpoint): number {
    const { maxConns, slowStartMs } = endpoint.config;
    const learned = this.#table.learnedLimit(endpoint.id);
    const limit = learned > 0 && (maxConns === 0 || learned < maxConns) ? learned : maxConns;
    if (limit === 0 || slowStartMs === 0) return limit;
    return Math.max(1, Math.floor(limit * this.#share(endpoint)));
  }

  #readFine(): number {
    const epoch = this.#standing.readFine(this.#ids, this.#fine);
    for (const [at, { config }] of this.endpoints.entries()) {
      if (config.down || config.drain) this.#fine[at] = 0;
    }
    this.#hasDegraded = this.endpoints.some(({ isDegraded }) => isDegraded);
    this.#hasSides = this.#hasPreference || this.#hasDegraded;
    this.#strength = ALL;
    this.#degraded.forget();
    return epoch;
  }

  #isInService(endpoint: Endpoint): boolean {
    if (endpoint.isEligible()) return true;
    return this.#isPanic && endpoint.isWanted;
  }

  #hasRoom(endpoint: Endpoint): boolean {
    const limit = this.limitOf(endpoint);
    return limit === 0 || this.#table.active(endpoint.id) < limit;
  }

  /** How much of its share an endpoint gets: from nearly 0, when it has come back, to 1. */
  #share(endpoint: Endpoint): number {
    const { slowStartMs } = endpoint.config;
    if (slowStartMs === 0) return 1;
    const joinedAtMs = this.#times.joinedAtMs(endpoint.id);
    if (joinedAtMs === 0) return 1;
    const passedMs = sharedNowMs(this.#clock.nowMs) - joinedAtMs;
    return Math.min(1, Math.max(LEAST_SHARE, passedMs / slowStartMs));
  }

  #isOnSide({ config }: Endpoint): boolean {
    return (config.locality === this.#locality) === (this.#side === HERE);
  }

  /** Who takes part in this pick. Those that are fine are healthy. */
  #chooseSides(): void {
    if (this.#hasPreference) this.#side = this.#chooseSide();
    if (this.#hasDegraded) this.#strength = this.#isPanic ? ALL : this.#degraded.choose();
    if (this.#side !== ANYWHERE || this.#strength === WEAK) this.#isPlain = false;
  }

  /** Here, with the chance that 1.4 times the share of weight in service gives (semantics.md §14). */
  #chooseSide(): number {
    let weight = 0;
    let inService = 0;
    for (const endpoint of this.endpoints) {
      if (endpoint.config.locality !== this.#locality) continue;
      weight += endpoint.config.weight;
      if (this.#isInService(endpoint)) inService += endpoint.config.weight;
    }
    return Math.random() < (OVERPROVISIONING * inService) / weight ? HERE : ELSEWHERE;
  }

  #isBelowPanicShare(): boolean {
    let eligible = 0;
    for (const endpoint of this.endpoints) if (endpoint.isEligible()) eligible += 1;
    return eligible < this.#panicShare * this.endpoints.length;
  }
}
