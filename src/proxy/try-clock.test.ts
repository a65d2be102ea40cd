import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import { retryAfterMs, TryClock, type TryTimes } from './try-clock.ts';

/** A clock of tries, and what it tells. */
class Told {
  readonly time = new ManualClock();
  readonly wheel = new TimerWheel(this.time);
  readonly clock = new TryClock(this.wheel, this);
  readonly said: string[] = [];

  onTotalOver(): void {
    this.said.push(`total ${this.time.nowMs}`);
  }

  onTryOver(): void {
    this.said.push(`try ${this.time.nowMs}`);
  }

  onPauseOver(): void {
    this.said.push(`pause ${this.time.nowMs}`);
  }

  passMs(ms: number): void {
    for (let left = ms; left > 0; left -= TICK_MS) {
      this.time.advanceMs(TICK_MS);
      this.wheel.advance();
    }
  }
}

const times = (totalMs: number, tryMs: number, baseMs = 0, maxMs = 0): TryTimes => ({
  totalMs,
  tryMs,
  deadline: undefined,
  backoff: { baseMs, maxMs },
  hedge: undefined,
});

/** Pauses are as long as they may be. */
function withoutLuck(t: TestContext): void {
  t.mock.method(Math, 'random', () => 0.999_999);
}

describe('the clock of tries', () => {
  it('tells when each try, and all together, have taken too long', () => {
    const told = new Told();
    const exchange = new Exchange();
    told.clock.begin(times(2_500, 1_000), new Exchange());
    for (let round = 0; round < 3; round++) {
      told.clock.beginTry(times(2_500, 1_000), exchange);
      assert.equal(exchange.deadlineAtMs, Math.min(2_500, told.time.nowMs + 1_000));
      told.passMs(1_000);
    }
    told.clock.end();
    assert.deepEqual(told.said, ['try 1000', 'try 2000', 'total 2500', 'try 3000']);
    assert.equal(told.wheel.linkedCount, 0);
  });

  it('lets no try begin that has 50 ms or less', () => {
    const told = new Told();
    const wanted = times(1_000, 0);
    told.clock.begin(wanted, new Exchange());
    told.passMs(900);
    assert.equal(told.clock.mayGoOn(wanted, 0), true);
    assert.equal(told.clock.pause(), false, 'no pause is wanted');
    told.passMs(50);
    assert.equal(told.clock.mayGoOn(wanted, 0), false);
    told.clock.end();
  });

  it('pauses twice as long each time, up to the longest', (t) => {
    withoutLuck(t);
    const told = new Told();
    const wanted = times(0, 0, 100, 300);
    told.clock.begin(wanted, new Exchange());
    const lengths = [100, 200, 300, 300].map((longest) => {
      assert.ok(told.clock.mayGoOn(wanted, 0) && told.clock.pause());
      const from = told.time.nowMs;
      told.passMs(longest + TICK_MS);
      return Number(told.said.at(-1)?.split(' ')[1]) - from;
    });
    told.clock.end();
    assert.deepEqual(lengths, [100, 200, 300, 300]);
  });

  it('waits as long as an endpoint asks for, if that is not too long', () => {
    const told = new Told();
    const wanted = times(5_000, 0, 10, 3_000);
    told.clock.begin(wanted, new Exchange());
    assert.equal(told.clock.mayGoOn(wanted, 4_000), false, 'longer than the longest pause');
    assert.ok(told.clock.mayGoOn(wanted, 2_000) && told.clock.pause());
    told.passMs(3_000);
    assert.deepEqual(told.said, ['pause 2000']);
    assert.equal(told.clock.mayGoOn(wanted, 2_000), false, 'longer than what is left');
    told.clock.end();
  });
});

describe('Retry-After', () => {
  it('is a number of seconds; a date and anything else ask for nothing', () => {
    const texts = ['0', '120', undefined, '', '-1', '1.5', 'Fri, 31 Dec 1999 23:59:59 GMT'];
    assert.deepEqual(texts.map(retryAfterMs), [0, 120_000, 0, 0, 0, 0, 0]);
  });
});
