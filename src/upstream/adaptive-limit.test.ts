import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { AdaptiveLimits, LOOK_INTERVAL_MS } from './adaptive-limits.ts';

const CONFIG = { min: 4, max: 1000 };

/** An endpoint with so many workers, each taking `serviceMs` per request; the rest queues in it. */
class Endpoint {
  readonly #table = SharedState.alone(1, 1).endpoints;
  readonly #clock = new ManualClock();
  readonly #limits = new AdaptiveLimits(this.#table, [CONFIG], this.#clock.nowMs);
  workers: number;
  /** When each of its requests came; the first ones are being worked on. */
  readonly #requests: { readonly atMs: number; leftMs: number }[] = [];
  serviceMs = 10;
  done = 0;
  shed = 0;

  constructor(workers: number) {
    this.workers = workers;
  }

  get limit(): number {
    return this.#table.learnedLimit(0);
  }

  /** Lets it serve so many requests per millisecond that come evenly. */
  run(seconds: number, perMs: number): void {
    this.done = 0;
    this.shed = 0;
    for (let ms = 1; ms <= seconds * 1000; ms++) {
      this.#clock.advanceMs(1);
      this.#work();
      const due = Math.floor(ms * perMs) - Math.floor((ms - 1) * perMs);
      for (let n = 0; n < due; n++) this.#arrive();
      if (ms % LOOK_INTERVAL_MS === 0) this.#limits.look(this.#clock.nowMs);
    }
  }

  #arrive(): void {
    if (this.#table.tryStart(0, this.limit)) {
      this.#requests.push({ atMs: this.#clock.nowMs, leftMs: this.serviceMs });
    } else this.shed += 1;
  }

  #work(): void {
    const { nowMs } = this.#clock;
    for (const request of this.#requests.slice(0, this.workers)) {
      request.leftMs -= 1;
      if (request.leftMs > 0) continue;
      this.#requests.splice(this.#requests.indexOf(request), 1);
      this.#table.times.record(0, nowMs - request.atMs, nowMs - request.atMs, false, nowMs);
      this.#table.finish(0, 0);
      this.done += 1;
    }
  }
}

describe('a learned limit', () => {
  it('stays out of the way of an endpoint that keeps up', () => {
    const endpoint = new Endpoint(10);
    endpoint.run(20, 0.5);
    assert.equal(endpoint.shed, 0);
    endpoint.run(10, 0.9);
    assert.equal(endpoint.shed, 0);
    assert.ok(endpoint.done >= 8_900, `${endpoint.done} done`);
  });

  it('grows to what an endpoint with many workers takes', () => {
    const endpoint = new Endpoint(200);
    endpoint.serviceMs = 20;
    endpoint.run(30, 9);
    endpoint.run(5, 9);
    assert.equal(endpoint.shed, 0);
    assert.ok(endpoint.limit >= 180, `limit ${endpoint.limit}`);
  });

  it('under four times its load keeps it busy, and its queue short', () => {
    const endpoint = new Endpoint(10);
    endpoint.run(10, 0.5);
    endpoint.run(30, 4);
    assert.ok(endpoint.done >= 0.98 * 30_000, `${endpoint.done} done`);
    assert.ok(endpoint.limit >= 10 && endpoint.limit <= 30, `limit ${endpoint.limit}`);
  });

  it('falls to what is left when an endpoint loses most of its workers', () => {
    const endpoint = new Endpoint(200);
    endpoint.serviceMs = 20;
    endpoint.run(30, 9);
    assert.ok(endpoint.limit >= 180, `limit ${endpoint.limit}`);
    endpoint.workers = 10; // half a request per millisecond
    endpoint.run(10, 2);
    endpoint.run(30, 2);
    assert.ok(endpoint.limit >= 10 && endpoint.limit <= 30, `limit ${endpoint.limit}`);
    assert.ok(endpoint.done >= 0.98 * 15_000, `${endpoint.done} done`);
  });

  it('falls when the endpoint becomes slow, and recovers with it', () => {
    const endpoint = new Endpoint(10);
    endpoint.run(10, 0.5);
    endpoint.serviceMs = 100;
    endpoint.run(10, 0.5);
    assert.ok(endpoint.limit < 10, `limit ${endpoint.limit}`);
    endpoint.serviceMs = 10;
    endpoint.run(20, 0.5);
    endpoint.run(5, 0.5);
    assert.equal(endpoint.shed, 0);
  });

  it('keeps within min and max, and learns nothing without answers', () => {
    const limit = new AdaptiveLimit({ min: 4, max: 30 });
    for (let n = 0; n < 100; n++) limit.look(100, 0, 0, 20);
    assert.equal(limit.limit, 20);
    for (let n = 0; n < 300; n++) limit.look(100, 50, 50 * 10, 30);
    assert.equal(limit.limit, 30);
    for (let n = 0; n < 300; n++) limit.look(100, 50, 50 * 1000, 30);
    assert.ok(limit.limit >= 4 && limit.limit <= 7, `limit ${limit.limit}`);
    assert.equal(new AdaptiveLimit({ min: 50, max: 60 }).limit, 50);
  });

  it('goes on with what an older generation has learned', () => {
    const table = SharedState.alone(2, 1).endpoints;
    const limits = new AdaptiveLimits(table, [null, CONFIG], 0);
    assert.deepEqual([table.learnedLimit(0), table.learnedLimit(1)], [0, 20]);
    table.setLearnedLimit(1, 77);
    limits.look(100);
    assert.equal(table.learnedLimit(1), 77);
  });
});
