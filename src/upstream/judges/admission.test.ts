import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { Admission } from './admission.ts';
import { emptySample } from './candidate.ts';

const CONFIG = { successShare: 0.95, maxRejection: 0.8, minRequests: 20, windowMs: 30_000 };
const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
const PER_LOOK = 100;
const LOOK_MS = 100;

function make() {
  const random = new RandomBits(SEED);
  const clock = new ManualClock();
  const admission = new Admission(CONFIG, 0);
  let refused = 0;
  /** The share that passed, of each second. */
  const run = (seconds: number, failureShare: number): number[] => {
    const shares: number[] = [];
    for (let look = 0; look < (seconds * 1000) / LOOK_MS; look++) {
      const sample = emptySample();
      for (let n = 0; n < PER_LOOK; n++) {
        if ((random.next() % 10_000) / 10_000 < refused) continue;
        if ((random.next() % 10_000) / 10_000 < failureShare) sample.errors += 1;
        else sample.good += 1;
      }
      clock.advanceMs(LOOK_MS);
      refused = admission.look(sample, clock.nowMs);
      if (look % 10 === 9) shares.push(1 - refused);
    }
    return shares;
  };
  return { admission, run };
}

describe(`admission control (seed ${SEED})`, () => {
  it('turns nobody away while enough is good, or little is known', () => {
    const { admission, run } = make();
    assert.ok(Math.min(...run(60, 0.03)) > 0.99);
    assert.equal(new Admission(CONFIG, 0).look({ ...emptySample(), errors: 19 }, 100), 0);
    assert.equal(admission.figures.requests > 0, true);
  });

  it('halves the load of what half fails, and lets it come back without a cliff', () => {
    const { run } = make();
    run(60, 0);
    const falling = run(60, 0.5);
    const settled = falling.slice(40);
    assert.ok(Math.max(...settled) < 0.6 && Math.min(...settled) > 0.45, settled.join(' '));
    const rising = run(60, 0);
    assert.ok((rising.at(-1) ?? 0) > 0.99);
    for (const [second, share] of rising.slice(1).entries()) {
      const step = share - (rising[second] as number);
      assert.ok(step > -0.02 && step < 0.12, `second ${second}: ${step}`);
    }
  });

  it('lets a fifth through to what fails all the time', () => {
    const { run } = make();
    assert.ok(Math.abs((run(60, 1).at(-1) ?? 0) - 0.2) < 1e-9);
  });
});
