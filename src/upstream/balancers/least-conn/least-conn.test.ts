import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { leastConn } from './least-conn.ts';

const make = (sketches: readonly EndpointSketch[]) => leastConn.create(materialOf(sketches));

describe('least_conn', () => {
  itKeepsTheBalancerContract(leastConn);

  it('takes the one with the fewest in flight for its weight', () => {
    const sketches = [
      { inFlight: 3, weight: 1 },
      { inFlight: 5, weight: 2 },
      { inFlight: 9, weight: 3 },
    ];
    assert.equal(make(sketches).pick(new TestView(sketches)), 1);
  });

  it('lets those that are equal take turns by weight', () => {
    const sketches = [{ inFlight: 7 }, { weight: 2 }, { weight: 1 }];
    const [balancer, view] = [make(sketches), new TestView(sketches)];
    const counts = [0, 0, 0];
    for (let pick = 0; pick < 300; pick++) {
      const at = balancer.pick(view);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    assert.deepEqual(counts, [0, 200, 100]);
  });

  it('keeps in-flight over weight within one of each other, whoever leaves', () => {
    const anyWeights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(anyWeights, (weights) => {
        const sketches = weights.map((weight) => ({ weight, inFlight: 0 }));
        const [balancer, view] = [make(sketches), new TestView(sketches)];
        for (let pick = 0; pick < 200; pick++) {
          const chosen = view.sketches[balancer.pick(view)];
          assert.ok(chosen !== undefined);
          chosen.inFlight = (chosen.inFlight ?? 0) + 1;
        }
        const loads = view.sketches.map(({ inFlight = 0, weight = 1 }) => inFlight / weight);
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, loads.join(' '));
      }),
    );
  });

  it('takes the better of two beyond 64 endpoints, and needs no more than two looks', () => {
    const sketches = Array.from({ length: 100 }, () => ({ inFlight: 0 }));
    const [balancer, view] = [make(sketches), new TestView(sketches, 7)];
    let looks = 0;
    view.inFlight = (at) => {
      looks += 1;
      return view.sketches[at]?.inFlight ?? 0;
    };
    for (let pick = 0; pick < 1_000; pick++) {
      const chosen = view.sketches[balancer.pick(view)];
      assert.ok(chosen !== undefined);
      chosen.inFlight = (chosen.inFlight ?? 0) + 1;
    }
    assert.equal(looks, 2_000);
    // 1,000 balls in 100 bins: one choice puts about 18 into the fullest, two put 12 or 13.
    assert.ok(Math.max(...view.sketches.map(({ inFlight = 0 }) => inFlight)) <= 13);
  });

  it('has the load follow the weights beyond 64 endpoints', () => {
    const sketches = Array.from({ length: 100 }, (_, at) => ({ weight: at < 50 ? 3 : 1 }));
    const [balancer, view] = [make(sketches), new TestView(sketches, 11)];
    let heavy = 0;
    for (let pick = 0; pick < 4_000; pick++) {
      const at = balancer.pick(view);
      const chosen = view.sketches[at];
      assert.ok(chosen !== undefined);
      chosen.inFlight = (chosen.inFlight ?? 0) + 1;
      if (at < 50) heavy += 1;
    }
    assert.ok(Math.abs(heavy / 4_000 - 0.75) < 0.01, String(heavy));
  });
});
