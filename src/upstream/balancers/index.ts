/** The balancing policies there are. */

import { leastConn } from '#src/upstream/balancers/least-conn/least-conn.ts';
import { roundRobin } from '#src/upstream/balancers/round-robin/round-robin.ts';
import type { BalancerKind } from './balancer.ts';

/** The first is the default. */
export const BALANCERS: readonly [BalancerKind, ...BalancerKind[]] = [roundRobin, leastConn];

/** The policy of that name: the default one when there is none, which configuration refuses. */
export function balancerNamed(name: string): BalancerKind {
  return BALANCERS.find((kind) => kind.name === name) ?? BALANCERS[0];
}
