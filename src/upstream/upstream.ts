/** Data path. A named group of endpoints with its balancer and pools, for one thread. */

import type { LocalAddress } from '#src/base/address.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { Balancer, PickContext } from '#src/upstream/balancers/balancer.ts';
import { BALANCERS } from '#src/upstream/balancers/index.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { IdleRoom, Pool, type PoolThread } from '#src/upstream/pool/pool.ts';
import { BoundUpstreams } from './bound-upstreams.ts';

export class Upstream {
  readonly config: UpstreamConfig;
  readonly endpoints: readonly Endpoint[];
  readonly #id: number;
  readonly #table: EndpointTable;
  readonly #balancer: Balancer;
  readonly #pools: readonly Pool[];
  readonly #room: IdleRoom;
  readonly #thread: PoolThread;
  readonly #firstEndpoint: number;
  /** The same upstream with connections from certain local addresses. */
  #bound: BoundUpstreams<Upstream> | undefined = undefined;

  /**
   * `firstEndpoint`: id of its first endpoint in the endpoint table. `bound`: it is that upstream,
   * but with connections of its own that come from `local`.
   */
  constructor(
    config: UpstreamConfig,
    id: number,
    firstEndpoint: number,
    table: EndpointTable,
    thread: PoolThread,
    bound?: { readonly to: Upstream; readonly local: LocalAddress },
  ) {
    this.config = config;
    this.#id = id;
    this.#table = table;
    const { clock } = thread.wheel;
    const isAlone = config.endpoints.length === 1;
    this.endpoints =
      bound?.to.endpoints ??
      config.endpoints.map(
        (endpoint, index) => new Endpoint(endpoint, firstEndpoint + index, clock, isAlone),
      );
    this.#balancer = bound === undefined ? BALANCERS[0].create(this.endpoints) : bound.to.#balancer;
    this.#room = bound === undefined ? new IdleRoom(config.pool.maxIdle) : bound.to.#room;
    this.#thread = thread;
    this.#firstEndpoint = firstEndpoint;
    this.#pools = this.endpoints.map((endpoint) => {
      return new Pool(endpoint, config.pool, this.#room, thread, bound?.local);
    });
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

  /** Picks an endpoint and counts an attempt in flight there; `finish` must follow once. */
  pick(context: PickContext): Endpoint | undefined {
    const endpoint = this.#balancer.pick(context);
    if (endpoint === undefined) return undefined;
    endpoint.onPicked();
    this.#table.start(endpoint.id);
    return endpoint;
  }

  /** Counts another attempt at an endpoint that was picked before; `finish` must follow once. */
  restart(endpoint: Endpoint): void {
    this.#table.start(endpoint.id);
  }

  /** Whether a pick could still find an endpoint that this exchange has not tried. */
  hasUntried(context: PickContext): boolean {
    return this.endpoints.some((endpoint) => endpoint.isEligible() && !context.hasTried(endpoint));
  }

  /** The attempt has left the endpoint. */
  finish(endpoint: Endpoint, isFailure: boolean): void {
    this.#table.finish(endpoint.id);
    if (isFailure) {
      this.#table.fail(endpoint.id);
      endpoint.onFailure();
    } else endpoint.onSuccess();
  }

  poolOf(endpoint: Endpoint): Pool {
    return this.#pools[endpoint.id - this.#firstEndpoint] as Pool;
  }

  close(): void {
    for (const pool of this.#pools) pool.close();
    this.#bound?.close();
  }
}
