import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { prequal } from './prequal.ts';

/** How many of the picks went to each endpoint, after its pool has filled. */
function counts(sketches: readonly EndpointSketch[], picks: number, warmUp = 20): number[] {
  const balancer = prequal.create(materialOf(sketches));
  const view = new TestView(sketches, 42);
  const result = sketches.map(() => 0);
  for (let pick = -warmUp; pick < picks; pick++) {
    const at = balancer.pick(view);
    if (pick >= 0) result[at] = (result[at] ?? 0) + 1;
  }
  return result;
}

describe('prequal', () => {
  itKeepsTheBalancerContract(prequal);

  it('takes the fastest of those that have fewer in flight than most', () => {
    const sketches = [
      { inFlight: 9, timeMs: 1 },
      { inFlight: 4, timeMs: 5 },
      { inFlight: 1, timeMs: 8 },
      { inFlight: 2, timeMs: 7 },
    ];
    // Who is in the pool, and how often, is drawn: now and then it is one endpoint eight times.
    const [hot = 0, fastest = 0, ...slower] = counts(sketches, 1_000);
    assert.ok(hot < 50, String(hot));
    assert.ok(fastest > Math.max(...slower), String([fastest, ...slower]));
  });

  it('takes the one with the fewest in flight when none is cold, the faster of equals', () => {
    // Nobody has fewer than the threshold when all have the same.
    const sketches = [
      { inFlight: 3, timeMs: 9 },
      { inFlight: 3, timeMs: 8 },
    ];
    const [slow = 0] = counts(sketches, 1_000);
    assert.ok(slow < 20, String(slow));
  });

  it('asks who fails, or is far slower than the fastest, only when all do', () => {
    const shareOf = (fails: EndpointSketch, other: EndpointSketch): number =>
      (counts([fails, other], 1_000)[0] ?? 0) / 1_000;
    const fails = { inFlight: 0, timeMs: 5_000 };
    assert.ok(shareOf(fails, { inFlight: 1_000, timeMs: 20 }) < 0.02);
    assert.ok(shareOf(fails, { inFlight: 1, timeMs: 2_000 }) > 0.98);
    assert.ok(shareOf({ ...fails, timeMs: 900 }, { inFlight: 1, timeMs: 20 }) > 0.98);
  });

  it('goes by weight', () => {
    const sketches = [{ inFlight: 4, weight: 3 }, { inFlight: 2 }];
    const [heavy = 0] = counts(sketches, 1_000);
    assert.ok(heavy > 980, String(heavy));
  });

  it('uses an endpoint three times for each time it was drawn', () => {
    // One of 1,000 is the fastest: two draws a pick find it in 0.2 % of the picks.
    const sketches = Array.from({ length: 1_000 }, (_, at) => ({ timeMs: at === 500 ? 1 : 9 }));
    const picks = 100_000;
    const share = (counts(sketches, picks)[500] ?? 0) / picks;
    assert.ok(share > 0.005 && share < 0.007, String(share));
  });

  it('has a pool that forgets who may not be taken any more', () => {
    const sketches: EndpointSketch[] = [{ timeMs: 1 }, { timeMs: 2 }];
    const balancer = prequal.create(materialOf(sketches));
    const view = new TestView(sketches, 3);
    for (let pick = 0; pick < 20; pick++) balancer.pick(view);
    view.sketches[0] = { timeMs: 1, isOut: true };
    for (let pick = 0; pick < 20; pick++) assert.equal(balancer.pick(view), 1);
  });
});
