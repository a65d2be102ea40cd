import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerTimes } from './peer-times.ts';

const START_MS = 1_800_000_000_000;

test('nothing is known before the first answer, and after a long silence', () => {
  const times = new PeerTimes();
  assert.deepEqual([times.headerMs, times.responseMs], [-1, -1]);
  times.look({ headers: 1, headerMs: 20, ended: 1, busyMs: 30 }, START_MS);
  assert.deepEqual([times.headerMs, times.responseMs], [20, 30]);
  times.look({ headers: 1, headerMs: 20, ended: 1, busyMs: 30 }, START_MS + 60_000);
  assert.deepEqual([times.headerMs, times.responseMs], [-1, -1]);
});

test('what is new counts more than what was before', () => {
  const times = new PeerTimes();
  times.look({ headers: 100, headerMs: 1_000, ended: 100, busyMs: 1_000 }, START_MS);
  times.look({ headers: 200, headerMs: 11_000, ended: 200, busyMs: 11_000 }, START_MS + 10_000);
  assert.ok(times.headerMs > 70 && times.headerMs < 100, String(times.headerMs));
  // Failed attempts have no head, and count in the other average.
  times.look({ headers: 200, headerMs: 11_000, ended: 300, busyMs: 111_000 }, START_MS + 10_000);
  assert.ok(times.headerMs < 100);
  assert.ok(times.responseMs > 400, String(times.responseMs));
});

test('another tenant of the place begins anew', () => {
  const times = new PeerTimes();
  times.look({ headers: 100, headerMs: 1_000, ended: 100, busyMs: 1_000 }, START_MS);
  times.look({ headers: 1, headerMs: 500, ended: 1, busyMs: 500 }, START_MS + 100_000);
  assert.ok(Math.abs(times.headerMs - 500) < 5, String(times.headerMs));
});
