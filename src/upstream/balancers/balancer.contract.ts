/** What every balancing policy promises; run by the test of each kind. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { BalancerKind, BalancerMaterial, PickView } from './balancer.ts';
import { bestOf } from './least-score.ts';
import { SeenView } from './seen-view.ts';

/** An endpoint as a test describes it. */
export interface EndpointSketch {
  weight?: number;
  /** Down, put aside, full or tried: it may not be taken. */
  isOut?: boolean;
  inFlight?: number;
  /** −1: not known. */
  timeMs?: number;
}

/** What balancers are made of, for endpoints with the names e0, e1, e2 … */
export function materialOf(
  sketches: readonly EndpointSketch[],
  words: readonly string[] = [],
): BalancerMaterial {
  return {
    endpoints: sketches.map(({ weight = 1 }, at) => ({ name: `e${at}`, server: `e${at}`, weight })),
    words,
  };
}

/** A view that a test makes up; counts turns as the shared table does. */
export class TestView implements PickView {
  readonly sketches: EndpointSketch[];
  turn = 0;
  text = '';
  #state: number;

  constructor(sketches: readonly EndpointSketch[], seed = 1) {
    this.sketches = sketches.map((sketch) => ({ ...sketch }));
    this.#state = seed >>> 0 || 1;
  }

  mayTake(at: number): boolean {
    return this.sketches[at]?.isOut !== true;
  }

  inFlight(at: number): number {
    return this.sketches[at]?.inFlight ?? 0;
  }

  allInFlight(): number {
    return this.sketches.reduce((sum, { inFlight = 0 }) => sum + inFlight, 0);
  }

  timeUs(at: number): number {
    const { timeMs = -1 } = this.sketches[at] ?? {};
    return timeMs < 0 ? -1 : Math.round(timeMs * 1_000);
  }

  nextTurn(): number {
    return this.turn++ & 0x3fff_ffff;
  }

  randomBits(): number {
    return Math.floor(this.random() * 0x4000_0000);
  }

  /** [0, 1), xorshift: the same for the same seed. */
  random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state / 0x1_0000_0000;
  }

  key(): string {
    return this.text;
  }
}

const anySketches = fc.array(
  fc.record({
    weight: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100_000 })),
    isOut: fc.boolean(),
    inFlight: fc.nat(50),
    timeMs: fc.oneof(fc.constant(-1), fc.double({ min: 0, max: 10_000, noNaN: true })),
  }),
  { minLength: 1, maxLength: 8 },
);

/**
 * Every test of the contract, for one kind; `words` as they stand behind its name. `numRuns`: fewer
 * than usual where huge weights take long to write down.
 */
export function itKeepsTheBalancerContract(
  kind: BalancerKind,
  words: readonly string[] = [],
  numRuns = 100,
): void {
  const forAll = (check: (material: BalancerMaterial, view: TestView) => void): void => {
    fc.assert(
      fc.property(anySketches, fc.nat(0x7fff_ffff), fc.string(), (sketches, seed, text) => {
        const view = new TestView(sketches, seed);
        view.turn = seed;
        view.text = text;
        check(materialOf(sketches, words), view);
      }),
      { numRuns },
    );
  };

  it('never picks an endpoint that may not be taken', () => {
    forAll((material, view) => {
      const balancer = kind.create(material);
      for (let pick = 0; pick < 20; pick++) {
        const at = balancer.pick(view);
        if (at !== -1) assert.equal(view.sketches[at]?.isOut, false);
      }
    });
  });

  it('picks the one whose score is best, and telling scores changes nothing', () => {
    forAll((material, view) => {
      const [balancer, untold] = [kind.create(material), kind.create(material)];
      for (let pick = 0; pick < 30; pick++) {
        for (const sketch of view.sketches) {
          if (view.random() < 0.2) sketch.isOut = !sketch.isOut;
          if (view.random() < 0.5) sketch.inFlight = Math.floor(view.random() * 4);
        }
        view.text = `key ${pick}`;
        const seen = new SeenView(view);
        const told = balancer.scores?.(seen);
        assert.ok(told !== undefined, `${kind.name} tells no scores`);
        seen.rewind();
        const at = balancer.pick(seen);
        assert.equal(bestOf(told), at, JSON.stringify(told));
        for (const [other, score] of told.scores.entries()) {
          if (view.sketches[other]?.isOut === true)
            assert.ok(Number.isNaN(score), `${other} is out`);
        }
        const replay = new SeenView(seen);
        seen.rewind();
        assert.equal(untold.pick(replay), at, 'one that was never asked picks the same');
      }
    });
  });

  it('picks nothing only when nothing may be taken', () => {
    forAll((material, view) => {
      const isLeft = view.sketches.some(({ isOut }) => isOut === false);
      assert.equal(kind.create(material).pick(view) !== -1, isLeft);
    });
  });

  it('finds every endpoint when each failed one counts as tried', () => {
    forAll((material, view) => {
      const balancer = kind.create(material);
      const left = view.sketches.filter(({ isOut }) => isOut === false).length;
      for (let picks = 0; picks < left; picks++) {
        const sketch = view.sketches[balancer.pick(view)];
        assert.ok(sketch !== undefined);
        sketch.isOut = true;
      }
      assert.equal(balancer.pick(view), -1);
    });
  });
}
