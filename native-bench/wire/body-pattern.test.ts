import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesPattern, patternBody, patternUnit } from './body-pattern.ts';

describe('body pattern', () => {
  const unit = patternUnit('r-17');
  const body = patternBody('r-17', 1000);

  it('every piece of a body matches at its offset and nowhere else', () => {
    for (let from = 0; from < body.length; from += 37) {
      for (const length of [1, 31, 32, 33, 200]) {
        const piece = body.subarray(from, from + length);
        assert.ok(matchesPattern(unit, piece, from), `${from}+${length}`);
      }
    }
    assert.equal(matchesPattern(unit, body.subarray(0, 64), 1), false);
  });

  it('a single foreign byte is found, wherever it lies', () => {
    for (const at of [0, 5, 31, 32, 500, 999]) {
      const mixed = Buffer.from(body);
      mixed[at] = (mixed[at] ?? 0) ^ 1;
      assert.equal(matchesPattern(unit, mixed, 0), false, `byte ${at}`);
    }
  });

  it('two ids never share a pattern', () => {
    assert.equal(matchesPattern(unit, patternBody('r-18', 64), 0), false);
    assert.equal(matchesPattern(patternUnit('r-1'), patternBody('r-17', 64), 0), false);
  });
});
