/** What every policy that maps keys to endpoints promises, beside the contract of all policies. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { itKeepsTheBalancerContract, materialOf, TestView } from './balancer.contract.ts';
import type { Balancer, BalancerKind } from './balancer.ts';

/** Keys as URIs look. */
export const KEYS: readonly string[] = Array.from({ length: 10_000 }, (_, n) => `/item/${n}`);

/** The endpoint of each key. */
export function placesOf(
  balancer: Balancer,
  view: TestView,
  keys: readonly string[] = KEYS,
): number[] {
  return keys.map((key) => {
    view.text = key;
    return balancer.pick(view);
  });
}

/** How many keys each of so many endpoints has. */
export function countsOf(places: readonly number[], endpoints: number): number[] {
  const counts = new Array<number>(endpoints).fill(0);
  for (const at of places) counts[at] = (counts[at] ?? 0) + 1;
  return counts;
}

/** How many keys are elsewhere. */
export function movedCount(before: readonly number[], after: readonly number[]): number {
  return before.filter((at, key) => at !== after[key]).length;
}

interface LoadCase {
  readonly weights: readonly number[];
  readonly percent: number;
  /** How many of the exchanges have one key. */
  readonly hotShare: number;
  readonly seed: number;
}

/** `words`: the key and flags, without `balance_factor`. */
export function itMapsKeys(kind: BalancerKind, words: readonly string[], numRuns = 100): void {
  const make = (count: number, more: readonly string[] = []) => {
    const sketches = Array.from({ length: count }, () => ({}));
    const balancer = kind.create(materialOf(sketches, [...words, ...more]));
    return { balancer, view: new TestView(sketches) };
  };

  itKeepsTheBalancerContract(kind, words, numRuns);
  itKeepsTheBalancerContract(kind, [...words, 'balance_factor=150'], numRuns);

  it('sends a key to the same endpoint, whoever asks and whatever came before', () => {
    const [one, other] = [make(7), make(7)];
    const places = placesOf(one.balancer, one.view);
    other.view.turn = 99;
    const backwards = placesOf(other.balancer, other.view, KEYS.toReversed());
    assert.deepEqual(backwards.reverse(), places);
  });

  it('moves only the keys of an endpoint that is out, and gives them back', () => {
    const { balancer, view } = make(6);
    const before = placesOf(balancer, view);
    const gone = view.sketches[2];
    assert.ok(gone !== undefined);
    gone.isOut = true;
    const meanwhile = placesOf(balancer, view);
    for (const [key, at] of before.entries()) {
      if (at === 2) assert.notEqual(meanwhile[key], 2);
      else assert.equal(meanwhile[key], at);
    }
    const heirs = countsOf(
      meanwhile.filter((_, key) => before[key] === 2),
      6,
    );
    for (const [at, count] of heirs.entries()) assert.equal(count > 0, at !== 2, heirs.join(' '));
    gone.isOut = false;
    assert.deepEqual(placesOf(balancer, view), before);
  });

  it('never lets anybody have more than the factor of its share', () => {
    const anyCase = fc.record({
      weights: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 }),
      percent: fc.integer({ min: 101, max: 300 }),
      hotShare: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.nat(),
    });
    const check = ({ hotShare, percent, seed, weights }: LoadCase) => {
      const sketches = weights.map((weight) => ({ weight, inFlight: 0 }));
      const material = materialOf(sketches, [...words, `balance_factor=${percent}`]);
      const balancer = kind.create(material);
      const view = new TestView(sketches, seed);
      const allWeights = weights.reduce((sum, weight) => sum + weight, 0);
      const inFlight: number[] = [];
      for (let step = 0; step < 300; step++) {
        if (inFlight.length > 40 || (inFlight.length > 0 && view.random() < 0.3)) {
          const [left] = inFlight.splice(Math.floor(view.random() * inFlight.length), 1);
          leave(view, left as number);
          continue;
        }
        view.text = view.random() < hotShare ? 'hot' : String(step);
        const at = balancer.pick(view);
        assert.ok(at >= 0);
        const load = come(view, at);
        const bound = (inFlight.push(at) * percent * (weights[at] ?? 0)) / (100 * allWeights);
        assert.ok(load <= Math.ceil(bound), `${load} of ${inFlight.length} at ${at}`);
        assert.ok(load <= (balancer.pickLimit ?? 0), 'the limit it tells');
      }
    };
    fc.assert(fc.property(anyCase, check), { numRuns: 50 });
  });

  it('keeps the factor with weights of any size', () => {
    const sketches = [30, 10, 1].map((weight) => ({ weight: weight * 1e11, inFlight: 0 }));
    const balancer = kind.create(materialOf(sketches, [...words, 'balance_factor=150']));
    const view = new TestView(sketches);
    view.text = 'hot';
    for (let total = 1; total <= 60; total++) {
      const at = balancer.pick(view);
      const bound = Math.ceil((total * 150 * ([30, 10, 1][at] ?? 0)) / (100 * 41));
      assert.ok(come(view, at) <= bound, `${bound} at ${at}`);
    }
  });

  it('lets a hot key spread only as far as the factor makes it', () => {
    const { balancer, view } = make(4, ['balance_factor=200']);
    view.text = 'hot';
    for (let n = 0; n < 100; n++) come(view, balancer.pick(view));
    const loads = view.sketches.map(({ inFlight = 0 }) => inFlight).sort((a, b) => b - a);
    assert.deepEqual(loads.slice(0, 1), [50], loads.join(' '));
  });
}

