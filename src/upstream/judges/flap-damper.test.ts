import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FlapDamper } from './flap-damper.ts';

const CONFIG = { changes: 4, intervalMs: 60_000, holdMs: 30_000 };

/** Changes it so many times, one per period; returns when the last one was. */
function flap(damper: FlapDamper, times: number, periodMs: number, fromMs = 0): number {
  for (let n = 1; n <= times; n++) damper.look(n % 2 === 0, fromMs + n * periodMs, true);
  return fromMs + times * periodMs;
}

describe('flap damping', () => {
  it('holds who changes more often than it may within the interval', () => {
    const damper = new FlapDamper(CONFIG);
    flap(damper, 4, 5_000);
    assert.equal(damper.isHeld, false);
    assert.equal(damper.look(false, 25_000, true), true);
    assert.equal(damper.isHeld, true);
  });

  it('holds nobody who changes slowly', () => {
    const damper = new FlapDamper(CONFIG);
    flap(damper, 40, 16_000);
    assert.equal(damper.isHeld, false);
  });

  it('lets it in when it was calm for long enough, counted from its last change', () => {
    const damper = new FlapDamper(CONFIG);
    flap(damper, 6, 5_000);
    assert.equal(damper.isHeld, true);
    assert.equal(damper.look(true, 59_900, true), false);
    assert.equal(damper.look(true, 60_000, true), true);
    assert.equal(damper.isHeld, false);
    assert.equal(damper.look(true, 60_100, true), false);
  });

  it('is held by each further change', () => {
    const damper = new FlapDamper(CONFIG);
    const lastMs = flap(damper, 20, 5_000);
    assert.equal(damper.look(true, lastMs + 29_900, true), false);
    assert.equal(damper.look(true, lastMs + 30_000, true), true);
  });

  it('holds nobody who is needed, and lets in who has become so', () => {
    const damper = new FlapDamper(CONFIG);
    for (let n = 1; n <= 10; n++) damper.look(n % 2 === 0, n * 1_000, false);
    assert.equal(damper.isHeld, false);
    assert.equal(damper.look(true, 11_000, true), true);
    assert.equal(damper.look(true, 11_100, false), true);
    assert.equal(damper.isHeld, false);
  });
});
