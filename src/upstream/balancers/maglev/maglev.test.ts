import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { materialOf } from '#src/upstream/balancers/balancer.contract.ts';
import {
  countsOf,
  itMapsKeys,
  itMovesFewKeys,
  movedCount,
} from '#src/upstream/balancers/key-policy.contract.ts';
import { maglev, tableOf } from './maglev.ts';

const slotsOf = (weights: readonly number[]) => {
  const { endpoints } = materialOf(weights.map((weight) => ({ weight })));
  return tableOf(endpoints);
};
const equal = (count: number) => new Array<number>(count).fill(1);

describe('maglev', () => {
  itMapsKeys(maglev, ['$uri'], 25);
  itMovesFewKeys(maglev, ['$uri']);

  for (const count of [2, 3, 16, 64, 100, 655, 1000]) {
    it(`gives ${count} endpoints shares that differ by 2 % at most`, () => {
      const counts = countsOf([...slotsOf(equal(count))], count);
      assert.ok(Math.max(...counts) / Math.min(...counts) <= 1.02, `${Math.min(...counts)}`);
    });
  }

  it('gives shares by weight', () => {
    const weights = [1, 2, 3, 4, 5, 6, 7];
    const counts = countsOf([...slotsOf(weights)], 7);
    const perWeight = counts.map((count, at) => count / (weights[at] ?? 0));
    assert.ok(Math.max(...perWeight) / Math.min(...perWeight) <= 1.02, perWeight.join(' '));
  });

  it('leaves nobody without a slot, however light', () => {
    assert.ok(slotsOf([100_000, 100_000, 1]).includes(2));
  });

  for (const count of [4, 20, 64, 200]) {
    it(`moves at most 1 % of the slots beside those of the one of ${count} that is removed`, () => {
      const { endpoints } = materialOf(equal(count).map(() => ({})));
      const before = [...tableOf(endpoints)];
      const after = [...tableOf(endpoints.slice(0, -1))];
      const own = before.filter((at) => at === count - 1).length;
      const extra = (movedCount(before, after) - own) / before.length;
      assert.ok(extra <= 0.01, `${extra}`);
    });
  }
});
