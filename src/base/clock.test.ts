import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
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
});
