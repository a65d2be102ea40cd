import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { FAILURE_MS, sharedNowMs, type TimeMeasure } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import { RecentTimes } from './recent-times.ts';

/** Endpoints 5, 6 … of the table, as one thread sees them; another thread writes of 6. */
function make(measure: TimeMeasure, count = 2) {
  const sizes = { threadCount: 2, endpointCount: 5 + count, upstreamCount: 1 };
  const shared = allocateShared(sizes);
  const [own, other] = [0, 1].map((thread) => new EndpointTable(shared, 2, 5 + count, thread));
  assert.ok(own !== undefined && other !== undefined);
  const clock = new ManualClock();
  const ids = Int32Array.from({ length: count }, (_, at) => 5 + at);
  const recent = new RecentTimes(own.times, ids, measure, clock);
  const record = (headerMs: number, totalMs: number, isFailure = false): void =>
    other.times.record(6, headerMs, totalMs, isFailure, sharedNowMs(clock.nowMs));
  const readAfter = (ms: number): number[] => {
    clock.nowMs += ms;
    recent.refresh();
    return [recent.us(0), recent.us(1)];
  };
  return { clock, readAfter, record, times: other.times };
}

function near(actual: number | undefined, expected: number, within: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= within, `${actual}, not ${expected}`);
}

describe('times that a thread has read', () => {
  it('are whole microseconds of the measure, of all threads; −1 where nothing is known', () => {
    for (const [measure, expected] of [
      ['header', 10_500],
      ['total', 20_000],
      ['peak', 10_500],
      ['none', -1],
    ] as const) {
      const { readAfter, record } = make(measure);
      assert.deepEqual(readAfter(1), [-1, -1]);
      record(10.5, 20);
      assert.deepEqual(readAfter(1), [-1, expected]);
    }
  });

  it('are read again after a millisecond, of many endpoints less often', () => {
    for (const [count, keptMs] of [
      [2, 1],
      [640, 10],
    ] as const) {
      const { readAfter, record } = make('header', count);
      readAfter(0);
      record(10, 10);
      assert.equal(readAfter(keptMs * 0.9)[1], -1);
      assert.equal(readAfter(keptMs * 0.2)[1], 10_000);
    }
  });

  it('have a peak fade to the mean and not below it; failures are no part of the mean', () => {
    const { readAfter, record } = make('peak');
    for (let n = 0; n < 9; n++) record(100, 100);
    record(1_000, 1_000);
    near(readAfter(15_000)[1], 1_000_000 * Math.exp(-1.5), 100);
    near(readAfter(10_000)[1], 190_000, 1);
    record(1, 1, true);
    near(readAfter(1)[1], FAILURE_MS * 1_000, 1_000);
  });

  it('count the age of what waits when that is more than the mean, up to 5 seconds', () => {
    const { clock, readAfter, record, times } = make('total-open');
    record(10, 10);
    const startedAtMs = sharedNowMs(clock.nowMs);
    times.open(6, startedAtMs);
    assert.equal(readAfter(1)[1], 10_000);
    near(readAfter(299)[1], 300_000, 1_000);
    assert.equal(readAfter(9_000)[1], FAILURE_MS * 1_000);
    times.close(6, startedAtMs);
    assert.equal(readAfter(1)[1], 10_000);
  });
});
