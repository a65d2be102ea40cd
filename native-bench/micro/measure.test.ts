import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measure } from './measure.ts';

describe('micro-benchmarks', () => {
  it('every bench gets a median with its interval, in the order given', () => {
    const spin = (factor: number) => (count: number) => {
      let total = 0;
      for (let i = 0; i < count * factor; i += 1) total += i % 7;
      return total;
    };
    const benches = [
      { name: 'a', run: spin(10) },
      { name: 'b', run: spin(20) },
    ];
    const results = measure(benches, { rounds: 3, roundMs: 2 });
    assert.deepEqual(
      results.map(({ name }) => name),
      ['a', 'b'],
    );
    for (const { ns } of results) {
      assert.equal(ns.count, 3);
      assert.ok(ns.low <= ns.median && ns.median <= ns.high);
    }
  });
});
