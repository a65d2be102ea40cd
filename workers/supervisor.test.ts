import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Supervisor } from './supervisor.ts';

test('ten single crashes in a row are each answered at once', () => {
  const supervisor = new Supervisor(0);
  for (let crash = 1; crash <= 10; crash++) {
    assert.equal(supervisor.onDeath(true, crash * 300), 0);
    assert.equal(supervisor.isBackingOff, false);
  }
});

test('a crash loop backs off from 100 ms to 10 s and is forgiven by quiet', () => {
  const supervisor = new Supervisor(0);
  const delays = Array.from({ length: 22 }, (_, n) => supervisor.onDeath(true, n));
  assert.deepEqual(
    delays.slice(12),
    [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000],
  );
  assert.equal(supervisor.isBackingOff, true);
  assert.equal(supervisor.onDeath(true, 60_000), 0);
});

test('what never becomes ready is retried once at once, then backs off', () => {
  const supervisor = new Supervisor(0);
  assert.deepEqual(
    [1, 2, 3, 4].map((now) => supervisor.onDeath(false, now)),
    [0, 100, 200, 400],
  );
  assert.equal(supervisor.onDeath(true, 5), 0);
});
