/** What every balancing policy promises; run by the test of each kind. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from '#src/base/clock.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { BalancerKind, PickContext } from './balancer.ts';

/** An endpoint as a test describes it. */
export interface EndpointSketch {
  weight?: number;
  down?: boolean;
  /** It has failed as often as it may. */
  isAside?: boolean;
  isTried?: boolean;
}

/** Endpoints with the ids 0, 1, 2 … */
export function endpointsOf(sketches: readonly EndpointSketch[]): Endpoint[] {
  const clock = new ManualClock();
  return sketches.map(({ down = false, isAside = false, weight = 1 }, id) => {
    const endpoint = new Endpoint({ ...CONFIG, weight, down }, id, clock, false);
    if (isAside) endpoint.onFailure();
    return endpoint;
  });
}

const CONFIG: EndpointConfig = {
  address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  name: '127.0.0.1:80',
  ...{ weight: 1, maxConns: 0, maxFails: 1, failTimeoutMs: 10_000, backup: false, down: false },
  place: { file: 'test', line: 1, column: 1 },
};

/** Counts turns as the shared table does, and knows what was tried. */
export class TestContext implements PickContext {
  turn = 0;
  readonly tried = new Set<Endpoint>();

  hasTried(endpoint: Endpoint): boolean {
    return this.tried.has(endpoint);
  }

  nextTurn(): number {
    return this.turn++ & 0x3fff_ffff;
  }
}

const anySketches = fc.array(
  fc.record({
    weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100_000 })),
    down: fc.boolean(),
    isAside: fc.boolean(),
    isTried: fc.boolean(),
  }),
  { maxLength: 8 },
);

/** Every test of the contract, for one kind. */
export function itKeepsTheBalancerContract(kind: BalancerKind): void {
  const forAll = (check: (endpoints: Endpoint[], context: TestContext) => void): void => {
    fc.assert(
      fc.property(anySketches, fc.nat(0x7fff_ffff), (sketches, turn) => {
        const endpoints = endpointsOf(sketches);
        const context = new TestContext();
        context.turn = turn;
        for (const [index, { isTried }] of sketches.entries()) {
          const endpoint = endpoints[index];
          if (isTried && endpoint !== undefined) context.tried.add(endpoint);
        }
        check(endpoints, context);
      }),
    );
  };

  it('never picks an endpoint that is down, put aside or already tried', () => {
    forAll((endpoints, context) => {
      const balancer = kind.create(endpoints);
      for (let pick = 0; pick < 20; pick++) {
        const picked = balancer.pick(context);
        if (picked === undefined) continue;
        assert.ok(picked.isEligible());
        assert.ok(!context.hasTried(picked));
        assert.ok(endpoints.includes(picked));
      }
    });
  });

  it('picks nothing only when nothing is eligible and untried', () => {
    forAll((endpoints, context) => {
      const isLeft = endpoints.some((one) => one.isEligible() && !context.hasTried(one));
      assert.equal(kind.create(endpoints).pick(context) !== undefined, isLeft);
    });
  });

  it('finds every eligible endpoint when each failed one counts as tried', () => {
    forAll((endpoints, context) => {
      const balancer = kind.create(endpoints);
      const left = endpoints.filter((one) => one.isEligible() && !context.hasTried(one)).length;
      for (let picks = 0; picks < left; picks++) {
        const picked = balancer.pick(context);
        assert.ok(picked !== undefined);
        context.tried.add(picked);
      }
      assert.equal(balancer.pick(context), undefined);
    });
  });
}
