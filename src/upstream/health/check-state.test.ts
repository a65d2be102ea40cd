import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CheckState } from './check-state.ts';

function after(state: CheckState, results: string): string {
  return [...results]
    .map((result) => (state.record(result === '+', result, 1) ? state.verdict : '.'))
    .join(' ');
}

test('`fails` failures in a row make an endpoint unhealthy, `passes` passes healthy again', () => {
  const state = new CheckState(3, 2, false);
  assert.equal(after(state, '+--+--'), '. . . . . .');
  assert.equal(after(state, '---'), 'unhealthy . .');
  assert.equal(after(state, '+-+'), '. . .');
  assert.equal(after(state, '+'), 'up');
  const { checkCount, failCount, unhealthyCount } = state;
  assert.deepEqual([checkCount, failCount, unhealthyCount], [13, 8, 1]);
});

test('a mandatory check is out until its first pass, whatever `passes` says', () => {
  const state = new CheckState(2, 3, true);
  assert.deepEqual([state.verdict, state.isOut], ['checking', true]);
  assert.equal(after(state, '-+'), '. up');
  const failing = new CheckState(2, 3, true);
  assert.equal(after(failing, '--++'), '. unhealthy . .');
  assert.equal(after(failing, '+'), 'up');
});
