import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OUT_GONE } from '#src/shared/endpoint-standing.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { TableView } from './table-upstream.ts';

test('of a place whose tenant waits for threads nothing is told that the one before has left', () => {
  const { endpoints } = SharedState.alone(2, 1);
  const view = new TableView(endpoints, 0, 0);
  endpoints.start(1);
  endpoints.finish(1, 5);
  endpoints.fail(1);
  assert.deepEqual([view.countsOf(1).requests, view.countsOf(1).fails], [1, 1]);
  endpoints.setOut(1, OUT_GONE, true);
  assert.deepEqual([view.countsOf(1).requests, view.countsOf(1).fails], [0, 0]);
});
