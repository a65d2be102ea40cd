import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jainIndex } from './fairness.ts';

test('the index is 1 for equal shares, 1/n when one has all, and 1 for nothing', () => {
  assert.equal(jainIndex([3, 3, 3]), 1);
  assert.equal(jainIndex([0, 5, 0, 0]), 0.25);
  assert.equal(jainIndex([0, 0]), 1);
  assert.equal(jainIndex([]), 1);
});

test('the story of three exports on two of three backends', () => {
  // 2 exports here, 1 there, none at the third: (2+1+0)^2 / (3 x (4+1)).
  assert.ok(Math.abs(jainIndex([2, 1, 0]) - 0.6) < 1e-12);
});