function come(view: TestView, at: number): number {
  const sketch = view.sketches[at];
  assert.ok(sketch !== undefined);
  sketch.inFlight = (sketch.inFlight ?? 0) + 1;
  return sketch.inFlight;
}

function leave(view: TestView, at: number): void {
  const sketch = view.sketches[at];
  assert.ok(sketch !== undefined);
  sketch.inFlight = (sketch.inFlight ?? 0) - 1;
}

/** So many that chance does not decide: of 1/65 of them the deviation is 2.5 %. */
const MANY_KEYS: readonly string[] = Array.from({ length: 100_000 }, (_, n) => `/item/${n}`);

/** For policies where few keys move when the list of endpoints changes. */
export function itMovesFewKeys(kind: BalancerKind, words: readonly string[]): void {
  const placed = (names: readonly string[], keys: readonly string[]) => {
    const endpoints = names.map((name) => ({ name, server: name, weight: 1 }));
    const view = new TestView(names.map(() => ({})));
    return placesOf(kind.create({ endpoints, words }), view, keys);
  };
  const namesOf = (count: number) =>
    Array.from({ length: count }, (_, n) => `10.0.${n >> 8}.${n & 255}:8080`);

  it('moves at most 1.3/(N+1) of the keys when one is added to N, for N from 1 to 64', () => {
    let before = placed(namesOf(1), MANY_KEYS);
    for (let count = 1; count <= 64; count++) {
      const after = placed(namesOf(count + 1), MANY_KEYS);
      const share = movedCount(before, after) / MANY_KEYS.length;
      assert.ok(share > 0 && share <= 1.3 / (count + 1), `${count}: ${share * (count + 1)}/(N+1)`);
      before = after;
    }
  });

  it('gives the keys of one that is out to all others', () => {
    const view = new TestView([{}, {}, {}, {}, {}, {}]);
    const balancer = kind.create(materialOf(view.sketches, words));
    const before = placesOf(balancer, view);
    view.sketches[2] = { isOut: true };
    const orphans = KEYS.filter((_, key) => before[key] === 2);
    const heirs = countsOf(placesOf(balancer, view, orphans), 6);
    const fair = orphans.length / 5;
    for (const [at, count] of heirs.entries()) {
      assert.ok(at === 2 || (count > fair * 0.6 && count < fair * 1.5), heirs.join(' '));
    }
  });

  it('does not care in which order the servers stand', () => {
    const names = namesOf(12);
    const inOrder = placed(names, KEYS).map((at) => names[at]);
    const backwards = placed(names.toReversed(), KEYS).map((at) => names.toReversed()[at]);
    assert.deepEqual(backwards, inOrder);
  });
}
