/**
 * Data path. `least_conn`: the endpoint with the fewest exchanges in flight for its weight, over all
 * threads; ties go round in the smooth order of round robin (semantics.md §4). Up to 64 endpoints all
 * are looked at; beyond, the better of two drawn by weight.
 */

import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { LeastLoad, LeastLoadOfTwo, MAX_SCANNED } from '#src/upstream/balancers/least-load.ts';

export const leastConn: BalancerKind = {
  name: 'least_conn',
  usage: '',
  doc: 'The endpoint with the fewest exchanges in flight for its weight; those equal take turns. In-flight counts from the moment of choice, over all proxy threads. Of more than 64 endpoints two are drawn by weight, and the better one taken.',
  minWords: 0,
  maxWords: 0,
  takesBackup: true,
  create: ({ endpoints }) =>
    endpoints.length > MAX_SCANNED ? new LeastLoadOfTwo(endpoints) : new LeastLoad(endpoints),
};
