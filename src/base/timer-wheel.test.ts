import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ManualClock } from './clock.ts';
import { TICK_MS, TimerEntry, TimerWheel } from './timer-wheel.ts';

/** One turn of the wheel. */
const TURN_MS = 1024 * TICK_MS;

function make() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const passMs = (ms: number): void => {
    clock.advanceMs(ms);
    wheel.advance();
  };
  return { clock, wheel, passMs };
}

/** Writes down when its timeout fired, and may do something then. */
class Owner {
  readonly firedAtMs: number[] = [];
  readonly entry = new TimerEntry(this);
  readonly #clock: ManualClock;
  onFired: () => void = () => undefined;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  onTimeout(): void {
    this.firedAtMs.push(this.#clock.nowMs);
    this.onFired();
  }
}

describe('a timer wheel', () => {
  it('fires once, not a millisecond before it is due', () => {
    const { clock, passMs, wheel } = make();
    const owner = new Owner(clock);
    wheel.arm(owner.entry, 1_000);
    passMs(999);
    assert.deepEqual(owner.firedAtMs, []);
    passMs(1);
    assert.deepEqual(owner.firedAtMs, [1_000]);
    passMs(10 * TURN_MS);
    assert.deepEqual(owner.firedAtMs, [1_000]);
    assert.equal(wheel.linkedCount, 0);
  });

  it('fires a delay of zero or less on the next tick', () => {
    for (const delayMs of [0, -5]) {
      const { clock, passMs, wheel } = make();
      const owner = new Owner(clock);
      wheel.arm(owner.entry, delayMs);
      wheel.advance();
      assert.deepEqual(owner.firedAtMs, []);
      passMs(TICK_MS);
      assert.deepEqual(owner.firedAtMs, [TICK_MS]);
    }
  });

  it('fires at the last of the times it was armed for, later or earlier', () => {
    const { clock, passMs, wheel } = make();
    const owner = new Owner(clock);
    wheel.arm(owner.entry, 1_000);
    wheel.arm(owner.entry, 5_000);
    passMs(4_999);
    assert.deepEqual(owner.firedAtMs, []);
    wheel.arm(owner.entry, 60_000);
    wheel.arm(owner.entry, 2_001);
    passMs(2_001);
    assert.deepEqual(owner.firedAtMs, [7_000]);
  });

  it('does not fire what was disarmed, and links nothing twice', () => {
    const { clock, passMs, wheel } = make();
    const owner = new Owner(clock);
    wheel.arm(owner.entry, 1_000);
    wheel.disarm(owner.entry);
    wheel.arm(owner.entry, 2_000);
    assert.equal(wheel.linkedCount, 1);
    wheel.disarm(owner.entry);
    passMs(3_000);
    assert.deepEqual(owner.firedAtMs, []);
    assert.equal(wheel.linkedCount, 0);
  });

  it('refers to nothing that it was told to forget', () => {
    const { clock, passMs, wheel } = make();
    const owners = [new Owner(clock), new Owner(clock), new Owner(clock)] as const;
    for (const { entry } of owners) wheel.arm(entry, 100); // all in one slot
    wheel.forget(owners[1].entry);
    wheel.forget(owners[1].entry);
    assert.equal(wheel.linkedCount, 2);
    assert.deepEqual([owners[1].entry.next, owners[1].entry.previous], [undefined, undefined]);
    passMs(100);
    assert.deepEqual(
      owners.map(({ firedAtMs }) => firedAtMs.length),
      [1, 0, 1],
    );
  });

  it('waits for many turns', () => {
    const { clock, passMs, wheel } = make();
    const owner = new Owner(clock);
    wheel.arm(owner.entry, 3 * TURN_MS + 1);
    for (let turn = 0; turn < 3; turn++) passMs(TURN_MS);
    assert.deepEqual(owner.firedAtMs, []);
    passMs(TICK_MS);
    assert.deepEqual(owner.firedAtMs, [3 * TURN_MS + TICK_MS]);
  });

  it('fires what is due after the loop stood still for hours', () => {
    const { clock, passMs, wheel } = make();
    const owners = [new Owner(clock), new Owner(clock)] as const;
    wheel.arm(owners[0].entry, 10);
    wheel.arm(owners[1].entry, 10_000_000);
    passMs(9_999_999);
    assert.deepEqual([owners[0].firedAtMs.length, owners[1].firedAtMs.length], [1, 0]);
    passMs(TICK_MS);
    assert.equal(owners[1].firedAtMs.length, 1);
  });

  it('lets an owner arm, disarm and forget from inside its timeout', () => {
    const { clock, passMs, wheel } = make();
    const [first, second, third] = [new Owner(clock), new Owner(clock), new Owner(clock)];
    wheel.arm(second.entry, 100);
    wheel.arm(third.entry, 100);
    wheel.arm(first.entry, 100); // last in, first visited
    first.onFired = () => {
      wheel.disarm(second.entry);
      wheel.forget(third.entry);
      if (first.firedAtMs.length < 3) wheel.arm(first.entry, 0);
    };
    passMs(100);
    for (let tick = 0; tick < 5; tick++) passMs(TICK_MS);
    assert.deepEqual(first.firedAtMs, [100, 100 + TICK_MS, 100 + 2 * TICK_MS]);
    assert.deepEqual([second.firedAtMs, third.firedAtMs], [[], []]);
    assert.equal(wheel.linkedCount, 0);
  });

  it('fires everything in time, whatever is armed and disarmed in between', () => {
    const step = fc.record({
      who: fc.nat(7),
      what: fc.constantFrom('arm', 'arm', 'arm', 'disarm', 'forget'),
      delayMs: fc.oneof(fc.nat(300), fc.nat(3 * TURN_MS)),
      passMs: fc.oneof(fc.nat(120), fc.nat(2 * TURN_MS)),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, passMs, wheel } = make();
        const owners = Array.from({ length: 8 }, () => new Owner(clock));
        const dueMs = owners.map(() => Number.POSITIVE_INFINITY);
        for (const { delayMs, passMs: ms, what, who } of steps) {
          const owner = owners[who];
          assert.ok(owner !== undefined);
          if (what === 'arm') wheel.arm(owner.entry, delayMs);
          else wheel[what](owner.entry);
          dueMs[who] = what === 'arm' ? clock.nowMs + delayMs : Number.POSITIVE_INFINITY;
          for (const { firedAtMs } of owners) firedAtMs.length = 0;
          const before = clock.nowMs;
          passMs(ms);
          for (const [index, { firedAtMs }] of owners.entries()) {
            const due = dueMs[index] ?? 0;
            assert.ok(firedAtMs.length <= 1 && (firedAtMs[0] ?? due) >= due, 'fired too early');
            const lastTickMs = Math.floor(clock.nowMs / TICK_MS) * TICK_MS;
            if (due <= lastTickMs && lastTickMs > before) assert.equal(firedAtMs.length, 1, 'late');
            if (firedAtMs.length === 1) dueMs[index] = Number.POSITIVE_INFINITY;
          }
        }
      }),
    );
  });
});
