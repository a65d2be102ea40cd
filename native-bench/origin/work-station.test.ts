import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type WorkClock, type WorkOptions, WorkStation } from './work-station.ts';

/** A clock that a test turns; every reading while spinning costs 0.25 ms. */
class HandClock implements WorkClock {
  readingCostMs = 0;
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  nowMs(): number {
    this.#nowMs += this.readingCostMs;
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }
}

function station(options: Partial<WorkOptions>): {
  clock: HandClock;
  work: WorkStation;
  finished: string[];
  submit(name: string, ms: number): void;
} {
  const clock = new HandClock();
  const defaults: WorkOptions = { slots: 1, discipline: 'fcfs', work: 'hold', speed: 1 };
  const work = new WorkStation({ ...defaults, ...options }, clock);
  const finished: string[] = [];
  const submit = (name: string, ms: number): void =>
    work.submit(ms, () => finished.push(`${name}@${Math.round(clock.nowMs() * 1000) / 1000}`));
  return { clock, work, finished, submit };
}

describe('work station', () => {
  it('fcfs: jobs beyond the slots wait their turn', () => {
    const { clock, work, finished, submit } = station({ slots: 2 });
    submit('a', 10);
    submit('b', 20);
    submit('c', 5);
    assert.equal(work.report().queued, 1);
    clock.advance(100);
    assert.deepEqual(finished, ['a@10', 'c@15', 'b@20']);
    const report = work.report();
    assert.equal(report.busySlotSeconds, 0.035);
    assert.equal(report.peakInFlight, 3);
    assert.equal(report.peakQueued, 1);
    assert.equal(report.completions, 3);
    assert.ok(Math.abs(report.meanQueued - 0.1) < 1e-9); // one waited 10 of 100 ms
    assert.ok(Math.abs(report.queuedDeviation - 0.3) < 1e-9);
    assert.deepEqual(report.queueHistory, [
      [0, 1],
      [10, 0],
    ]);
  });

  it('shared: all run at once and share the slots evenly', () => {
    const { clock, work, finished, submit } = station({ discipline: 'shared' });
    submit('a', 10);
    clock.advance(5);
    submit('b', 2); // a has 5 left; both run at half speed: b ends at 9, a at 12
    clock.advance(100);
    assert.deepEqual(finished, ['b@9', 'a@12']);
    assert.equal(work.report().busySlotSeconds, 0.012);
  });

  it('shared: below the slots everyone runs at full speed', () => {
    const { clock, finished, submit } = station({ discipline: 'shared', slots: 2 });
    submit('a', 10);
    submit('b', 10);
    clock.advance(50);
    assert.deepEqual(finished, ['a@10', 'b@10']);
  });

  it('speed divides time, also of jobs under way', () => {
    const { clock, work, finished, submit } = station({ speed: 2 });
    submit('a', 10);
    clock.advance(3); // 6 of 10 done
    work.configure({ speed: 0.5 });
    clock.advance(100);
    assert.deepEqual(finished, ['a@11']);
  });

  it('more slots let the waiting in at once', () => {
    const { clock, work, finished, submit } = station({ slots: 0 });
    submit('a', 10);
    clock.advance(50);
    assert.deepEqual(finished, []);
    work.configure({ slots: 1 });
    clock.advance(50);
    assert.deepEqual(finished, ['a@60']);
  });

  it('burn: spins in turns of a quantum', () => {
    const { clock, work, finished, submit } = station({ work: 'burn', slots: 2 });
    clock.readingCostMs = 0.25;
    submit('a', 3);
    submit('b', 1);
    clock.advance(50);
    assert.deepEqual(
      finished.map((line) => line[0]),
      ['b', 'a'],
    );
    assert.equal(work.report().completions, 2);
  });

  it('reset forgets the past but not the jobs', () => {
    const { clock, work, finished, submit } = station({});
    submit('a', 10);
    clock.advance(5);
    work.reset();
    clock.advance(10);
    assert.deepEqual(finished, ['a@10']);
    const report = work.report();
    assert.equal(report.arrivals, 0);
    assert.equal(report.completions, 1);
    assert.equal(report.busySlotSeconds, 0.005);
  });
});
