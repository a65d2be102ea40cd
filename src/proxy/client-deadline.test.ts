import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timeoutMs } from './client-deadline.ts';

test('how long a client will wait: milliseconds, or with a unit', () => {
  const known: readonly (readonly [string, number])[] = [
    ['1500', 1_500],
    ['0', 0],
    ['2H', 7_200_000],
    ['3M', 180_000],
    ['4S', 4_000],
    ['5m', 5],
    ['6000u', 6],
    ['7000000n', 7],
    ['8s', 8_000],
    ['9ms', 9],
    ['99999999H', 99_999_999 * 3_600_000],
  ];
  for (const [text, ms] of known) assert.ok(Math.abs(timeoutMs(text) - ms) < 1e-6, text);
  for (const text of ['', '-1', '1.5', '1 S', ' 1', '123456789', '1h', 'S', '1S,2S', '0x10']) {
    assert.equal(timeoutMs(text), Number.POSITIVE_INFINITY, text);
  }
});
