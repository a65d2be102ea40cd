import assert from 'node:assert/strict';
import { test } from 'node:test';
import { THREAD_ROW_CELLS } from './layout.ts';
import { COLUMN_COUNT } from './reason-columns.ts';
import { allocateShared, SharedState } from './shared-state.ts';
import { CONNECTIONS_ACTIVE, FAULT_RATES, FIRST_REASON_COLUMN, REQUESTS } from './thread-rows.ts';

const sizes = { threadCount: 3, endpointCount: 5, upstreamCount: 2 };

function views(): SharedState[] {
  const buffer = allocateShared(sizes);
  return [0, 1, 2].map((thread) => new SharedState(buffer, sizes, thread));
}

function view(all: SharedState[], thread: number): SharedState {
  const found = all[thread];
  assert.ok(found);
  return found;
}

test('every region keeps to itself: writing all of one leaves the others zero', () => {
  const all = views();
  for (const state of all) {
    state.rows.row(state.thread).fill(7);
    for (let e = 0; e < 5; e++) state.endpoints.start(e);
    state.board.setReady(state.thread);
  }
  const first = view(all, 0);
  first.endpoints.nextTurn(1);
  assert.equal(first.rows.total(REQUESTS), 21);
  for (let e = 0; e < 5; e++) {
    assert.equal(first.endpoints.active(e), 3);
    assert.equal(first.endpoints.requests(e), 3);
    assert.equal(first.endpoints.failures(e), 0);
  }
  assert.equal(first.endpoints.turn(0), 0);
  assert.equal(first.endpoints.turn(1), 1);
  assert.equal(first.board.isDrained(2), false);
  assert.equal(first.board.phase, 0);
});

test('max_conns is counted over all threads and draining generations', () => {
  const all = views();
  view(all, 0).endpoints.setForeign(4, 1);
  assert.equal(view(all, 0).endpoints.tryStart(4, 3), true);
  assert.equal(view(all, 1).endpoints.tryStart(4, 3), true);
  assert.equal(view(all, 2).endpoints.tryStart(4, 3), false);
  assert.equal(view(all, 2).endpoints.active(4), 3);
  assert.equal(view(all, 2).endpoints.ownActive(4), 2);
  view(all, 1).endpoints.finish(4, 12);
  assert.equal(view(all, 0).endpoints.busyMs(4), 12);
  assert.equal(view(all, 2).endpoints.tryStart(4, 3), true);
});

test('a dead thread holds nothing in flight, but what it counted stays', () => {
  const all = views();
  const dead = view(all, 1);
  dead.endpoints.start(2);
  dead.endpoints.fail(2);
  dead.rows.row(1)[CONNECTIONS_ACTIVE] = 9;
  dead.rows.row(1)[REQUESTS] = 100;
  view(all, 2).endpoints.start(2);
  const main = view(all, 0);
  main.endpoints.zeroThread(1);
  main.rows.zeroGauges(1);
  assert.equal(main.endpoints.active(2), 1);
  assert.equal(main.endpoints.failures(2), 1);
  assert.equal(main.rows.total(CONNECTIONS_ACTIVE), 0);
  assert.equal(main.rows.total(REQUESTS), 100);
});

test('turns are shared, never negative, and continue over a reload', () => {
  const all = views();
  assert.deepEqual(
    [0, 1, 2].map((thread) => view(all, thread).endpoints.nextTurn(0)),
    [0, 1, 2],
  );
  view(all, 0).endpoints.setTurn(0, 0x7fffffff);
  for (let n = 0; n < 3; n++) assert.ok(view(all, 1).endpoints.nextTurn(0) >= 0);
});

test('totals include what older generations counted', () => {
  const all = views();
  view(all, 0).rows.foreign[REQUESTS] = 40;
  view(all, 2).rows.row(2)[REQUESTS] = 2;
  assert.equal(view(all, 1).rows.total(REQUESTS), 42);
  assert.equal(view(all, 1).rows.ownTotal(REQUESTS), 2);
});

test('the board keeps ready and drained per thread', () => {
  const all = views();
  view(all, 1).board.setReady(1);
  view(all, 2).board.setDrained(2);
  const { board } = view(all, 0);
  assert.deepEqual(
    [0, 1, 2].map((thread) => [board.isReady(thread), board.isDrained(thread)]),
    [
      [false, false],
      [true, false],
      [false, true],
    ],
  );
  board.clearThread(1);
  assert.equal(board.isReady(1), false);
});

test('a buffer that is too small is refused; all columns fit the row', () => {
  assert.throws(() => new SharedState(new SharedArrayBuffer(64), sizes, 0), RangeError);
  assert.equal(FIRST_REASON_COLUMN, FAULT_RATES + 1);
  assert.ok(COLUMN_COUNT <= THREAD_ROW_CELLS);
});
