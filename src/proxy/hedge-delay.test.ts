import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HedgeDelay } from './hedge-delay.ts';

function noted(rules: { quantile: number; minMs: number }, times: readonly number[]): HedgeDelay {
  const delay = new HedgeDelay(rules);
  for (const ms of times) delay.note(ms);
  return delay;
}

/** 1 … 100 ms, in an order that is no order. */
const HUNDRED = Array.from({ length: 100 }, (_, at) => ((at * 37) % 100) + 1);

describe('the delay of hedges', () => {
  it('is the percentile of what was seen, a fifth too long at the most', () => {
    for (const quantile of [0.5, 0.9, 0.95, 0.99]) {
      const { delayMs } = noted({ quantile, minMs: 0 }, HUNDRED);
      assert.ok(delayMs >= quantile * 100 && delayMs <= quantile * 119, `${quantile}: ${delayMs}`);
    }
  });

  it('is unknown before a hundred samples, and never below its minimum', () => {
    assert.equal(noted({ quantile: 0.9, minMs: 0 }, HUNDRED.slice(1)).delayMs, Infinity);
    assert.equal(noted({ quantile: 0.9, minMs: 200 }, HUNDRED).delayMs, 200);
  });

  it('forgets what was, when endpoints have become faster', () => {
    const before = Array<number>(9_000).fill(1_000);
    const { delayMs } = noted({ quantile: 0.9, minMs: 0 }, [...before, ...Array(60_000).fill(2)]);
    assert.ok(delayMs < 3, `${delayMs}`);
  });

  it('takes any number', () => {
    const { delayMs } = noted({ quantile: 0.5, minMs: 0 }, Array(100).fill(1e9));
    assert.equal(delayMs, 2 ** 17);
    assert.equal(noted({ quantile: 0.5, minMs: 0 }, Array(100).fill(-1)).delayMs, 1);
  });
});
