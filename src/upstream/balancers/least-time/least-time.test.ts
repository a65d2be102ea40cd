import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { leastTime } from './least-time.ts';

function picks(sketches: readonly EndpointSketch[], count: number): number[] {
  const balancer = leastTime.create(materialOf(sketches, ['header']));
  const view = new TestView(sketches);
  return Array.from({ length: count }, () => balancer.pick(view));
}

describe('least_time', () => {
  itKeepsTheBalancerContract(leastTime, ['header']);
  itKeepsTheBalancerContract(leastTime, ['last_byte', 'inflight']);

  it('takes the one with the least time, once for each in flight and once for itself', () => {
    assert.deepEqual(picks([{ timeMs: 10, inFlight: 2 }, { timeMs: 20 }], 2), [1, 1]);
    assert.deepEqual(picks([{ timeMs: 10, inFlight: 0 }, { timeMs: 20 }], 2), [0, 0]);
  });

  it('goes by weight', () => {
    const sketches = [
      { timeMs: 10, inFlight: 1, weight: 3 },
      { timeMs: 10, inFlight: 0, weight: 1 },
    ];
    assert.deepEqual(picks(sketches, 2), [0, 0]);
  });

  it('lets those nearly as fast as the fastest take turns with it', () => {
    const sketches = [{ timeMs: 10 }, { timeMs: 12.4 }, { timeMs: 12.6 }, { timeMs: 11 }];
    assert.deepEqual(picks(sketches, 12).toSorted(), [0, 0, 0, 0, 1, 1, 1, 1, 3, 3, 3, 3]);
  });

  it('takes all below a millisecond for equal', () => {
    assert.deepEqual(picks([{ timeMs: 0.01 }, { timeMs: 0.9 }], 4), [0, 1, 0, 1]);
  });

  it('tries an endpoint without a time, which is as fast as the mean of the others while it answers', () => {
    const others = [{ timeMs: 10, inFlight: 1 }, { timeMs: 30 }];
    assert.deepEqual(picks([...others, { timeMs: -1, inFlight: 0 }], 1), [2]); // 20 30 10
    assert.deepEqual(picks([...others, { timeMs: -1, inFlight: 1 }], 2), [0, 0]);
    assert.deepEqual(picks([{ timeMs: 10, inFlight: 2 }, { timeMs: 30 }, { timeMs: -1 }], 1), [2]);
  });

  it('goes by what is in flight as long as nobody has a time', () => {
    assert.deepEqual(picks([{ inFlight: 2 }, { inFlight: 1 }, { inFlight: 3 }], 2), [1, 1]);
  });

  it('takes the better of two beyond 64 endpoints', () => {
    const sketches = Array.from({ length: 65 }, (_, at) => ({ timeMs: at === 64 ? 100 : 10 }));
    assert.equal(picks(sketches, 2_000).includes(64), false);
  });

  it('names the times it wants', () => {
    assert.equal(leastTime.measure?.(['header']), 'header');
    assert.equal(leastTime.measure?.(['last_byte']), 'total');
    assert.equal(leastTime.measure?.(['header', 'inflight']), 'header-open');
    assert.equal(leastTime.measure?.(['last_byte', 'inflight']), 'total-open');
  });

  it('says which word is wrong', () => {
    assert.equal(leastTime.check?.(['first_byte'])?.at, 0);
    assert.equal(leastTime.check?.(['header', 'inflights'])?.at, 1);
    assert.equal(leastTime.check?.(['header', 'inflight']), undefined);
  });
});
