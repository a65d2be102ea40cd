/**
 * Data path. `least_time`: where the mean time of an answer times what is in flight is least, for the
 * weight (nginx 1.31, semantics.md §4). nginx rounds times up to 20 ms so that near-equal endpoints
 * tie; here they are rounded to halves of the fastest one's, which works at any speed.
 */

import type { TimeMeasure } from '#src/shared/endpoint-times.ts';
import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { LeastCost } from '#src/upstream/balancers/least-cost.ts';
import { MAX_SCANNED } from '#src/upstream/balancers/least-load.ts';

function measureOf([which, inflight]: readonly string[]): TimeMeasure {
  if (which === 'header') return inflight === undefined ? 'header' : 'header-open';
  return inflight === undefined ? 'total' : 'total-open';
}

export const leastTime: BalancerKind = {
  name: 'least_time',
  usage: 'header | last_byte [inflight]',
  doc: 'The endpoint with the least product of the mean time to the head (`header`) or the end (`last_byte`) of its answers, fading over 10 seconds, and what is in flight there, for its weight; those nearly as fast as the fastest take turns with it. With `inflight` the mean age of what has not been answered counts instead when it is larger, up to 5 seconds. Of more than 64 endpoints two are drawn by weight, and the better one taken.',
  minWords: 1,
  maxWords: 2,
  check: ([which, inflight]) => {
    if (which !== 'header' && which !== 'last_byte') {
      return { at: 0, advice: 'write header or last_byte' };
    }
    if (inflight === undefined || inflight === 'inflight') return undefined;
    return { at: 1, advice: 'write inflight, or nothing' };
  },
  measure: measureOf,
  takesBackup: true,
  create: ({ endpoints }) => new LeastCost(endpoints, MAX_SCANNED),
};
