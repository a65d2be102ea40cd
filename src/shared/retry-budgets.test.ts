import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layoutOf, sharedBytes } from './layout.ts';
import { RetryBudgets } from './retry-budgets.ts';

const USUAL = { ratio: 0.2, minPerSec: 3 };
const NOW_MS = 1_790_000_000_000;

/** Two threads' views of the budgets of two upstreams. */
function twoThreads(): [RetryBudgets, RetryBudgets] {
  const sizes = { threadCount: 2, endpointCount: 3, upstreamCount: 2 };
  const buffer = new SharedArrayBuffer(sharedBytes(sizes));
  const layout = layoutOf(2, 3, 2);
  return [new RetryBudgets(buffer, layout, 2), new RetryBudgets(buffer, layout, 2)];
}

/** How many further tries there are just now. */
function takeAll(budgets: RetryBudgets, endedWell: number, inFlight = 0, nowMs = NOW_MS): number {
  let count = 0;
  while (budgets.take(1, USUAL, endedWell, inFlight, nowMs)) count += 1;
  return count;
}

describe('a retry budget', () => {
  it('begins with ten seconds of its minimum', () => {
    const [budgets] = twoThreads();
    assert.equal(takeAll(budgets, 0), 30);
    assert.deepEqual([budgets.taken(1), budgets.refused(1)], [30, 1]);
    assert.deepEqual([budgets.taken(0), budgets.refused(0)], [0, 0]);
  });

  it('earns a fifth of the tries that end well, and three per second', () => {
    const [budgets] = twoThreads();
    takeAll(budgets, 1_000);
    assert.equal(takeAll(budgets, 1_100), 20);
    assert.equal(takeAll(budgets, 1_100, 0, NOW_MS + 2_000), 6);
    assert.equal(takeAll(budgets, 1_104, 0, NOW_MS + 2_000), 0, 'less than one was earned');
    assert.equal(takeAll(budgets, 1_105, 0, NOW_MS + 2_000), 1);
  });

  it('is one for all threads', () => {
    const [one, other] = twoThreads();
    for (let count = 0; count < 15; count++) {
      assert.ok(one.take(1, USUAL, 0, 0, NOW_MS));
      assert.ok(other.take(1, USUAL, 0, 0, NOW_MS));
    }
    assert.equal(one.take(1, USUAL, 0, 0, NOW_MS), false);
    assert.equal(other.take(1, USUAL, 0, 0, NOW_MS), false);
  });

  it('keeps one for each exchange in flight, and no more than that', () => {
    const [budgets] = twoThreads();
    takeAll(budgets, 0);
    assert.equal(takeAll(budgets, 1_000_000, 500), 500);
    assert.equal(takeAll(budgets, 2_000_000, 0), 30);
  });

  it('gives nothing for answers that are bad', () => {
    const [budgets] = twoThreads();
    takeAll(budgets, 0);
    for (let count = 0; count < 50; count++) budgets.noteBadAnswer(1);
    assert.equal(takeAll(budgets, 100), 10);
  });

  it('begins anew when its counts do, and goes on when they wrap', () => {
    const [budgets] = twoThreads();
    takeAll(budgets, 1_000_000);
    assert.equal(takeAll(budgets, 0), 30, 'endpoints have gone with what they had counted');
    const large = 5 * 2 ** 33 + 1_000_000; // earns 2^33 and 200,000
    assert.equal(takeAll(budgets, large), 30);
    assert.equal(takeAll(budgets, large + 50), 10);
  });

  it('holds for what all threads take at once: upstreams that fail altogether', () => {
    const [budgets] = twoThreads();
    let further = 0;
    // 2,000 per second for ten seconds, of which none ends well.
    for (let request = 0; request < 20_000; request++) {
      if (budgets.take(1, USUAL, 0, 8, NOW_MS + request / 2)) further += 1;
    }
    assert.ok(further <= 60 && further >= 59, `${further}`);
  });
});
