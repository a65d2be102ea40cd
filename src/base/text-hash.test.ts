import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hashText } from './text-hash.ts';

function hashOf(text: string): [number, number] {
  const lanes = new Int32Array(2);
  hashText(text, lanes);
  return [(lanes[0] as number) >>> 0, (lanes[1] as number) >>> 0];
}

describe('the hash of a text', () => {
  it('is what it always was: instances that agree may be of different versions', () => {
    assert.deepEqual(hashOf(''), HASHES['']);
    assert.deepEqual(hashOf('127.0.0.1:80'), HASHES['127.0.0.1:80']);
  });

  it('fills buckets evenly, with both halves, for texts that differ in one digit', () => {
    for (const half of [0, 1] as const) {
      const buckets = new Array<number>(64).fill(0);
      for (let n = 0; n < 64_000; n++) {
        const bucket = hashOf(`/users/${n}`)[half] % 64;
        buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      }
      const chi2 = buckets.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
      // 63 degrees of freedom: above 121 once in 100,000; the texts are fixed.
      assert.ok(chi2 < 121, `chi² ${chi2}`);
    }
  });

  it('changes about half of its bits with any bit of the text', () => {
    let changed = 0;
    let count = 0;
    for (let n = 0; n < 200; n++) {
      const text = `key ${n}`;
      const [a, b] = hashOf(text);
      for (let bit = 0; bit < text.length * 8; bit++) {
        const bytes = Buffer.from(text, 'latin1');
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const [c, d] = hashOf(bytes.toString('latin1'));
        changed += ones(a ^ c) + ones(b ^ d);
        count += 64;
      }
    }
    const share = changed / count;
    assert.ok(share > 0.49 && share < 0.51, `${share}`);
  });
});

const HASHES: Record<string, [number, number]> = {
  '': [2434682881, 3985883971],
  '127.0.0.1:80': [948155553, 706760553],
};

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count += 1;
  return count;
}
