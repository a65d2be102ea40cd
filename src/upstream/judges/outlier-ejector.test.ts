import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import type { OutlierConfig } from '#src/upstream/endpoint/judge-config.ts';
import { emptySample } from './candidate.ts';
import { USUAL_OUTLIER } from './judge-arguments.ts';
import { OutlierEjector } from './outlier-ejector.ts';

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000);
const LOOK_MS = 100;

/** Endpoints that fail by chance; those in service share what comes. */
class Fleet {
  readonly clock = new ManualClock();
  readonly endpoints: {
    name: string;
    sample: ReturnType<typeof emptySample>;
    isOutOtherwise: boolean;
    failureShare: number;
    lostShare: number;
    latencyMs: number;
  }[];
  readonly ejector;
  readonly random: RandomBits;
  /** Of all looks: seconds since the start, who, what. */
  readonly story: string[] = [];
  mostOut = 0;

  constructor(size: number, config: Partial<OutlierConfig> = {}, seed = 1) {
    this.random = new RandomBits(seed);
    this.endpoints = Array.from({ length: size }, (_, at) => ({
      name: `e${at}`,
      sample: emptySample(),
      isOutOtherwise: false,
      failureShare: 0,
      lostShare: 0,
      latencyMs: 10,
    }));
    this.ejector = new OutlierEjector<(typeof this.endpoints)[number]>(
      { ...USUAL_OUTLIER, ...config },
      0,
    );
  }

  get out(): string[] {
    return this.endpoints.filter((one) => this.ejector.isOut(one)).map(({ name }) => name);
  }

  run(seconds: number, perSec: number): this {
    for (let look = 0; look < (seconds * 1000) / LOOK_MS; look++) {
      const usable = this.endpoints.filter(
        (one) => !one.isOutOtherwise && !this.ejector.isOut(one),
      );
      for (const one of this.endpoints) Object.assign(one.sample, emptySample());
      for (let n = 0; n < (perSec * LOOK_MS) / 1000; n++) {
        const one = usable[this.random.next() % usable.length];
        if (one !== undefined) this.#ask(one);
      }
      this.clock.advanceMs(LOOK_MS);
      const { nowMs } = this.clock;
      for (const { act, candidate } of this.ejector.look(this.endpoints, nowMs)) {
        this.story.push(`${nowMs / 1000} ${candidate.name} ${act}`);
      }
      const outCount = this.endpoints.filter(
        (one) => one.isOutOtherwise || this.ejector.isOut(one),
      ).length;
      this.mostOut = Math.max(this.mostOut, outCount);
    }
    return this;
  }

  #ask(one: (typeof this.endpoints)[number]): void {
    const dice = (this.random.next() % 1_000) / 1_000;
    if (dice < one.lostShare) one.sample.lost += 1;
    else if (dice < one.lostShare + one.failureShare) one.sample.errors += 1;
    else one.sample.good += 1;
    one.sample.timed += 1;
    one.sample.headerMs += one.latencyMs * (0.8 + (this.random.next() % 400) / 1_000);
  }
}

function fleet(size: number, config: Partial<OutlierConfig> = {}): Fleet {
  return new Fleet(size, config, SEED);
}

