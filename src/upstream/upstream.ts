/** Data path. A named group of endpoints with its balancer and pools, for one thread. */

import type { LocalAddress } from '#src/base/address.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { SessionTable } from '#src/shared/session-table.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import {
  type EndpointConfig,
  slotsOf,
  type UpstreamConfig,
} from '#src/upstream/endpoint/upstream-config.ts';
import { IdleRoom, Pool } from '#src/upstream/pool/pool.ts';
import { AdmissionGate } from './admission-gate.ts';
import { BoundUpstreams } from './bound-upstreams.ts';
import { accountOf, type PickAccount } from './pick-account.ts';
import { Sticky } from './sticky.ts';
import type { PickContext, Tier } from './tier.ts';
import { measureOf, ownSessions, tiersOf, type UpstreamThread } from './upstream-parts.ts';
import { type PlaceSource, type QueuePlace, UpstreamQueue } from './upstream-queue.ts';

/** Why no endpoint was picked. */
export type NoPickFailure =
  | 'no_healthy_upstream'
  | 'breaker_open'
  | 'admission_refused'
  | 'sticky_endpoint_out'
  | 'upstream_full'
  | 'queue_full';

/** An endpoint and its slot among those of its upstream. */
export interface PlacedEndpoint {
  readonly slot: number;
  readonly config: EndpointConfig;
}

/** Of two threads that race for the last place of an endpoint both may lose, a few times. */
const MORE_ROUNDS = 8;
/** Turns stay small integers. */
const TURN_MASK = 0x3fffffff;

export class Upstream implements PlaceSource {
  readonly config: UpstreamConfig;
  /** Those that are in it now. */
  endpoints: readonly Endpoint[];
  readonly #id: number;
  readonly #table: EndpointTable;
  /** `backup` behind the others. */
  #tiers: readonly Tier[];
  #firstTier: Tier;
  /** `queue`. */
  readonly #queue: UpstreamQueue | undefined;
  /** Somebody judges its endpoints. */
  readonly #isJudged: boolean;
  /** `circuit_breaker`, `admission_control`. */
  readonly #gate: AdmissionGate | undefined;
  /** The policy, who learns limits or who judges looks at what endpoints do: `record` is to be called. */
  readonly recordsTimes: boolean;
  /** It looks at the age of what waits, too: for heads, or for ends of answers. */
  readonly agesUntil: 'none' | 'header' | 'end';
  /** Undefined: clients are kept nowhere. */
  sticky: Sticky | undefined;
  /** By slot; that of an endpoint which was taken out stays until the slot has another one. */
  readonly #pools: (Pool | undefined)[] = [];
  readonly #sessions: SessionTable | undefined;
  readonly #local: LocalAddress | undefined;
  readonly #room: IdleRoom;
  readonly #thread: UpstreamThread;
  /** What this one shares its endpoints with, when its connections come from some address. */
  readonly #to: Upstream | undefined;
  /** Id of its slot 0 in the endpoint table. */
  readonly firstEndpoint: number;
  /** `max_conns` of the upstream: all endpoints together; 0 is no limit. */
  readonly #maxConns: number;
  /** Another thread took the place that this pick had found. */
  #hasLost = false;
  #retryTurn = 0;
  /** The same upstream with connections from certain local addresses. */
  #bound: BoundUpstreams<Upstream> | undefined = undefined;

