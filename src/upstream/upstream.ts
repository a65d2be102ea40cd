/** Data path. A named group of endpoints with its balancer and pools, for one thread. */

import type { LocalAddress } from '#src/base/address.ts';
import type { Clock } from '#src/base/clock.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs, type TimeMeasure } from '#src/shared/endpoint-times.ts';
import { SessionTable } from '#src/shared/session-table.ts';
import type { Balancer, BalancerMaterial } from '#src/upstream/balancers/balancer.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { IdleRoom, Pool, type PoolThread } from '#src/upstream/pool/pool.ts';
import { BoundUpstreams } from './bound-upstreams.ts';
import { Sticky } from './sticky.ts';
import { type PickContext, Tier } from './tier.ts';
import { type PlaceSource, type QueuePlace, UpstreamQueue } from './upstream-queue.ts';

/** Why no endpoint was picked. */
export type NoPickFailure =
  | 'no_healthy_upstream'
  | 'sticky_endpoint_out'
  | 'upstream_full'
  | 'queue_full';

/** What the upstreams of a thread share. */
export interface UpstreamThread extends PoolThread {
  /** Makes the balancer that a function of weir.config.ts is; absent where functions do not run. */
  makeBalancer?(ref: FunctionRef, material: BalancerMaterial): Balancer;
}

/** Of two threads that race for the last place of an endpoint both may lose, a few times. */
const MORE_ROUNDS = 8;

export class Upstream implements PlaceSource {
  readonly config: UpstreamConfig;
  readonly endpoints: readonly Endpoint[];
  readonly #id: number;
  readonly #table: EndpointTable;
  /** `backup` behind the others. */
  readonly #tiers: readonly Tier[];
  readonly #firstTier: Tier;
  /** `queue`. */
  readonly #queue: UpstreamQueue | undefined;
  /** The policy, or who learns limits, looks at how long endpoints take: `record` is to be called. */
  readonly recordsTimes: boolean;
  /** It looks at the age of what waits, too: for heads, or for ends of answers. */
  readonly agesUntil: 'none' | 'header' | 'end';
  /** Undefined: clients are kept nowhere. */
  readonly sticky: Sticky | undefined;
  readonly #pools: readonly Pool[];
  readonly #room: IdleRoom;
  readonly #thread: UpstreamThread;
  /** What this one shares its endpoints with, when its connections come from some address. */
  readonly #to: Upstream | undefined;
  readonly #firstEndpoint: number;
  /** `max_conns` of the upstream: all endpoints together; 0 is no limit. */
  readonly #maxConns: number;
  /** Another thread took the place that this pick had found. */
  #hasLost = false;
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
    const { clock } = thread.wheel;
    const isAlone = config.endpoints.length === 1;
    this.endpoints =
      bound?.to.endpoints ??
      config.endpoints.map((endpoint, index) => {
        const isAdaptive = (config.concurrency ?? null) !== null;
        return new Endpoint(endpoint, firstEndpoint + index, clock, isAlone, isAdaptive);
      });
    const { policy, queue } = config;
    const measure = measureOf(policy);
    this.recordsTimes = measure !== 'none' || (config.concurrency ?? null) !== null;
    this.agesUntil =
      measure === 'header-open' ? 'header' : measure === 'total-open' ? 'end' : 'none';
    this.#tiers =
      bound === undefined ? tiersOf(config, this.endpoints, table, thread) : bound.to.#tiers;
    this.#firstTier = this.#tiers[0] as Tier;
    if (bound !== undefined) this.#queue = bound.to.#queue;
    else if (queue) this.#queue = new UpstreamQueue(queue, id, table.queues, this, thread.wheel);
    else this.#queue = undefined;
    this.sticky =
      bound === undefined ? stickyOf(config, this.endpoints, sessions, clock) : bound.to.sticky;
    this.#room = bound === undefined ? new IdleRoom(config.pool.maxIdle) : bound.to.#room;
    this.#to = bound?.to;
    this.#thread = thread;
    this.#firstEndpoint = firstEndpoint;
    this.#maxConns = config.maxConns ?? 0;
    this.#pools = this.endpoints.map((endpoint) => {
      return new Pool(endpoint, config.pool, this.#room, thread, bound?.local);
    });
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
      return new Upstream(config, this.#id, this.#firstEndpoint, this.#table, thread, bound);
    });
    return this.#bound.at(local);
  }

  /** Next position of the rotation, over all threads. */
  nextTurn(): number {
    return this.#table.nextTurn(this.#id);
  }

  /**
   * Picks an endpoint and counts an attempt in flight there; `finish` must follow once. Undefined:
   * `wait` says what comes of it.
   */
  pick(context: PickContext): Endpoint | undefined {
    return this.#pick(context, this.#queue);
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
    endpoint.onPicked();
    return endpoint;
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
      endpoint.onPicked();
      return endpoint;
    }
    return undefined;
  }

  /** Counts it in flight, unless somebody else has taken the last place. */
  #tryStart({ id }: Endpoint, limit: number): boolean {
    if (this.#maxConns === 0) return this.#table.tryStart(id, limit);
    const count = this.endpoints.length;
    return this.#table.tryStartAmong(id, limit, this.#firstEndpoint, count, this.#maxConns);
  }

  /** Whether as many are in flight as `max_conns` of the upstream says. */
  #isFull(): boolean {
    return this.#table.sumActive(this.#firstEndpoint, this.endpoints.length) >= this.#maxConns;
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

  /** Another attempt at the endpoint that has the exchange: it stays in flight there. */
  repeat(endpoint: Endpoint): void {
    this.#table.repeat(endpoint.id);
  }

  /** Whether a pick could still find an endpoint that this exchange has not tried. */
  hasUntried(context: PickContext): boolean {
    return this.#tiers.some((tier) => tier.hasUntried(context));
  }

  /** The attempt has left the endpoint; it began at `startedAtMs`. */
  finish(endpoint: Endpoint, isFailure: boolean, startedAtMs: number): void {
    this.#table.finish(endpoint.id, this.#thread.wheel.clock.nowMs - startedAtMs);
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
    return this.#pools[endpoint.id - this.#firstEndpoint] as Pool;
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
    this.#bound?.close();
  }
}

