import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import type { BreakerConfig } from '#src/upstream/endpoint/judge-config.ts';
import { Breaker } from './breaker.ts';
import { emptySample } from './candidate.ts';

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
const LOOK_MS = 100;
const CONFIG: BreakerConfig = {
  scope: 'endpoint',
  failureShare: 0.5,
  latencyMs: 0,
  minRequests: 20,
  windowMs: 10_000,
  openMs: 10_000,
  rampMs: 10_000,
};

/** An endpoint that so many ask per second; the breaker lets its share of them through. */
class Line {
  readonly clock = new ManualClock();
  readonly breaker: Breaker;
  readonly random: RandomBits;
  readonly story: string[] = [];
  /** Of each second. */
  readonly passed: number[] = [];

  constructor(config: Partial<BreakerConfig> = {}) {
    this.random = new RandomBits(SEED);
    this.breaker = new Breaker({ ...CONFIG, ...config }, 0);
  }

  run(seconds: number, perSec: number, failureShare: number, latencyMs = 1): this {
    for (let look = 0; look < (seconds * 1000) / LOOK_MS; look++) {
      if ((look * LOOK_MS) % 1000 === 0) this.passed.push(0);
      const sample = emptySample();
      for (let n = 0; n < (perSec * LOOK_MS) / 1000; n++) {
        if (this.#dice() >= this.breaker.share(this.clock.nowMs)) continue;
        this.passed[this.passed.length - 1] = (this.passed.at(-1) ?? 0) + 1;
        if (this.#dice() < failureShare) sample.errors += 1;
        else sample.good += 1;
        sample.timed += 1;
        sample.headerMs += latencyMs;
      }
      this.clock.advanceMs(LOOK_MS);
      const change = this.breaker.look(sample, this.clock.nowMs);
      if (change !== undefined) this.story.push(`${this.clock.nowMs / 1000} ${change.to}`);
    }
    return this;
  }

  #dice(): number {
    return (this.random.next() % 10_000) / 10_000;
  }
}

describe(`a circuit breaker (seed ${SEED})`, () => {
  it('stays closed below its limit, and while too few have come', () => {
    assert.deepEqual(new Line().run(120, 200, 0.1).story, []);
    assert.deepEqual(new Line().run(1.9, 10, 1).story, []);
  });

  it('opens, lets nothing through, tries with a share that grows, and closes', () => {
    const line = new Line().run(1, 200, 1).run(9.8, 200, 0);
    assert.deepEqual(line.story, ['0.1 open', '10.1 trial']);
    assert.equal(
      line.passed.slice(1, 10).every((count) => count === 0),
      true,
    );
    line.passed.length = 0;
    line.run(10, 1_000, 0);
    assert.deepEqual(line.story.at(-1), '20.1 closed');
    for (let second = 1; second < line.passed.length; second++) {
      assert.ok(
        (line.passed[second] ?? 0) > (line.passed[second - 1] ?? 0) * 0.95,
        `grows: ${line.passed.join(' ')}`,
      );
    }
    assert.ok((line.passed[0] ?? 0) < 250, `begins with little: ${line.passed.join(' ')}`);
  });

  it('opens again when the trial fails, having let few through', () => {
    const line = new Line().run(60, 1_000, 1);
    assert.deepEqual(
      line.story.map((entry) => entry.split(' ')[1]),
      ['open', 'trial', 'open', 'trial', 'open', 'trial', 'open', 'trial', 'open', 'trial', 'open'],
    );
    const afterFirst = line.passed.slice(1).reduce((sum, count) => sum + count, 0);
    assert.ok(afterFirst < 300, `${afterFirst} of 59,000 passed`);
  });

  it('opens by time, where a limit is given', () => {
    assert.deepEqual(new Line({ latencyMs: 500 }).run(5, 200, 0, 400).story, []);
    assert.deepEqual(new Line({ latencyMs: 500 }).run(5, 200, 0, 600).story, ['0.1 open']);
  });

  it('goes on after a reload, unless it has moved on', () => {
    const old = new Line().run(1, 200, 1);
    const next = new Breaker(CONFIG, 1_000);
    next.restore(old.breaker.record);
    assert.equal(next.share(5_000), 0);
    assert.equal(next.look(emptySample(), 10_100)?.to, 'trial');
    next.restore(old.breaker.record);
    assert.equal(next.state, 'trial');
  });
});
