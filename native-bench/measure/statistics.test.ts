import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from './random.ts';
import {
  estimateMedian,
  jain,
  maxOverMean,
  mean,
  median,
  quantile,
  relativeWidth,
} from './statistics.ts';

describe('statistics', () => {
  it('median and quantiles interpolate', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(quantile([0, 10], 0.25), 2.5);
    assert.ok(Number.isNaN(median([])));
  });

  it('the bootstrap interval holds the median, is repeatable, and narrows with more values', () => {
    const random = new Random(7);
    const draw = (count: number): number[] =>
      Array.from({ length: count }, () => 1 + 0.1 * (random.uniform() - 0.5));
    const few = draw(9);
    const estimate = estimateMedian(few);
    assert.deepEqual(estimate, estimateMedian(few));
    assert.ok(estimate.low <= estimate.median && estimate.median <= estimate.high);
    assert.ok(relativeWidth(estimateMedian(draw(400))) < relativeWidth(estimate));
  });

  it('the 95 % interval covers the true median in about 95 of 100 trials', () => {
    const random = new Random(11);
    let covered = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const values = Array.from({ length: 15 }, () => random.exponential(1));
      const { low, high } = estimateMedian(values, { rounds: 400, seed: trial });
      if (low <= Math.LN2 && Math.LN2 <= high) covered += 1;
    }
    assert.ok(covered >= 180 && covered <= 200, `${covered} of 200`);
  });

  it('fewer than three values give their range', () => {
    assert.deepEqual(estimateMedian([2, 1]), { median: 1.5, low: 1, high: 2, count: 2 });
  });

  it('Jain and max/mean know even and uneven shares', () => {
    assert.equal(jain([5, 5, 5, 5]), 1);
    assert.equal(jain([1, 0, 0, 0]), 0.25);
    assert.equal(maxOverMean([600, 400]), 1.2);
    assert.equal(maxOverMean([0, 0]), 1);
  });
});

describe('random', () => {
  it('the same seed gives the same stream, another seed another one', () => {
    const stream = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    assert.deepEqual(stream(42), stream(42));
    assert.notDeepEqual(stream(42), stream(43));
  });

  it('is uniform, exponential and Pareto to the expected moments', () => {
    const random = new Random(3);
    const many = (draw: () => number): number => mean(Array.from({ length: 100_000 }, draw));
    assert.ok(Math.abs(many(() => random.uniform()) - 0.5) < 0.01);
    assert.ok(Math.abs(many(() => random.exponential(4)) - 4) < 0.1);
    // alpha 3, minimum 1: mean 1.5.
    assert.ok(Math.abs(many(() => random.pareto(1, 3, 1e9)) - 1.5) < 0.05);
    assert.ok(many(() => random.pareto(1, 1.1, 10)) < 10);
  });
});
