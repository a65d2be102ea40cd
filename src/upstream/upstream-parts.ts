/** What an upstream is made of, from its configuration and what its thread has. */

import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { TimeMeasure } from '#src/shared/endpoint-times.ts';
import { SessionTable } from '#src/shared/session-table.ts';
import type { Balancer, BalancerMaterial } from '#src/upstream/balancers/balancer.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { Tier } from './tier.ts';

/** What the upstreams of a thread share. */
export interface UpstreamThread extends PoolThread {
  /** Makes the balancer that a function of weir.config.ts is; absent where functions do not run. */
  makeBalancer?(ref: FunctionRef, material: BalancerMaterial): Balancer;
}

/** What a table of its own has at most: in warm-up, `weir explain` and tests there are few. */
const MAX_OWN_BYTES = 1024 * 1024;

/** Of `sticky learn`: those that all threads share, or a table of its own. */
export function ownSessions(
  { sticky }: UpstreamConfig,
  shared: SessionTable | undefined,
): SessionTable | undefined {
  const zone = sticky?.zone ?? null;
  if (zone === null) return undefined;
  return shared ?? SessionTable.alone(Math.min(zone.bytes, MAX_OWN_BYTES));
}

/** Of an upstream that has lost all its endpoints. */
const NOBODY: Balancer = { pick: () => -1 };

/** By rank: tier 0, then those of `backup`. */
export function tiersOf(
  { policy }: UpstreamConfig,
  endpoints: readonly Endpoint[],
  table: EndpointTable,
  thread: UpstreamThread,
): Tier[] {
  const kind = balancerNamed(policy.name);
  const { words } = policy;
  const measure = measureOf(policy);
  const { clock } = thread.wheel;
  if (endpoints.length === 0) return [new Tier([], NOBODY, table, 'none', clock, policy)];
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
export function measureOf(policy: UpstreamConfig['policy']): TimeMeasure {
  if (policy.function !== null) return 'header';
  return balancerNamed(policy.name).measure?.(policy.words) ?? 'none';
}
