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
    for (const { heapBytes, ns } of results) {
      assert.ok(heapBytes >= 0);
      assert.equal(ns.count, 3);
      assert.ok(ns.low <= ns.median && ns.median <= ns.high);
    }
  });

  it('what an operation allocates is counted', () => {
    const fill = (count: number): number => {
      let total = 0;
      for (let i = 0; i < count; i += 1) total += new Array(100).fill(i).length;
      return total;
    };
    const [result] = measure([{ name: 'a', run: fill }], { rounds: 1, roundMs: 5 });
    // 100 slots of 4 or 8 bytes and the array's own fields.
    assert.ok(result !== undefined && result.heapBytes >= 400 && result.heapBytes < 1_600);
  });
});
