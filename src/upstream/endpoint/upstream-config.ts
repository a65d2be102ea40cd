/** What an `upstream` block, or an address in `proxy_pass`, compiles to. Plain and frozen. */
import type { Address } from '#src/base/address.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Place } from '#src/schema/problem.ts';
import type { RetryBudgetConfig } from '#src/shared/retry-budgets.ts';
import type { JudgeConfigs } from './judge-config.ts';
import type { SourceConfig } from './source-config.ts';
import type { StickyConfig } from './sticky-config.ts';

/** One address of an upstream (one `server` line may yield several, as a name may resolve so). */
export interface EndpointConfig {
  readonly address: Address;
  /** As `$upstream_addr` shows it: `127.0.0.1:80`, `[::1]:80`, `unix:/path`. */
  readonly name: string;
  /** As the `server` line has it, which may be a name: what nginx's consistent hash goes by. */
  readonly server: string;
  readonly weight: number;
  /** Most connections at a time; 0 means no limit. */
  readonly maxConns: number;
  /** Failures within `failTimeoutMs` that put it aside; 0 means it is never put aside. */
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  /** 0: one of the first; n: only when nobody of a lower tier can be used (`backup`). */
  readonly tier: number;
  /** The time over which it gets its full share after it has come (back) into service; 0: at once. */
  readonly slowStartMs: number;
  /** Where it stands (`locality=`); '': nobody says. */
  readonly locality: string;
  readonly down: boolean;
  /** Only exchanges that `sticky` binds to it go there. */
  readonly drain: boolean;
  /** Its name for `sticky`; '': one is made of its address. */
  readonly route: string;
  /** Who named it, where that is not the configuration itself: `dns:NAME`. */
  readonly source?: string;
  readonly place: Place;
}

/** What a `server` line says of its addresses, whatever these are. */
export type EndpointTraits = Omit<
  EndpointConfig,
  'address' | 'name' | 'server' | 'place' | 'source'
>;

/** Of a `server` line with an address and nothing else; an address in `proxy_pass` counts as one. */
export const USUAL_TRAITS: EndpointTraits = {
  weight: 1,
  maxConns: 0,
  maxFails: 1,
  failTimeoutMs: 10_000,
  tier: 0,
  slowStartMs: 0,
  locality: '',
  down: false,
  drain: false,
  route: '',
};

/** How connections to an upstream are kept; `keepalive` and its three companions. */
export interface PoolConfig {
  /** Idle connections kept per thread over all endpoints of the upstream; 0 keeps none. */
  readonly maxIdle: number;
  /** A connection is closed after so many requests. */
  readonly maxRequests: number;
  /** A connection older than this is closed after its request. */
  readonly maxAgeMs: number;
  /** An idle connection is closed after this time. */
  readonly idleTimeoutMs: number;
}

/** How an endpoint of an upstream is chosen. */
export interface PolicyConfig {
  /** Name of a balancer (src/upstream/balancers). */
  readonly name: string;
  /** Behind the name. */
  readonly words: readonly string[];
  /** What is hashed, with `$names`; '': the policy takes no key. */
  readonly keyText: string;
  /** The same, compiled; null, which survives JSON, without it and in a model that is packed. */
  readonly key: ComplexValue<object> | null;
  /** In place of a policy: the function of weir.config.ts that chooses; null without one. */
  readonly function: FunctionRef | null;
  /** When fewer than this share of the endpoints can be used, all that are not `down` are; 0: never. */
  readonly panicShare: number;
  /** While the healthy ones are below this share, degraded ones get what is missing. */
  readonly degradedShare: number;
  /** Endpoints of this locality come first (`prefer_locality`); '': all are alike. */
  readonly locality: string;
}

/** Where exchanges wait when every usable endpoint is full. */
export interface QueueConfig {
  /** Most that wait at a time, over all threads. */
  readonly length: number;
  readonly timeoutMs: number;
  /** Of the class, with `$names`; '': all have the same. */
  readonly priorityText: string;
  /** The same, compiled; null as `PolicyConfig.key`. */
  readonly priority: ComplexValue<object> | null;
}

/** How many exchanges at a time each endpoint is learned to take. */
export interface ConcurrencyConfig {
  readonly min: number;
  readonly max: number;
}

/** Without `retry_budget`. */
export const USUAL_RETRY_BUDGET: RetryBudgetConfig = { ratio: 0.2, minPerSec: 3 };

/** Without a directive. */
export const USUAL_POLICY: PolicyConfig = {
  name: 'round_robin',
  words: [],
  keyText: '',
  key: null,
  function: null,
  panicShare: 0,
  degradedShare: 0.7,
  locality: '',
};

/** One upstream. Its index in the model is its id. */
export interface UpstreamConfig {
  /** The block's name, or for an implicit one the host and port of `proxy_pass`. */
  readonly name: string;
  /** True when `proxy_pass` names an address instead of an `upstream` block. */
  readonly implicit: boolean;
  /** In a model without problems empty only where `sources` name some. */
  readonly endpoints: readonly EndpointConfig[];
  /** Places that it has for endpoints, spare ones included; not given: none is spare. */
  readonly slots?: number;
  /** Who else than the configuration may name its endpoints: `dns:NAME`, `provider:NAME`. */
  readonly sources?: readonly string[];
  /** The same, to be asked while it runs; in that order. */
  readonly discovery?: readonly SourceConfig[];
  readonly pool: PoolConfig;
  readonly policy: PolicyConfig;
  /** Null: what finds everything full is answered at once. */
  readonly queue?: QueueConfig | null;
  /** How many exchanges all endpoints together have in flight, over all threads; 0 is no limit. */
  readonly maxConns?: number;
  /** `concurrency adaptive`; null without. */
  readonly concurrency?: ConcurrencyConfig | null;
  /** What tries beyond the first may cost; null or absent: any number. */
  readonly retryBudget?: RetryBudgetConfig | null;
  /** Who takes endpoints out and turns exchanges away; null without any such directive. */
  readonly judges?: JudgeConfigs | null;
  /** The file that keeps its servers (`state`), absolute; null without. */
  readonly statePath?: string | null;
  /** Null, which survives JSON, without `sticky`. */
  readonly sticky: StickyConfig | null;
  readonly place: Place;
}

/** How many rows of the endpoint table an upstream has: places, whether taken or not. */
export function slotsOf({
  endpoints,
  slots = 0,
}: Pick<UpstreamConfig, 'endpoints' | 'slots'>): number {
  return Math.max(slots, endpoints.length);
}

/** The same of all upstreams of a model together. */
export function slotCountOf(
  upstreams: readonly Pick<UpstreamConfig, 'endpoints' | 'slots'>[],
): number {
  return upstreams.reduce((sum, upstream) => sum + slotsOf(upstream), 0);
}
