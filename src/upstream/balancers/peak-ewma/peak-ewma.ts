/**
 * Data path. `peak_ewma`: where the worst time of late, which jumps up at once and fades to the mean,
 * times what is in flight is least (Finagle's cost, semantics.md §15). A failure or an error of the endpoint
 * counts as 5 seconds, so failing fast attracts nobody; an endpoint that nobody asks fades until
 * somebody tries it again.
 */

import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { LeastCost } from '#src/upstream/balancers/least-cost.ts';
import { MAX_SCANNED } from '#src/upstream/balancers/least-load.ts';

export const peakEwma: BalancerKind = {
  name: 'peak_ewma',
  usage: '',
  doc: 'The endpoint with the least product of its recent worst time to the head of an answer, which fades to the mean over 10 seconds, and what is in flight there, for its weight; those nearly as fast as the fastest take turns with it. Failures and answers of 500 and above count as 5 seconds: who fails fast gets little. Of more than 64 endpoints two are drawn by weight, and the better one taken. Not in nginx.',
  minWords: 0,
  maxWords: 0,
  measure: () => 'peak',
  takesBackup: true,
  create: ({ endpoints }) => new LeastCost(endpoints, MAX_SCANNED),
};
