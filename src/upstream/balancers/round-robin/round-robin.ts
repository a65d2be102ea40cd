/**
 * Data path. Smooth weighted round robin (semantics.md §3), exact over all threads: the order that
 * nginx's algorithm gives is written down once, and one shared counter walks through it.
 *
 *   weights 5 1 1:  order  a a b a c a a     turn 0 1 2 3 4 5 6, then 0 again
 *
 * An endpoint that cannot be used is passed over: the next in the order takes its turn.
 */

import type { Balancer, BalancerKind, PickContext } from '#src/upstream/balancers/balancer.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';

/** Longer orders are scaled down: their smoothness no one would notice, their memory one would. */
const MAX_ORDER = 65_536;
/** How far a pick walks when endpoints are out, before it takes the first that is left. */
const MAX_STEPS_PER_ENDPOINT = 4;

export class RoundRobin implements Balancer {
  readonly #endpoints: readonly Endpoint[];
  readonly #order: Uint32Array;

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
    this.#order = smoothOrder(endpoints.map((endpoint) => endpoint.config.weight));
  }

  pick(context: PickContext): Endpoint | undefined {
    const order = this.#order;
    const { length } = order;
    const start = context.nextTurn() % length;
    const steps = Math.min(length, this.#endpoints.length * MAX_STEPS_PER_ENDPOINT);
    for (let step = 0; step < steps; step++) {
      const endpoint = this.#endpoints[order[(start + step) % length] ?? 0];
      if (endpoint?.isEligible() && !context.hasTried(endpoint)) return endpoint;
    }
    // A long order, and the few that are left did not come up: take any of them.
    for (const endpoint of this.#endpoints) {
      if (endpoint.isEligible() && !context.hasTried(endpoint)) return endpoint;
    }
    return undefined;
  }
}

/** The indices in the order in which nginx's smooth weighted round robin picks them. */
export function smoothOrder(weights: readonly number[]): Uint32Array {
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const sum = weights.reduce((total, weight) => total + weight / divisor, 0);
  const scale = sum > MAX_ORDER ? MAX_ORDER / sum : 1;
  const shares = weights.map((weight) => Math.max(1, Math.round((weight / divisor) * scale)));
  const total = shares.reduce((all, share) => all + share, 0);
  const current = shares.map(() => 0);
  const order = new Uint32Array(total);
  for (let turn = 0; turn < total; turn++) {
    let best = 0;
    for (const [index, share] of shares.entries()) {
      current[index] = (current[index] ?? 0) + share;
      if ((current[index] ?? 0) > (current[best] ?? 0)) best = index;
    }
    current[best] = (current[best] ?? 0) - total;
    order[turn] = best;
  }
  return order;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

export const roundRobin: BalancerKind = {
  name: 'round_robin',
  create: (endpoints) => new RoundRobin(endpoints),
};
