import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mean } from '#native-bench/measure/statistics.ts';
import { Arrivals, type Job } from './arrivals.ts';
import { LatencyHistogram, prepareHistograms } from './latency.ts';
import { completeOptions, type LoadOptions } from './options.ts';

function jobs(options: Partial<LoadOptions>, thread = 0, threadCount = 1): Job[] {
  const complete = completeOptions({ port: 1, mode: 'open', ratePerSec: 1000, ...options });
  const arrivals = new Arrivals({ ...complete, thread, threadCount, startAtMs: 0 });
  const all: Job[] = [];
  for (let job = arrivals.next(); job !== undefined; job = arrivals.next()) all.push(job);
  return all;
}

describe('arrivals', () => {
  it('the same seed gives the same jobs, another seed others', () => {
    const options: Partial<LoadOptions> = {
      requests: 100,
      classes: [
        { name: 'a', share: 9, work: { exponentialMs: 5 } },
        { name: 'b', share: 1, work: { paretoMs: 50, alpha: 1.5, capMs: 1000 } },
      ],
    };
    assert.deepEqual(jobs({ ...options, seed: 4 }), jobs({ ...options, seed: 4 }));
    assert.notDeepEqual(jobs({ ...options, seed: 4 }), jobs({ ...options, seed: 5 }));
  });

  it('Poisson gaps are exponential: mean and coefficient of variation', () => {
    const starts = jobs({ requests: 50_000 }).map(({ intendedMs }) => intendedMs);
    const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
    const average = mean(gaps);
    const deviation = Math.sqrt(mean(gaps.map((gap) => (gap - average) ** 2)));
    assert.ok(Math.abs(average - 1) < 0.02, `mean ${average}`);
    assert.ok(Math.abs(deviation / average - 1) < 0.03, `cv ${deviation / average}`);
  });

  it('threads share one sequence', () => {
    const options: Partial<LoadOptions> = { requests: 99, seed: 2 };
    const shared = [0, 1, 2].flatMap((thread) => jobs(options, thread, 3));
    assert.deepEqual(
      shared.sort((a, b) => a.index - b.index),
      jobs(options),
    );
  });

  it('constant and trace starts are as told, and end with the duration', () => {
    const starts = (options: Partial<LoadOptions>): number[] =>
      jobs(options).map(({ intendedMs }) => intendedMs);
    assert.deepEqual(
      starts({ arrivals: 'constant', ratePerSec: 500, durationMs: 7 }),
      [0, 2, 4, 6],
    );
    assert.deepEqual(starts({ traceMs: [0, 5, 9], durationMs: 9 }), [0, 5]);
  });

  it('classes come by their shares', () => {
    const classes = [
      { name: 'a', share: 3 },
      { name: 'b', share: 1 },
    ];
    const second = jobs({ requests: 20_000, classes }).filter(({ classIndex }) => classIndex === 1);
    assert.ok(Math.abs(second.length / 20_000 - 0.25) < 0.02);
  });
});

describe('latency histogram', () => {
  it('keeps three digits, merges exactly, and survives encoding', async () => {
    await prepareHistograms();
    const one = new LatencyHistogram();
    const two = new LatencyHistogram();
    for (let i = 1; i <= 1000; i += 1) (i % 2 === 0 ? one : two).recordMs(i);
    one.merge(two.summary().encoded);
    const summary = one.summary();
    assert.equal(summary.count, 1000);
    for (const [value, expected] of [
      [summary.p50Us, 500_000],
      [summary.p99Us, 990_000],
      [summary.maxUs, 1_000_000],
      [summary.meanUs, 500_500],
    ] as const) {
      assert.ok(Math.abs(value / expected - 1) < 0.002, `${value} is not ${expected}`);
    }
    // Another load of the same thread prepares too: histograms that are in use must not notice.
    await prepareHistograms();
    one.recordMs(1);
    assert.equal(one.summary().count, 1001);
    for (const histogram of [one, two]) histogram.destroy();
    const empty = new LatencyHistogram();
    empty.merge(new LatencyHistogram().summary().encoded);
    assert.equal(empty.summary().count, 0);
  });
});