  /**
   * `firstEndpoint`: id of its first endpoint in the endpoint table. `bound`: it is that upstream,
   * but with connections of its own that come from `local`. `sessions`: of `sticky learn`; a table
   * of its own when none is given.
   */
  constructor(
    config: UpstreamConfig,
    id: number,
    firstEndpoint: number,
    table: EndpointTable,
    thread: UpstreamThread,
    bound?: { readonly to: Upstream; readonly local: LocalAddress },
    sessions?: SessionTable,
  ) {
    this.config = config;
    this.#id = id;
    this.#table = table;
    this.#thread = thread;
    this.firstEndpoint = firstEndpoint;
    this.#maxConns = config.maxConns ?? 0;
    const { clock } = thread.wheel;
    const isAlone = config.endpoints.length === 1;
    this.endpoints =
      bound?.to.endpoints ??
      config.endpoints.map((endpoint, index) => {
        const isAdaptive = (config.concurrency ?? null) !== null;
        const endpointId = firstEndpoint + index;
        return new Endpoint(endpoint, endpointId, table.standing, clock, isAlone, isAdaptive);
      });
    const { policy, queue } = config;
    const measure = measureOf(policy);
    const judges = config.judges ?? null;
    this.recordsTimes =
      measure !== 'none' || (config.concurrency ?? null) !== null || judges !== null;
    this.#isJudged = judges !== null;
    const isGated = judges !== null && (judges.breaker !== null || judges.admission !== null);
    if (bound !== undefined) this.#gate = bound.to.#gate;
    else this.#gate = isGated ? new AdmissionGate(table.admissions, id) : undefined;
    this.agesUntil =
      measure === 'header-open' ? 'header' : measure === 'total-open' ? 'end' : 'none';
    this.#tiers =
      bound === undefined ? tiersOf(config, this.endpoints, table, thread) : bound.to.#tiers;
    this.#firstTier = this.#tiers[0] as Tier;
    if (bound !== undefined) this.#queue = bound.to.#queue;
    else if (queue) this.#queue = new UpstreamQueue(queue, id, table.queues, this, thread.wheel);
    else this.#queue = undefined;
    this.#sessions = bound === undefined ? ownSessions(config, sessions) : undefined;
    this.sticky = bound === undefined ? this.#makeSticky() : bound.to.sticky;
    this.#room = bound === undefined ? new IdleRoom(config.pool.maxIdle) : bound.to.#room;
    this.#to = bound?.to;
    this.#local = bound?.local;
    for (const endpoint of this.endpoints) this.#openPool(endpoint);
  }

  /**
   * Who is in it from now on, each at its slot. An endpoint whose address stays at its slot is the same
   * as before, with its connections; those of the others are closed when nothing uses them, and what is
   * in flight there ends. Who waits in the queue is looked at again.
   */
  replaceEndpoints(list: readonly PlacedEndpoint[]): void {
    const before = new Map(this.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const { standing } = this.#table;
    const { clock } = this.#thread.wheel;
    const isAlone = list.length === 1;
    const isAdaptive = (this.config.concurrency ?? null) !== null;
    const endpoints = list.map(({ config, slot }) => {
      const id = this.firstEndpoint + slot;
      const known = before.get(id);
      if (known?.config.name !== config.name) {
        return new Endpoint(config, id, standing, clock, isAlone, isAdaptive);
      }
      known.configure(config, isAlone);
      return known;
    });
    this.endpoints = endpoints;
    this.#setTiers(tiersOf(this.config, endpoints, this.#table, this.#thread));
    this.sticky = this.#makeSticky();
    this.#changePools(before);
    for (const bound of this.#bound?.all ?? []) bound.#follow(this, before);
    this.#queue?.onFreed();
  }

  /** Of one that shares its endpoints with another: that one's have changed. */
  #follow(to: Upstream, before: ReadonlyMap<number, Endpoint>): void {
    this.endpoints = to.endpoints;
    this.#setTiers(to.#tiers);
    this.sticky = to.sticky;
    this.#changePools(before);
  }

  #setTiers(tiers: readonly Tier[]): void {
    this.#tiers = tiers;
    this.#firstTier = tiers[0] as Tier;
  }

