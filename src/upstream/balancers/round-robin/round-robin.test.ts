import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { Rotation, smoothOrder } from '#src/upstream/balancers/rotation.ts';
import { roundRobin } from './round-robin.ts';

/** The ids of that many picks in a row. */
function picks(sketches: readonly EndpointSketch[], count: number): number[] {
  const balancer = new Rotation(materialOf(sketches).endpoints);
  const view = new TestView(sketches);
  return Array.from({ length: count }, () => balancer.pick(view));
}

/** How many of the picks went to each endpoint. */
function shares(sketches: readonly EndpointSketch[], count: number): number[] {
  const counts = sketches.map(() => 0);
  for (const id of picks(sketches, count)) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

/** nginx's algorithm as its source has it (semantics.md §3). */
function slowOrder(weights: readonly number[], count: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const current = weights.map(() => 0);
  return Array.from({ length: count }, () => {
    for (const [index, weight] of weights.entries())
      current[index] = (current[index] ?? 0) + weight;
    const best = current.indexOf(Math.max(...current));
    current[best] = (current[best] ?? 0) - total;
    return best;
  });
}

describe('round robin', () => {
  itKeepsTheBalancerContract(roundRobin);

  it('gives weights 5 1 1 the order a a b a c a a', () => {
    const weights = [{ weight: 5 }, { weight: 1 }, { weight: 1 }];
    assert.deepEqual(picks(weights, 9), [0, 0, 1, 0, 2, 0, 0, 0, 0]);
  });

  it('picks in the order of nginx, for any weights', () => {
    const anyWeights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyWeights, (weights) => {
        const order = picks(
          weights.map((weight) => ({ weight })),
          300,
        );
        assert.deepEqual(order, slowOrder(weights, 300));
      }),
    );
  });

  it('is one rotation over all threads that share its turns', () => {
    const sketches = [{ weight: 3 }, { weight: 2 }, { weight: 1 }];
    const view = new TestView(sketches);
    const { endpoints } = materialOf(sketches);
    const threads = [new Rotation(endpoints), new Rotation(endpoints)];
    const order = Array.from({ length: 12 }, (_, turn) => threads[turn % 2]?.pick(view));
    assert.deepEqual(order, slowOrder([3, 2, 1], 12));
  });

  it('gives the turns of an endpoint that is out to the others by their weights', () => {
    assert.deepEqual(shares([{ isOut: true }, {}, {}], 300), [0, 150, 150]);
    const heavyIsOut = [{ weight: 100, isOut: true }, { weight: 2 }, { weight: 1 }];
    assert.deepEqual(shares(heavyIsOut, 3 * 103), [0, 206, 103]);
  });

  it('gives the second attempts of exchanges to the others by their weights', () => {
    const sketches = [{ isOut: true }, { weight: 3 }, { weight: 1 }];
    const balancer = new Rotation(materialOf(sketches).endpoints);
    const view = new TestView(sketches);
    const counts = [0, 0, 0];
    for (let attempt = 0; attempt < 400; attempt++) {
      const id = balancer.pick(view);
      counts[id] = (counts[id] ?? 0) + 1;
    }
    assert.deepEqual(counts, [0, 300, 100]);
  });

  it('keeps the order of huge weights short and every endpoint in it', () => {
    const order = smoothOrder([1_000_000, 999_999, 1]);
    assert.ok(order.length <= 65_536 + 3);
    assert.deepEqual([...new Set(order)].sort(), [0, 1, 2]);
  });
});
