import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { DrainState } from '#src/base/drain-state.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { TestContext } from './pick-context.contract.ts';
import { MAX_RUN_TIME_UPSTREAMS, RunTimeUpstreams } from './run-time-upstreams.ts';
import type { Upstream } from './upstream.ts';

const POOL = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };

function setUp(configured: readonly Upstream[] = []) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const drain = new DrainState();
  const all = new RunTimeUpstreams(configured, { wheel, drain } as unknown as PoolThread);
  const at = (key: string, ...hosts: string[]): Upstream =>
    all.at({ key, hosts, port: 80, pool: POOL });
  return { all, at, clock, drain, wheel };
}

test('the same addresses are the same upstream, in whatever order they come', () => {
  const { at } = setUp();
  const first = at('a:80', '192.0.2.1', '192.0.2.2');
  assert.equal(at('a:80', '192.0.2.2', '192.0.2.1'), first);
  assert.deepEqual(
    first.endpoints.map(({ config }) => config.name),
    ['192.0.2.1:80', '192.0.2.2:80'],
  );
  assert.notEqual(at('b:80', '192.0.2.1', '192.0.2.2'), first);
});

test('other addresses are another upstream, and the one before is given up', () => {
  const { all, at } = setUp();
  const first = at('a:80', '192.0.2.1');
  assert.notEqual(at('a:80', '192.0.2.2'), first);
  assert.notEqual(at('a:80', '192.0.2.2', '192.0.2.3'), first);
  assert.equal(all.madeCount, 1);
});

test('failures put none of its endpoints aside', () => {
  const { at } = setUp();
  const upstream = at('a:80', '192.0.2.1', '192.0.2.2');
  const context = new TestContext();
  context.nextTurn = () => upstream.nextTurn();
  for (let count = 0; count < 10; count++) {
    const endpoint = upstream.pick(context);
    assert.ok(endpoint);
    upstream.finish(endpoint, true, 0);
  }
  assert.ok(upstream.endpoints.every((endpoint) => endpoint.isEligible()));
});

test('there are never more than the bound; the one that rested longest goes', () => {
  const { all, at, clock } = setUp();
  const first = at('0:80', '192.0.2.1');
  const second = at('1:80', '192.0.2.1');
  for (let count = 2; count < MAX_RUN_TIME_UPSTREAMS; count++) at(`${count}:80`, '192.0.2.1');
  clock.advanceMs(1);
  assert.equal(at('0:80', '192.0.2.1'), first);
  at('new:80', '192.0.2.1');
  assert.equal(all.madeCount, MAX_RUN_TIME_UPSTREAMS);
  assert.equal(at('0:80', '192.0.2.1'), first);
  assert.notEqual(at('1:80', '192.0.2.1'), second);
});

test('one that nobody asks for goes after a while, and then no timer stays', () => {
  const { all, at, clock, wheel } = setUp();
  const kept = at('kept:80', '192.0.2.1');
  at('gone:80', '192.0.2.1');
  clock.advanceMs(59_000);
  assert.equal(at('kept:80', '192.0.2.1'), kept);
  clock.advanceMs(1_050);
  wheel.advance();
  assert.equal(all.madeCount, 1);
  clock.advanceMs(60_100);
  wheel.advance();
  assert.equal(all.madeCount, 0);
  assert.equal(wheel.linkedCount, 0);
});

test('while draining none is kept long, and no timer is armed', () => {
  const { all, at, drain, wheel } = setUp();
  at('a:80', '192.0.2.1');
  drain.isDraining = true;
  all.drain();
  assert.equal(all.madeCount, 0);
  at('late:80', '192.0.2.1');
  assert.equal(wheel.linkedCount, 0);
});

test('configured ones are found: a block by its name, an address by its port too', () => {
  const block = { config: { name: 'Block', implicit: false } } as Upstream;
  const bare = { config: { name: 'app.test', implicit: true } } as Upstream;
  const ported = { config: { name: 'app.test:8080', implicit: true } } as Upstream;
  const { all } = setUp([block, bare, ported]);
  assert.equal(all.configured('block'), block);
  assert.equal(all.configured('app.test:80'), bare);
  assert.equal(all.configured('app.test:8080'), ported);
  assert.equal(all.configured('app.test'), undefined);
});
