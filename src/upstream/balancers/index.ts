/** The balancing policies there are. */

import { roundRobin } from '#src/upstream/balancers/round-robin/round-robin.ts';
import type { BalancerKind } from './balancer.ts';

/** The first is the default. */
export const BALANCERS: readonly [BalancerKind, ...BalancerKind[]] = [roundRobin];
