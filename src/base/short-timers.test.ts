import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock, SystemClock } from './clock.ts';
import { LONGEST_SHORT_MS, ShortTimers } from './short-timers.ts';
import { TimerEntry } from './timer-wheel.ts';

/** Notes when it fires. */
class Probe {
  readonly entry = new TimerEntry(this);
  readonly fired: number[] = [];
  readonly #clock: ManualClock;
  onFired: () => void = () => {};

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  onTimeout(): void {
    this.fired.push(this.#clock.nowMs);
    this.onFired();
  }
}

function timersAt(nowMs: number) {
  const clock = new ManualClock();
  clock.nowMs = nowMs;
  const timers = new ShortTimers(clock);
  const pass = (ms: number): void => {
    clock.advanceMs(ms);
    timers.advance();
  };
  return { clock, timers, pass };
}

describe('short timers', () => {
  it('fire in the millisecond after they are due, once', () => {
    const { clock, timers, pass } = timersAt(17.3);
    const probe = new Probe(clock);
    timers.arm(probe.entry, 7.5);
    for (let step = 0; step < 20; step++) pass(0.5);
    assert.equal(probe.fired.length, 1);
    assert.ok((probe.fired[0] ?? 0) >= 24.8 && (probe.fired[0] ?? 0) < 26, `${probe.fired}`);
    assert.equal(timers.linkedCount, 0);
  });

  it('never fire early, never more than a millisecond late, whatever is armed and forgotten', () => {
    const step = fc.record({
      delayMs: fc.double({ min: 0, max: LONGEST_SHORT_MS, noNaN: true }),
      passMs: fc.double({ min: 0, max: 3, noNaN: true }),
      isForgotten: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { clock, timers, pass } = timersAt(0.25);
        const waiting: { probe: Probe; dueMs: number }[] = [];
        const forgotten: Probe[] = [];
        for (const { delayMs, isForgotten, passMs } of steps) {
          const probe = new Probe(clock);
          timers.arm(probe.entry, delayMs);
          if (isForgotten) {
            timers.forget(probe.entry);
            forgotten.push(probe);
          } else waiting.push({ probe, dueMs: clock.nowMs + delayMs });
          pass(passMs);
        }
        for (let ms = 0; ms < LONGEST_SHORT_MS + 2; ms++) pass(1);
        for (const { dueMs, probe } of waiting) {
          assert.equal(probe.fired.length, 1);
          const lateMs = (probe.fired[0] ?? 0) - dueMs;
          assert.ok(lateMs >= 0 && lateMs <= 1 + 3, `${lateMs}`); // and a step
        }
        assert.ok(forgotten.every(({ fired }) => fired.length === 0));
        assert.equal(timers.linkedCount, 0);
      }),
    );
  });

  it('may be armed and forgotten by one that fires', () => {
    const { clock, timers, pass } = timersAt(0);
    const [first, second, third] = [new Probe(clock), new Probe(clock), new Probe(clock)];
    for (const { entry } of [first, second]) timers.arm(entry, 5);
    second.onFired = () => {
      timers.forget(first.entry);
      timers.arm(third.entry, 0);
      if (second.fired.length === 1) timers.arm(second.entry, 10);
    };
    pass(5);
    pass(1);
    assert.deepEqual([first.fired, second.fired, third.fired], [[], [5], [6]]);
    pass(9);
    assert.deepEqual(second.fired, [5, 15]);
  });

  it('after a stall: all that is due fires, and what was armed before the stall was seen waits its time', () => {
    const { clock, timers, pass } = timersAt(0);
    const [due, late] = [new Probe(clock), new Probe(clock)];
    timers.arm(due.entry, 100);
    clock.advanceMs(600);
    timers.arm(late.entry, 12); // 612 shares the slot of 100
    timers.advance();
    assert.deepEqual([due.fired, late.fired], [[600], []]);
    pass(12);
    assert.deepEqual(late.fired, [612]);
  });

  it('are woken by Node, in order', async () => {
    const timers = new ShortTimers(new SystemClock());
    const order: string[] = [];
    const alive = setInterval(() => {}, 1_000); // they keep no process alive
    await new Promise<void>((resolve) => {
      const entry = (name: string, then = () => {}) =>
        new TimerEntry({
          onTimeout: () => {
            order.push(name);
            then();
          },
        });
      timers.arm(entry('last', resolve), 20);
      timers.arm(entry('first'), 2);
      timers.arm(entry('second'), 9);
    });
    clearInterval(alive);
    assert.deepEqual(order, ['first', 'second', 'last']);
  });
});
