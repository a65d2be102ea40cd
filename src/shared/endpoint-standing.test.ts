import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  DEGRADED,
  EndpointStanding,
  MOST_FAIL_TIMEOUT_MS,
  OUT_CHECK,
  OUT_DRAIN,
} from './endpoint-standing.ts';
import { layoutOf, sharedBytes } from './layout.ts';

const TIMEOUT_MS = 10_000;
const HALF_ROUND_MS = 2 ** 31;
const START_MS = 1_790_000_000_000;

/** As two threads have it: one endpoint beside another. */
function make() {
  const memory = new SharedArrayBuffer(
    sharedBytes({ threadCount: 2, endpointCount: 2, upstreamCount: 1 }),
  );
  const layout = layoutOf(2, 2, 1);
  const threads = [0, 1].map(() => new EndpointStanding(memory, layout, 2));
  const [one, other] = threads;
  assert.ok(one !== undefined && other !== undefined);
  return { one, other };
}

describe('the standing of an endpoint', () => {
  it('holds several reasons at once, and says what changed', () => {
    const { one, other } = make();
    assert.equal(one.setOut(1, OUT_CHECK, true), true);
    assert.equal(one.setOut(1, OUT_CHECK, true), false);
    assert.equal(one.setOut(1, OUT_DRAIN, true), true);
    assert.equal(other.out(1), OUT_CHECK | OUT_DRAIN);
    assert.equal(one.setOut(1, OUT_CHECK, false), true);
    assert.equal(one.setOut(1, OUT_CHECK, false), false);
    assert.equal(other.out(1), OUT_DRAIN);
    assert.deepEqual([other.isFine(0), other.isFine(1)], [true, false]);
  });

  it('keeps who is degraded apart from who is out', () => {
    const { one, other } = make();
    const { epoch } = other;
    assert.equal(one.setOut(1, DEGRADED, true), true);
    assert.notEqual(other.epoch, epoch);
    assert.deepEqual([other.out(1), other.isDegraded(1), other.isDegraded(0)], [0, true, false]);
    assert.equal(other.isFine(1), false);
    one.setOut(1, OUT_CHECK, true);
    one.onFailure(1, START_MS);
    other.onPicked(1, 1, TIMEOUT_MS, START_MS + TIMEOUT_MS + 1);
    assert.equal(other.onSuccess(1, 1), true);
    one.setOut(1, OUT_CHECK, false);
    one.onFailure(1, START_MS);
    one.forgetFailures(1);
    assert.deepEqual([one.failCount(1), one.out(1), one.isDegraded(1)], [0, 0, true]);
    one.setOut(1, DEGRADED, false);
    assert.equal(other.isFine(1), true);
  });

  it('counts failures of both threads together', () => {
    const { one, other } = make();
    one.onFailure(1, START_MS);
    assert.equal(one.isAside(1, 2, TIMEOUT_MS, START_MS), false);
    other.onFailure(1, START_MS + 5);
    assert.equal(one.isAside(1, 2, TIMEOUT_MS, START_MS + 5), true);
    assert.equal(one.isAside(0, 2, TIMEOUT_MS, START_MS + 5), false);
    assert.equal(one.isAside(1, 2, TIMEOUT_MS, START_MS + 5 + TIMEOUT_MS), true);
    assert.equal(one.isAside(1, 2, TIMEOUT_MS, START_MS + 6 + TIMEOUT_MS), false);
  });

  it('gives the trial to one thread alone', () => {
    const { one, other } = make();
    one.onFailure(1, START_MS);
    const later = START_MS + TIMEOUT_MS + 1;
    assert.equal(other.onPicked(1, 1, TIMEOUT_MS, later), true);
    assert.equal(one.onPicked(1, 1, TIMEOUT_MS, later), false);
    assert.equal(one.isAside(1, 1, TIMEOUT_MS, later), true);
    assert.equal(other.onSuccess(1, 1), true);
    assert.equal(one.isFine(1), true);
    assert.equal(one.onPicked(1, 1, TIMEOUT_MS, later), true);
  });

  it('keeps failures through successes until fail_timeout has passed and it was picked again', () => {
    const { one, other } = make();
    one.onFailure(1, START_MS);
    for (const passedMs of [0, 5_000, TIMEOUT_MS]) {
      assert.equal(other.onPicked(1, 2, TIMEOUT_MS, START_MS + passedMs), true);
      assert.equal(other.onSuccess(1, 2), false);
      assert.equal(one.failCount(1), 1);
    }
    other.onPicked(1, 2, TIMEOUT_MS, START_MS + TIMEOUT_MS + 1);
    assert.equal(other.onSuccess(1, 2), false); // it had not been put aside
    assert.equal(one.failCount(1), 0);
  });

  it('keeps a reason to be out when failures are cleared, and failures when the reason ends', () => {
    const { one } = make();
    one.setOut(1, OUT_CHECK, true);
    one.onFailure(1, START_MS);
    one.onPicked(1, 1, 0, START_MS + 1);
    assert.equal(one.onSuccess(1, 1), true);
    assert.deepEqual([one.out(1), one.failCount(1)], [OUT_CHECK, 0]);
    one.onFailure(1, START_MS);
    one.setOut(1, OUT_CHECK, false);
    assert.deepEqual([one.out(1), one.failCount(1)], [0, 1]);
    one.forgetFailures(1);
    assert.equal(one.isFine(1), true);
  });

  it('takes a clock that is a little behind for now', () => {
    const { one, other } = make();
    one.onFailure(1, START_MS);
    assert.equal(other.isAside(1, 1, TIMEOUT_MS, START_MS - 50), true);
  });

  it('lets nobody stay aside for months: 32 bits of milliseconds go round', () => {
    const { one } = make();
    one.onFailure(1, START_MS);
    for (const passedMs of [HALF_ROUND_MS, HALF_ROUND_MS + TIMEOUT_MS, HALF_ROUND_MS * 1.9]) {
      assert.equal(one.isAside(1, 1, TIMEOUT_MS, START_MS + passedMs), false);
    }
    assert.equal(one.isAside(1, 1, Number.MAX_VALUE, START_MS + MOST_FAIL_TIMEOUT_MS), true);
    assert.equal(one.isAside(1, 1, Number.MAX_VALUE, START_MS + MOST_FAIL_TIMEOUT_MS + 1), false);
  });
});

describe('the epoch', () => {
  it('changes with whoever becomes fine or not fine, and else stays', () => {
    const { one, other } = make();
    const fine = new Uint8Array(2);
    const read = () => [other.readFine(Int32Array.of(1, 0), fine), ...fine];
    const [first = -1] = read();
    assert.deepEqual(read(), [first, 1, 1]);
    one.setOut(1, OUT_CHECK, true);
    one.setOut(1, OUT_CHECK, true);
    assert.deepEqual(read(), [first + 1, 0, 1]);
    one.onFailure(0, START_MS);
    one.onFailure(0, START_MS);
    assert.equal(other.epoch, first + 2);
    assert.deepEqual(read(), [first + 2, 0, 0]);
    one.onPicked(0, 1, TIMEOUT_MS, START_MS + TIMEOUT_MS + 1);
    assert.equal(other.epoch, first + 2);
    one.onSuccess(0, 1);
    assert.deepEqual(read(), [first + 3, 0, 1]);
  });
});
