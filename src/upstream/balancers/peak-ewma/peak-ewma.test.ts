import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { peakEwma } from './peak-ewma.ts';

const pick = (sketches: readonly EndpointSketch[]): number =>
  peakEwma.create(materialOf(sketches)).pick(new TestView(sketches));

describe('peak_ewma', () => {
  itKeepsTheBalancerContract(peakEwma);

  it('takes the least peak times in flight and one, for its weight', () => {
    assert.equal(pick([{ timeMs: 10, inFlight: 2 }, { timeMs: 24 }]), 1);
    assert.equal(pick([{ timeMs: 10, inFlight: 2 }, { timeMs: 36 }]), 0);
    assert.equal(
      pick([
        { timeMs: 10, inFlight: 2 },
        { timeMs: 36, weight: 2 },
      ]),
      1,
    );
  });

  it('lets those nearly as fast as the fastest take turns with it', () => {
    const sketches = [{ timeMs: 10 }, { timeMs: 12 }, { timeMs: 13 }];
    const [balancer, view] = [peakEwma.create(materialOf(sketches)), new TestView(sketches)];
    const picks = Array.from({ length: 6 }, () => balancer.pick(view)).toSorted();
    assert.deepEqual(picks, [0, 0, 0, 1, 1, 1]);
  });

  it('gives an endpoint that fails no more than it gives one that takes 5 seconds', () => {
    assert.equal(pick([{ timeMs: 5_000 }, { timeMs: 20, inFlight: 100 }]), 1);
  });

  it('tries a new endpoint, which is as fast as the mean of the others while it answers', () => {
    assert.equal(pick([{ timeMs: 10, inFlight: 2 }, { timeMs: 40 }, { timeMs: -1 }]), 2);
    assert.equal(
      pick([{ timeMs: 10, inFlight: 0 }, { timeMs: 40 }, { timeMs: -1, inFlight: 1 }]),
      0,
    );
    assert.equal(pick([{ timeMs: 10, inFlight: 1 }, { timeMs: 40 }, { timeMs: -1 }]), 2);
  });
});
