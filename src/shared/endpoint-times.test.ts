import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EndpointTimes, FADE_MS, FAILURE_MS } from './endpoint-times.ts';
import { layoutOf, sharedBytes } from './layout.ts';

const NOW = 1_000_000;

/** One view for each of two threads. */
function views(): [EndpointTimes, EndpointTimes] {
  const buffer = new SharedArrayBuffer(
    sharedBytes({ threadCount: 2, endpointCount: 3, upstreamCount: 1 }),
  );
  const make = (thread: number) => new EndpointTimes(buffer, layoutOf(2, 3), 2, 3, thread);
  return [make(0), make(1)];
}

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-6 * Math.max(1, expected), `${actual} ≉ ${expected}`);

describe('times of endpoints', () => {
  it('know nothing at first, and of others nothing', () => {
    const [times] = views();
    times.record(1, 5, 9, false, NOW);
    assert.deepEqual(
      [times.headerMs(0, NOW), times.totalMs(2, NOW), times.peakMs(0, NOW)],
      [-1, -1, -1],
    );
  });

  it('are the mean over all threads', () => {
    const [first, second] = views();
    first.record(0, 10, 20, false, NOW);
    first.record(0, 30, 60, false, NOW);
    second.record(0, 80, 100, false, NOW);
    near(first.headerMs(0, NOW), 40);
    near(second.totalMs(0, NOW), 60);
  });

  it('fade: after FADE_MS a sample is worth 1/e of a new one', () => {
    const [times] = views();
    times.record(0, 100, 100, false, NOW);
    times.record(0, 0, 0, false, NOW + FADE_MS);
    const worth = Math.exp(-1);
    near(times.headerMs(0, NOW + FADE_MS), (100 * worth) / (worth + 1));
  });

  it('are unknown again when all has faded', () => {
    const [times] = views();
    times.record(0, 100, 100, false, NOW);
    assert.equal(times.headerMs(0, NOW + 20 * FADE_MS), -1);
  });

  it('jump to a slow answer at once, and come down slowly', () => {
    const [times, other] = views();
    for (let n = 0; n < 100; n++) times.record(0, 1, 1, false, NOW);
    times.record(0, 500, 500, false, NOW);
    near(other.peakMs(0, NOW), 500);
    times.record(0, 1, 1, false, NOW + 1_000);
    const worth = Math.exp(-1_000 / FADE_MS);
    near(times.peakMs(0, NOW + 1_000), 500 * worth + (1 - worth));
  });

  it('take a failure for a slow answer, however fast it came', () => {
    const [times] = views();
    times.record(0, 1, 1, true, NOW);
    near(times.peakMs(0, NOW), FAILURE_MS);
    near(times.headerMs(0, NOW), 1);
  });

  it('go on in another memory', () => {
    const [first, second] = views();
    first.record(0, 10, 20, false, NOW);
    second.record(0, 30, 40, false, NOW);
    const [after] = views();
    after.restore(2, first.take(0, NOW + 100));
    near(after.headerMs(2, NOW + 100), 20);
    near(after.totalMs(2, NOW + 100), 30);
    near(after.peakMs(2, NOW + 100), first.peakMs(0, NOW + 100));
  });

  it('tell the mean age of what waits, over all threads', () => {
    const [first, second] = views();
    assert.equal(first.openAgeMs(0, NOW), -1);
    first.open(0, NOW - 100);
    second.open(0, NOW - 300);
    near(first.openAgeMs(0, NOW), 200);
    second.close(0, NOW - 300);
    near(first.openAgeMs(0, NOW), 100);
    first.close(0, NOW - 100);
    assert.equal(second.openAgeMs(0, NOW), -1);
  });

  it('tell ages without drift, however often something was there', () => {
    const [times] = views();
    times.open(0, NOW - 5);
    for (let n = 0; n < 100_000; n++) {
      times.open(0, NOW + n * 0.37);
      times.close(0, NOW + n * 0.37);
    }
    near(times.openAgeMs(0, NOW), 5);
  });

  it('forget what waited in a thread that has died, and keep the rest', () => {
    const [first, second] = views();
    second.record(0, 10, 20, false, NOW);
    second.open(0, NOW);
    first.open(0, NOW - 50);
    first.zeroOpen(1);
    near(first.openAgeMs(0, NOW), 50);
    near(first.headerMs(0, NOW), 10);
  });
});
