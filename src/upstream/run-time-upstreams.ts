/**
 * Data path. Upstreams that only a request names (`proxy_pass` with variables), of one thread: a
 * block or an address that the configuration has, else one made now, with its pool. Bounded, and
 * given up when nobody has asked for it for a while: a client may be the one who chooses the name.
 */

import { type Address, formatAddress } from '#src/base/address.ts';
import { DrainState } from '#src/base/drain-state.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import {
  type PoolConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_RETRY_BUDGET,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { NameResolver } from './name-resolver.ts';
import type { ResolverConfig } from './resolver-argument.ts';
import { Upstream } from './upstream.ts';

/** Upstreams made at run time that a thread has at most; then the one that rested longest goes. */
export const MAX_RUN_TIME_UPSTREAMS = 256;
/** One that nobody asked for so long is given up. */
const MAX_REST_MS = 60_000;

/** What the one who asks knows of the upstream. */
export interface RunTimeTarget {
  /** `host:port`, lower case, or `unix:/path`; one key has one set of addresses at a time. */
  readonly key: string;
  /** IP addresses; of a unix socket its path alone. */
  readonly hosts: readonly string[];
  /** 0: `hosts` is the path of a unix socket. */
  readonly port: number;
  readonly pool: PoolConfig;
}

/** Who looks up names: `weir explain` asks nobody. */
export type MakeResolver = (config: ResolverConfig, wheel: TimerWheel) => NameResolver;

interface Made {
  readonly upstream: Upstream;
  hosts: readonly string[];
  /** Its own: connections that come back when it was given up are closed. */
  readonly drain: DrainState;
  usedAtMs: number;
}

export class RunTimeUpstreams implements TimeoutOwner {
  readonly #thread: PoolThread;
  /** Blocks by their name, addresses of `proxy_pass` by `host:port`. Lower case. */
  readonly #configured = new Map<string, Upstream>();
  readonly #made = new Map<string, Made>();
  readonly #resolvers = new Map<ResolverConfig, NameResolver>();
  readonly #makeResolver: MakeResolver;
  readonly #timer = new TimerEntry(this);

  constructor(configured: readonly Upstream[], thread: PoolThread, makeResolver?: MakeResolver) {
    this.#thread = thread;
    this.#makeResolver = makeResolver ?? ((...what) => new NameResolver(...what));
    for (const upstream of configured) {
      const { implicit, name } = upstream.config;
      const lower = name.toLowerCase();
      if (implicit) this.#configured.set(/:\d+$/.test(lower) ? lower : `${lower}:80`, upstream);
      else this.#configured.set(lower, upstream);
    }
  }

  /** The `upstream` block of that name, or what another `proxy_pass` names; lower case. */
  configured(name: string): Upstream | undefined {
    return this.#configured.get(name);
  }

  /** The resolver of this thread for one `resolver` line. */
  resolver(config: ResolverConfig): NameResolver {
    const known = this.#resolvers.get(config);
    if (known !== undefined) return known;
    const made = this.#makeResolver(config, this.#thread.wheel);
    this.#resolvers.set(config, made);
    return made;
  }

  /** The upstream of these addresses, kept from before or made. */
  at(target: RunTimeTarget): Upstream {
    const { wheel } = this.#thread;
    const { hosts } = target;
    const known = this.#made.get(target.key);
    if (known !== undefined && areSame(known.hosts, hosts)) {
      known.hosts = hosts; // the very array that the next one comes with
      known.usedAtMs = wheel.clock.nowMs;
      return known.upstream;
    }
    if (known !== undefined) this.#giveUp(target.key, known); // it has moved
    if (this.#made.size >= MAX_RUN_TIME_UPSTREAMS) this.#giveUpOldest();
    const drain = new DrainState();
    drain.isDraining = this.#thread.drain.isDraining;
    const upstream = make(target, { ...this.#thread, drain });
    this.#made.set(target.key, { upstream, hosts, drain, usedAtMs: wheel.clock.nowMs });
    if (this.#made.size === 1 && !drain.isDraining) wheel.arm(this.#timer, MAX_REST_MS);
    return upstream;
  }

  /** An exception of ours while somebody was told of an upstream. */
  onInternalError(error: unknown): void {
    this.#thread.onInternalError(error);
  }

  /** How many were made and are kept. */
  get madeCount(): number {
    return this.#made.size;
  }

  /** Gives all up; what is in use ends by itself, and exchanges that come still are served. */
  drain(): void {
    this.#thread.wheel.forget(this.#timer);
    for (const [key, made] of this.#made) this.#giveUp(key, made);
  }

  /** As `drain`, and asks no resolver any more. */
  close(): void {
    this.drain();
    for (const resolver of this.#resolvers.values()) resolver.close();
    this.#resolvers.clear();
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    const { wheel } = this.#thread;
    const sinceMs = wheel.clock.nowMs - MAX_REST_MS;
    for (const [key, made] of this.#made) if (made.usedAtMs <= sinceMs) this.#giveUp(key, made);
    if (this.#made.size > 0) wheel.arm(this.#timer, MAX_REST_MS);
  }

  #giveUpOldest(): void {
    let oldest: [key: string, made: Made] | undefined;
    for (const entry of this.#made) {
      if (oldest === undefined || entry[1].usedAtMs < oldest[1].usedAtMs) oldest = entry;
    }
    if (oldest !== undefined) this.#giveUp(...oldest);
  }

  #giveUp(key: string, { drain, upstream }: Made): void {
    this.#made.delete(key);
    drain.isDraining = true;
    upstream.close();
  }
}

/** In whatever order: a name server gives them in turns. */
function areSame(before: readonly string[], now: readonly string[]): boolean {
  if (before === now) return true;
  return before.length === now.length && before.every((host) => now.includes(host));
}

const NOWHERE = { file: '', line: 0, column: 0 };

/**
 * Its endpoints are in no table that other threads see, and failures put none of them aside: as in
 * nginx, whose addresses of a resolved name know nothing of the requests before.
 */
function make({ hosts, key, pool, port }: RunTimeTarget, thread: PoolThread): Upstream {
  const addresses = hosts.map(
    (host): Address => (port === 0 ? { kind: 'unix', path: host } : { kind: 'tcp', host, port }),
  );
  const endpoints = addresses.map((address) => ({
    address,
    name: formatAddress(address),
    server: formatAddress(address),
    ...USUAL_TRAITS,
    maxFails: 0,
    failTimeoutMs: 0,
    place: NOWHERE,
  }));
  const config: UpstreamConfig = {
    name: key,
    implicit: true,
    endpoints,
    pool,
    policy: USUAL_POLICY,
    retryBudget: USUAL_RETRY_BUDGET,
    sticky: null,
    place: NOWHERE,
  };
  const { endpoints: table } = SharedState.alone(endpoints.length, 1);
  return new Upstream(config, 0, 0, table, thread);
}
