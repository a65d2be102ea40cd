import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { httpDate } from './date.ts';

test('a date has the form of RFC 9110 §5.6.7 and moves with the second', () => {
  const clock = new ManualClock(Date.UTC(1994, 10, 6, 8, 49, 37));
  assert.equal(httpDate(clock), 'Sun, 06 Nov 1994 08:49:37 GMT');
  clock.advanceMs(999);
  assert.equal(httpDate(clock), 'Sun, 06 Nov 1994 08:49:37 GMT');
  clock.advanceMs(1);
  assert.equal(httpDate(clock), 'Sun, 06 Nov 1994 08:49:38 GMT');
});

test('a date is made once per second', () => {
  const clock = new ManualClock(1_000_000);
  const first = httpDate(clock);
  clock.advanceMs(500);
  assert.equal(httpDate(clock), first);
  assert.equal(httpDate(new ManualClock(0)), 'Thu, 01 Jan 1970 00:00:00 GMT');
});
