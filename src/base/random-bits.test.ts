import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RandomBits } from './random-bits.ts';

describe('random bits', () => {
  it('are integers from 0 to below 2^30, spread evenly, each bit as often 0 as 1', () => {
    const random = new RandomBits(42);
    const eighths = new Int32Array(8);
    const ones = new Int32Array(30);
    const count = 80_000;
    for (let n = 0; n < count; n++) {
      const bits = random.next();
      assert.ok(Number.isInteger(bits) && bits >= 0 && bits < 2 ** 30, String(bits));
      eighths[bits >>> 27] = (eighths[bits >>> 27] ?? 0) + 1;
      for (let bit = 0; bit < 30; bit++) ones[bit] = (ones[bit] ?? 0) + ((bits >>> bit) & 1);
    }
    // Five standard deviations are 470 and 710: with a fixed seed this cannot fail by chance.
    for (const found of eighths) assert.ok(Math.abs(found - count / 8) < 470, String(eighths));
    for (const found of ones) assert.ok(Math.abs(found - count / 2) < 710, String(ones));
  });

  it('are the same for the same seed, and others without one', () => {
    const draw = (random: RandomBits) => Array.from({ length: 5 }, () => random.next());
    assert.deepEqual(draw(new RandomBits(7)), draw(new RandomBits(7)));
    assert.notDeepEqual(draw(new RandomBits()), draw(new RandomBits()));
  });
});