describe(`outlier ejection (seed ${SEED})`, () => {
  it('takes out within a second who answers everything with 500', () => {
    const three = fleet(3).run(20, 100);
    Object.assign(three.endpoints[1] ?? {}, { failureShare: 1 });
    three.run(1, 100);
    assert.deepEqual(three.out, ['e1']);
  });

  it('takes out for 30, 60, 90 seconds, at most 300, and less after calm', () => {
    const four = fleet(4);
    const [bad] = four.endpoints;
    assert.ok(bad);
    bad.lostShare = 1;
    four.run(2_400, 100);
    const at = (act: string) =>
      four.story
        .filter((line) => line.endsWith(`e0 ${act}`))
        .map((line) => Number.parseFloat(line));
    const outForSec = at('return').map((back, time) => back - (at('eject')[time] as number));
    const whole = outForSec.map((seconds) => Math.round(seconds));
    assert.deepEqual(whole.slice(0, 12), [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
    bad.lostShare = 0;
    four.run(300 + 10 * 12, 100);
    assert.ok(four.ejector.record(bad).ejections < whole.length);
    four.run(10 * 20, 100);
    assert.deepEqual(four.ejector.record(bad), { untilMs: 0, ejections: 0 });
  });

  it('never takes out more than half, whoever fails, whatever else is out', () => {
    for (const size of [1, 2, 3, 4, 5, 9, 10]) {
      for (const isOutCount of [0, 1, Math.floor(size / 2)]) {
        const all = fleet(size, { failureShare: 0.3, failureHosts: 1 });
        for (const one of all.endpoints) Object.assign(one, { failureShare: 1 });
        all.run(1, 500);
        for (const one of all.endpoints.slice(0, isOutCount)) one.isOutOtherwise = true;
        const before = all.out.length;
        all.mostOut = 0;
        all.run(100, 500);
        const bound = Math.max(Math.floor(size / 2), before + isOutCount);
        assert.ok(all.mostOut <= bound, `${all.mostOut} of ${size}`);
        assert.equal(size - all.out.length >= size / 2, true);
      }
    }
  });

  it('says once whom it spares, and takes it out when there is room', () => {
    const two = fleet(2);
    for (const one of two.endpoints) one.failureShare = 1;
    two.run(10, 100);
    assert.equal(two.out.length, 1);
    assert.equal(two.story.filter((line) => line.endsWith('spared')).length, 1);
    two.run(25, 100);
    assert.equal(two.out.length, 1); // the other one
    assert.equal(two.story.filter((line) => line.endsWith('eject')).length, 2);
  });

  it('takes out one of ten with 30 % errors, by the success rate, and none of ten alike', () => {
    const ten = fleet(10);
    Object.assign(ten.endpoints[7] ?? {}, { failureShare: 0.3 });
    assert.deepEqual(ten.run(10.1, 2_000).out, ['e7']);
    const alike = fleet(10);
    for (const one of alike.endpoints) one.failureShare = 0.02;
    assert.deepEqual(alike.run(100, 2_000).story, []);
  });

  it('needs enough answers and endpoints for the success rate', () => {
    for (const [size, perSec] of [
      [4, 2_000],
      [10, 80],
    ] as const) {
      const few = fleet(size, { consecutive5xx: 0 });
      Object.assign(few.endpoints[0] ?? {}, { failureShare: 0.5 });
      assert.deepEqual(few.run(60, perSec).story, []);
    }
  });

  it('takes out by a percentage of errors, when that is asked for', () => {
    const three = fleet(3, { consecutive5xx: 0, failureShare: 0.4, failureHosts: 3 });
    Object.assign(three.endpoints[2] ?? {}, { failureShare: 0.6 });
    assert.deepEqual(three.run(10.1, 300).out, ['e2']);
  });

  it('takes out one of five that is ten times as slow, never more than half', () => {
    const five = fleet(5, { latencyFactor: 5, latencyFloorMs: 50 });
    Object.assign(five.endpoints[4] ?? {}, { latencyMs: 100 });
    assert.deepEqual(five.run(10.1, 500).out, ['e4']);
    for (const slow of [0, 1, 2, 3])
      Object.assign(five.endpoints[slow] ?? {}, { latencyMs: 1_000 });
    five.run(200, 500);
    assert.ok(five.mostOut <= 2, `${five.mostOut} out`);
  });

  it('leaves alone who is slow below the floor, or less than twice the median', () => {
    const five = fleet(5, { latencyFactor: 5 });
    Object.assign(five.endpoints[4] ?? {}, { latencyMs: 90 });
    assert.deepEqual(five.run(60, 500).story, []);
    const near = fleet(5, { latencyFactor: 5, latencyFloorMs: 100 });
    for (const one of near.endpoints) one.latencyMs = 200;
    Object.assign(near.endpoints[4] ?? {}, { latencyMs: 380 });
    assert.deepEqual(near.run(60, 500).story, []);
  });

  it('goes on after a reload', () => {
    const old = fleet(3);
    const [bad] = old.endpoints;
    assert.ok(bad);
    bad.failureShare = 1;
    old.run(1, 100);
    const next = fleet(3);
    const [same] = next.endpoints;
    assert.ok(same);
    next.ejector.restore(same, old.ejector.record(bad));
    assert.deepEqual(next.out, ['e0']);
    assert.deepEqual(next.run(29, 100).out, ['e0']);
    assert.deepEqual(next.run(3, 100).out, []);
  });
});
