import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type EndpointSketch,
  itKeepsTheBalancerContract,
  materialOf,
  TestView,
} from '#src/upstream/balancers/balancer.contract.ts';
import { random } from './random.ts';

/** How many of the picks went to each endpoint. */
function counts(sketches: readonly EndpointSketch[], words: readonly string[], picks: number) {
  const balancer = random.create(materialOf(sketches, words));
  const view = new TestView(sketches, 42);
  const result = sketches.map(() => 0);
  for (let pick = 0; pick < picks; pick++) {
    const at = balancer.pick(view);
    result[at] = (result[at] ?? 0) + 1;
  }
  return result;
}

const METHODS: readonly (readonly string[])[] = [
  [],
  ['two'],
  ['two', 'least_conn'],
  ['two', 'least_time=header'],
  ['two', 'least_time=last_byte'],
];

for (const words of METHODS) {
  describe(`random ${words.join(' ')}`, () => {
    itKeepsTheBalancerContract(random, words);
  });
}

describe('random', () => {
  it('draws by weight', () => {
    const [light = 0, heavy = 0] = counts([{ weight: 1 }, { weight: 3 }], [], 10_000);
    assert.ok(Math.abs(light - 2_500) < 150, `${light} ${heavy}`);
  });

  it('compares two different ones: the one with the most in flight of all gets nothing', () => {
    const sketches = [
      { inFlight: 9 },
      { inFlight: 1 },
      { inFlight: 2 },
      { weight: 50, inFlight: 500 },
    ];
    const result = counts(sketches, ['two'], 5_000);
    assert.equal(result[3], 0); // 10 for its weight; the others have fewer
    assert.ok((result[1] ?? 0) > (result[2] ?? 0), String(result));
  });

  it('shares by weight among those that are equal, two or one', () => {
    // Of two different ones drawn by weights 2 1 1 the second is taken when they are equal.
    const [first = 0, second = 0, third = 0] = counts(
      [{ weight: 2 }, { weight: 1 }, { weight: 1 }],
      ['two'],
      12_000,
    );
    assert.ok(Math.abs(first - 4_000) < 200, `${first} ${second} ${third}`);
    assert.ok(Math.abs(second - third) < 200, `${first} ${second} ${third}`);
  });

  it('takes the only one left by round robin when the draws do not find it', () => {
    const sketches = Array.from({ length: 200 }, (_, at) => ({ isOut: at !== 117 }));
    for (const words of METHODS) assert.equal(counts(sketches, words, 50)[117], 50);
  });

  it('compares times once in flight and once for itself, unknown as the other one', () => {
    const words = ['two', 'least_time=header'];
    assert.deepEqual(counts([{ timeMs: 10 }, { timeMs: 21, inFlight: 0 }], words, 9), [9, 0]);
    assert.deepEqual(counts([{ timeMs: 10, inFlight: 2 }, { timeMs: 21 }], words, 9), [0, 9]);
    assert.deepEqual(counts([{ timeMs: 10, inFlight: 1 }, { timeMs: -1 }], words, 9), [0, 9]);
  });

  it('records times only when it compares them', () => {
    assert.deepEqual(
      METHODS.map((words) => random.measure?.(words)),
      ['none', 'none', 'none', 'header', 'total'],
    );
  });

  it('says which word is wrong', () => {
    assert.equal(random.check?.(['three'])?.at, 0);
    assert.equal(random.check?.(['two', 'least_time'])?.at, 1);
    assert.equal(random.check?.(['two', 'least_time=header']), undefined);
  });
});