  #changePools(before: ReadonlyMap<number, Endpoint>): void {
    const now = new Set(this.endpoints);
    for (const endpoint of before.values()) if (!now.has(endpoint)) this.poolOf(endpoint).retire();
    const known = new Set(before.values());
    for (const endpoint of now) if (!known.has(endpoint)) this.#openPool(endpoint);
  }

  #openPool(endpoint: Endpoint): void {
    const { pool } = this.config;
    const slot = endpoint.id - this.firstEndpoint;
    this.#pools[slot] = new Pool(endpoint, pool, this.#room, this.#thread, this.#local);
  }

  #makeSticky(): Sticky | undefined {
    const { sticky } = this.config;
    const { clock } = this.#thread.wheel;
    if (sticky === null) return undefined;
    return new Sticky(sticky, this.endpoints, this.firstEndpoint, this.#sessions, clock);
  }

  /** The same, with connections that come from where the system likes. */
  get unbound(): Upstream {
    return this.#to ?? this;
  }

  /** The same, with connections that come from that address: endpoints and their state are shared. */
  boundTo(local: LocalAddress): Upstream {
    this.#bound ??= new BoundUpstreams(this.#thread.drain, (address, drain) => {
      const thread = { ...this.#thread, drain };
      const bound = { to: this, local: address };
      const { config } = this;
      return new Upstream(config, this.#id, this.firstEndpoint, this.#table, thread, bound);
    });
    return this.#bound.at(local);
  }

  /** Next position of the rotation, over all threads. */
  nextTurn(): number {
    return this.#table.nextTurn(this.#id);
  }

  /**
   * The position of a further try: those use up no turn of the rotation. As nginx has it, the next
   * exchange begins where it had begun without them: with two endpoints of which one fails, every
   * second one there and not each.
   */
  nextRetryTurn(): number {
    this.#retryTurn = (this.#retryTurn + 1) & TURN_MASK;
    return this.#retryTurn;
  }

  /**
   * Picks an endpoint and counts an attempt in flight there; `finish` must follow once. Undefined:
   * `wait` says what comes of it.
   */
  pick(context: PickContext): Endpoint | undefined {
    if (this.#gate?.turnsAway() === true) return undefined;
    return this.#pick(context, this.#queue);
  }

  /** As `pick`, and hands over what led to it. For exchanges that somebody asks about. */
  pickWatched(
    context: PickContext,
    onPicked: (account: PickAccount) => void,
  ): Endpoint | undefined {
    const { sticky } = this;
    const tiers = this.#tiers;
    const bound = sticky?.endpointsOf(context.session());
    const watched = tiers.map((tier) => tier.watch());
    try {
      const endpoint = this.pick(context);
      const { function: ref, name, words } = this.config.policy;
      const policy = ref === null ? [name, ...words].join(' ') : `function ${ref.name || ref.path}`;
      onPicked(accountOf(policy, watched, endpoint, bound));
      return endpoint;
    } finally {
      for (const [at, one] of watched.entries()) tiers[at]?.unwatch(one);
    }
  }

  /** PlaceSource: as `pick`, for one whose turn it is. */
  pickAhead(context: PickContext): Endpoint | undefined {
    return this.#pick(context, undefined);
  }

  /**
   * Another thread may take a place between the look at it and the count: then the next look sees that
   * it is taken. Who loses so often that everybody could have been full has met a full upstream.
   */
  #pick(context: PickContext, queue: UpstreamQueue | undefined): Endpoint | undefined {
    let endpoint = this.#pickOnce(context, queue);
    for (let left = this.endpoints.length + MORE_ROUNDS; this.#hasLost; left--) {
      this.#hasLost = false;
      if (left > 0) endpoint = this.#pickOnce(context, queue);
    }
    return endpoint;
  }

  #pickOnce(context: PickContext, queue: UpstreamQueue | undefined): Endpoint | undefined {
    if (this.#maxConns > 0 && this.#isFull()) return undefined;
    if (this.sticky !== undefined) {
      const bound = this.sticky.endpointsOf(context.session());
      if (bound !== undefined) return this.#pickBound(bound, this.sticky, context, queue);
    }
    let tier = this.#firstTier;
    let endpoint = tier.pick(context);
    for (let rank = 1; endpoint === undefined && rank < this.#tiers.length; rank++) {
      tier = this.#tiers[rank] as Tier;
      endpoint = tier.pick(context);
    }
    if (endpoint === undefined) return undefined;
    const limit = tier.pickLimit(endpoint);
    if (limit > 0 || this.#maxConns > 0) {
      if (queue?.blocks(context) === true) return undefined;
      if (!this.#tryStart(endpoint, limit)) return this.#lose();
    } else this.#table.start(endpoint.id);
    return tier.take(endpoint) ? endpoint : this.#yield(endpoint);
  }

  /** Another thread makes the trial that this one was about to make. */
  #yield(endpoint: Endpoint): undefined {
    this.#table.withdraw(endpoint.id);
    return this.#lose();
  }

  /**
   * As in nginx an endpoint of `backup` is kept only while nobody of a lower rank can be used. Who may
   * go nowhere else waits behind nobody: others would wait behind it for a place it cannot have.
   */
  #pickBound(
    bound: readonly Endpoint[],
    { config: { isStrict } }: Sticky,
    context: PickContext,
    queue: UpstreamQueue | undefined,
  ): Endpoint | undefined {
    for (const tier of this.#tiers) {
      const own = tier.pickBound(bound, context);
      const endpoint = own ?? (isStrict ? undefined : tier.pick(context));
      if (endpoint === undefined) continue;
      const limit = own === undefined ? tier.pickLimit(endpoint) : tier.limitOf(endpoint);
      if (limit > 0 || this.#maxConns > 0) {
        if (!isStrict && queue?.blocks(context) === true) return undefined;
        if (!this.#tryStart(endpoint, limit)) return this.#lose();
      } else this.#table.start(endpoint.id);
      return tier.take(endpoint) ? endpoint : this.#yield(endpoint);
    }
    return undefined;
  }

  /** Counts it in flight, unless somebody else has taken the last place. */
  #tryStart({ id }: Endpoint, limit: number): boolean {
    if (this.#maxConns === 0) return this.#table.tryStart(id, limit);
    const count = slotsOf(this.config);
    return this.#table.tryStartAmong(id, limit, this.firstEndpoint, count, this.#maxConns);
  }

  /** Whether as many are in flight as `max_conns` of the upstream says. */
  #isFull(): boolean {
    return this.#table.sumActive(this.firstEndpoint, slotsOf(this.config)) >= this.#maxConns;
  }

  #lose(): undefined {
    this.#hasLost = true;
    return undefined;
  }

  /** `sticky … strict`: the exchange is bound to an endpoint, and goes nowhere else. */
  #isBound(context: PickContext): boolean {
    const { sticky } = this;
    return sticky?.config.isStrict === true && sticky.endpointsOf(context.session()) !== undefined;
  }

  /** None was picked: it waits (undefined), or this is what it is answered with. */
  wait(place: QueuePlace): NoPickFailure | undefined {
    const turnedAway = this.#gate?.failure;
    if (turnedAway !== undefined) return turnedAway;
    if (this.#isBound(place.context)) return 'sticky_endpoint_out';
    if (!this.hasUsable(place.context)) return 'no_healthy_upstream';
    const queue = this.#queue;
    const { queues } = this.#table;
    if (queue === undefined || place.context.isRetry === true) {
      queues.shed(this.#id, 'without_queue');
      return 'upstream_full';
    }
    if (queue.join(place)) return undefined;
    queues.shed(this.#id, 'full');
    return 'queue_full';
  }

  /** PlaceSource. */
  hasUsable(context: PickContext): boolean {
    return this.#tiers.some((tier) => tier.hasUsable(context));
  }

  /** PlaceSource. */
  hasRoom(): boolean {
    if (this.#maxConns > 0 && this.#isFull()) return false;
    return this.#tiers.some((tier) => tier.hasRoom());
  }

  /** Another attempt at the endpoint that has the exchange, and stays in flight there; what the one before has carried. */
  repeat(endpoint: Endpoint, sent = 0, received = 0): void {
    this.#table.repeat(endpoint.id, sent, received);
  }

  /** Whether a pick could still find an endpoint that this exchange has not tried. */
  hasUntried(context: PickContext): boolean {
    return this.#tiers.some((tier) => tier.hasUntried(context));
  }

  /** One more try of an exchange: whether there is budget for it (`retry_budget`), which it takes. */
  takeRetry(): boolean {
    const { retryBudget } = this.config;
    if (!retryBudget) return true;
    const table = this.#table;
    let endedWell = 0;
    let inFlight = 0;
    for (const { id } of this.endpoints) {
      endedWell += table.endedWell(id);
      inFlight += table.ownActive(id);
    }
    const nowMs = sharedNowMs(this.#thread.wheel.clock.nowMs);
    return table.retries.take(this.#id, retryBudget, endedWell, inFlight, nowMs);
  }

  /** An answer whose status `proxy_next_upstream` lists: it earns no further tries. */
  noteBadAnswer(): void {
    this.#table.retries.noteBadAnswer(this.#id);
  }

  /** The attempt has left the endpoint; it began at `startedAtMs`, and has carried so many bytes. */
  finish(
    endpoint: Endpoint,
    isFailure: boolean,
    startedAtMs: number,
    sent = 0,
    received = 0,
  ): void {
    const { nowMs } = this.#thread.wheel.clock;
    this.#table.finish(endpoint.id, nowMs - startedAtMs, sent, received);
    if (isFailure) {
      this.#table.fail(endpoint.id);
      endpoint.onFailure();
    } else if (endpoint.onSuccess()) this.#joined(endpoint);
    if (this.#queue === undefined) return;
    this.#table.settle(endpoint.id);
    this.#queue.onFreed();
  }

  /**
   * How long an attempt that ends now took: to the head of the answer (−1: there was none), and in
   * all. A failure or an error of the endpoint is one. Only where `recordsTimes`.
   */
  record(endpoint: Endpoint, startedAtMs: number, headerMs: number, isFailure: boolean): void {
    const { nowMs } = this.#thread.wheel.clock;
    const totalMs = nowMs - startedAtMs;
    const toHeaderMs = headerMs < 0 ? totalMs : headerMs;
    this.#table.times.record(endpoint.id, toHeaderMs, totalMs, isFailure, sharedNowMs(nowMs));
  }

  /** The head of its answer has come, `headerMs` after the attempt began. */
  noteAnswer(endpoint: Endpoint, status: number, headerMs: number): void {
    if (status < 500) this.#table.noteAnswer(endpoint.id, (status / 100) | 0 || 1, headerMs);
    else {
      this.#table.noteAnswer(endpoint.id, 5, headerMs);
      if (this.#isJudged) this.#table.alarm.ring();
    }
  }

  /** An attempt ended well, or was lost there; not called for answers with 5xx. Only where `recordsTimes`. */
  noteOutcome(endpoint: Endpoint, isGood: boolean): void {
    this.#table.noteOutcome(endpoint.id, isGood);
    if (!isGood && this.#isJudged) this.#table.alarm.ring();
  }

  /** An attempt begins to wait for what `agesUntil` names; `noteEnd` must follow once. */
  noteBegin(endpoint: Endpoint, startedAtMs: number): void {
    this.#table.times.open(endpoint.id, sharedNowMs(startedAtMs));
  }

  /** It has come, or never will. */
  noteEnd(endpoint: Endpoint, startedAtMs: number): void {
    this.#table.times.close(endpoint.id, sharedNowMs(startedAtMs));
  }

  /** It is back in service. */
  #joined(endpoint: Endpoint): void {
    if (endpoint.config.slowStartMs === 0) return;
    this.#table.times.join(endpoint.id, sharedNowMs(this.#thread.wheel.clock.nowMs));
  }

  /** Exchanges in flight there, over all threads. */
  inFlight(endpoint: Endpoint): number {
    return this.#table.active(endpoint.id);
  }

  poolOf(endpoint: Endpoint): Pool {
    return this.#pools[endpoint.id - this.firstEndpoint] as Pool;
  }

  close(): void {
    for (const pool of this.#pools) pool?.close();
    this.#bound?.close();
  }
}
