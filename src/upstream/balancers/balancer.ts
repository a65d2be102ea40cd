/** Data path. The contract of every balancing policy. */

import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';

/** What a pick may know: which endpoints were tried, and the shared position of the upstream. */
export interface PickContext {
  /** This exchange has already failed there. */
  hasTried(endpoint: Endpoint): boolean;
  /** Next round-robin position over all threads: 0 … 2^30−1, wrapping. */
  nextTurn(): number;
}

/** Chooses an endpoint, once per attempt, on the hot path: no allocation, no await, no throw. */
export interface Balancer {
  /** Undefined only when no endpoint is eligible and untried. */
  pick(context: PickContext): Endpoint | undefined;
}

/** A policy: the name it has in configuration, and its constructor. */
export interface BalancerKind {
  readonly name: string;
  create(endpoints: readonly Endpoint[]): Balancer;
}
