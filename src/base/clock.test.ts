import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock, SystemClock } from './clock.ts';

describe('a manual clock', () => {
  it('stands still until it is moved', () => {
    const clock = new ManualClock(1_000);
    assert.deepEqual([clock.refresh(), clock.wallMs()], [0, 1_000]);
    clock.advanceMs(5);
    assert.deepEqual([clock.nowMs, clock.refresh(), clock.wallMs()], [5, 5, 1_005]);
  });
});

describe('the system clock', () => {
  it('shows the time of its last refresh and never goes back', () => {
    const clock = new SystemClock();
    const before = clock.nowMs;
    assert.equal(clock.nowMs, before);
    assert.ok(clock.refresh() >= before);
    assert.ok(clock.nowMs >= before);
    assert.ok(Math.abs(clock.wallMs() - Date.now()) < 60_000);
  });

  it('is read once per turn of the event loop', async (t) => {
    let [realMs, readings] = [1_000, 0];
    t.mock.method(performance, 'now', () => {
      readings += 1;
      return realMs;
    });
    const clock = new SystemClock();
    readings = 0;
    for (const afterMs of [10, 0, 25]) {
      const wantedMs = realMs + afterMs;
      realMs = wantedMs;
      assert.equal(clock.refresh(), wantedMs, 'a new turn has a new time');
      realMs += 3;
      assert.equal(clock.refresh(), wantedMs, 'which stands still');
      await Promise.resolve();
      assert.equal(clock.refresh(), wantedMs);
      assert.equal(clock.nowMs, wantedMs);
      await nextTurn();
      assert.equal(clock.nowMs, wantedMs, 'until it is asked for again');
    }
    assert.equal(readings, 3);
  });

  it('is read by each clock for itself', async (t) => {
    let realMs = 1_000;
    t.mock.method(performance, 'now', () => realMs);
    const [one, other] = [new SystemClock(), new SystemClock()];
    one.refresh();
    realMs = 1_010;
    assert.deepEqual([one.refresh(), other.refresh()], [1_000, 1_010]);
    await nextTurn();
    assert.deepEqual([one.refresh(), other.refresh()], [1_010, 1_010]);
  });
});
