/** What a reload pays for round robin: the order of picks is written down once per upstream. */
import { smoothOrder } from '#src/upstream/balancers/rotation.ts';
import type { Bench } from './measure.ts';

function order(weights: readonly number[]): Bench['run'] {
  return (count) => {
    let total = 0;
    for (let i = 0; i < count; i += 1) total += smoothOrder(weights).length;
    return total;
  };
}

export const benches: readonly Bench[] = [
  { name: 'three endpoints, weights 5 1 1', run: order([5, 1, 1]) },
  {
    name: 'a hundred endpoints, weights 1 to 100',
    run: order(Array.from({ length: 100 }, (_, i) => i + 1)),
  },
];
