import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import { Pace } from './pace.ts';

function setUp() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  let toldCount = 0;
  const pace = new Pace(wheel, { onTimeout: () => (toldCount += 1) });
  const passMs = (ms: number): void => {
    clock.advanceMs(ms);
    wheel.advance();
  };
  return { pace, passMs, told: () => toldCount, wheel };
}

test('what belongs to a second may pass at its beginning, and no more', () => {
  const { pace, passMs } = setUp();
  pace.begin(1000, 0);
  assert.equal(pace.room, 1000);
  pace.pass(1000);
  assert.equal(pace.room, 0);
  passMs(1);
  assert.equal(pace.room, 1);
  passMs(999);
  assert.equal(pace.room, 1000);
});

test('what is free passes before', () => {
  const { pace } = setUp();
  pace.begin(1000, 5000);
  assert.equal(pace.room, 6000);
});

test('a rate of 0 is none', () => {
  const { pace } = setUp();
  pace.begin(0, 0);
  pace.pass(1e12);
  assert.ok(pace.room > 1e12);
});

test('who waits is told when there is room, not before and once', () => {
  const { pace, passMs, told, wheel } = setUp();
  pace.begin(1000, 0);
  pace.pass(3000);
  pace.wait();
  passMs(1999);
  assert.equal(told(), 0);
  passMs(2 * TICK_MS);
  assert.equal(told(), 1);
  assert.ok(pace.room > 0);
  passMs(10_000);
  assert.equal(told(), 1);
  pace.wait();
  pace.end();
  assert.equal(wheel.linkedCount, 0);
});