/** Of sessions that no other thread shares: in warm-up, `weir explain` and tests there are few. */
const MAX_OWN_BYTES = 1024 * 1024;

function stickyOf(
  { sticky }: UpstreamConfig,
  endpoints: readonly Endpoint[],
  sessions: SessionTable | undefined,
  clock: Clock,
): Sticky | undefined {
  if (sticky === null) return undefined;
  const { zone } = sticky;
  const bytes = Math.min(zone?.bytes ?? 0, MAX_OWN_BYTES);
  const table = zone === null ? undefined : (sessions ?? SessionTable.alone(bytes));
  return new Sticky(sticky, endpoints, table, clock);
}

/** By rank: tier 0, then those of `backup`. */
function tiersOf(
  { policy }: UpstreamConfig,
  endpoints: readonly Endpoint[],
  table: EndpointTable,
  thread: UpstreamThread,
): Tier[] {
  const kind = balancerNamed(policy.name);
  const { words } = policy;
  const measure = measureOf(policy);
  const { clock } = thread.wheel;
  const ranks = [...new Set(endpoints.map(({ config }) => config.tier))].sort((a, b) => a - b);
  return ranks.map((rank) => {
    const own = endpoints.filter(({ config }) => config.tier === rank);
    const material = { endpoints: own.map(({ config }) => config), words };
    const ref = policy.function;
    const made = ref === null ? undefined : thread.makeBalancer?.(ref, material);
    const balancer = made ?? kind.create(material);
    return new Tier(own, balancer, table, measure, clock, policy);
  });
}

/** A function may look at times, and nobody knows whether it does. */
function measureOf(policy: UpstreamConfig['policy']): TimeMeasure {
  if (policy.function !== null) return 'header';
  return balancerNamed(policy.name).measure?.(policy.words) ?? 'none';
}
