import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invariant, suspect, suspicionCounts } from './invariant.ts';

test('an invariant throws only when it is broken', () => {
  invariant(true, 'fine');
  assert.throws(() => invariant(false, 'head ≤ tail'), /invariant broken: head ≤ tail/);
});

test('what is strange is counted by what it is', () => {
  suspect('twice');
  suspect('twice');
  suspect('once');
  assert.deepEqual([suspicionCounts().get('twice'), suspicionCounts().get('once')], [2, 1]);
});
