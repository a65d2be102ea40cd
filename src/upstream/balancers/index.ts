/** The balancing policies there are. */

import type { BalancerKind } from './balancer.ts';
import { roundRobin } from './round-robin/round-robin.ts';

/** The first is the default. */
export const BALANCERS: readonly [BalancerKind, ...BalancerKind[]] = [roundRobin];
