import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { sessionNowSec } from '#src/shared/session-table.ts';
import { allocateShared, SharedState } from '#src/shared/shared-state.ts';
import { CONNECTIONS_ACTIVE, REQUESTS } from '#src/shared/thread-rows.ts';
import { ForeignLoad } from './foreign-load.ts';
import { applyForeign, applySnapshot, sizesOf, takeLoad, takeSnapshot } from './load-report.ts';
import type { Outline } from './messages.ts';

const outline = (endpoints: string[], upstreams: string[]): Outline => ({
  endpoints,
  upstreams,
  endpointUpstreams: endpoints.map(() => 0),
  endpointWeights: endpoints.map(() => 1),
  endpointTiers: endpoints.map(() => 0),
  endpointSlowStarts: endpoints.map(() => true),
  endpointConcurrency: endpoints.map((name) => (name === 'api/b:1' ? { min: 1, max: 9 } : null)),
  endpointWanted: endpoints.map(() => true),
  upstreamJudges: upstreams.map(() => null),
  healthChecks: [],
  zones: [],
  named: [],
  eventWebhooks: [],
  stateFiles: {},
  firstListen: '',
  rosters: [],
  policies: upstreams.map(() => 'round_robin'),
  functions: [],
  parts: [],
  configFile: '/weir.conf',
  configHash: 'abc',
  partCount: endpoints.length,
  tier: 'fast',
  shutdownTimeoutMs: 0,
});

function stateOf(of: Outline): SharedState {
  const sizes = sizesOf(of, 2);
  return new SharedState(allocateShared(sizes), sizes, 0);
}

const old = outline(['api/a:1', 'api/b:1', 'web/a:1'], ['api', 'web']);
const now = outline(['web/a:1', 'new/c:1', 'api/b:1'], ['web', 'new', 'api']);

test('what an old generation has in flight counts at the same endpoint of the new one', () => {
  const before = stateOf(old);
  for (const endpoint of [1, 1, 2]) before.endpoints.start(endpoint);
  before.rows.row(0)[REQUESTS] = 5;
  before.rows.row(1)[CONNECTIONS_ACTIVE] = 3;
  const after = stateOf(now);
  applyForeign(now, after, takeLoad(old, before));
  assert.deepEqual(
    [0, 1, 2].map((endpoint) => after.endpoints.active(endpoint)),
    [1, 0, 2],
  );
  assert.deepEqual([after.rows.total(REQUESTS), after.rows.total(CONNECTIONS_ACTIVE)], [5, 3]);
  before.endpoints.finish(2, 0);
  applyForeign(now, after, takeLoad(old, before));
  assert.equal(after.endpoints.active(0), 0);
});

test('what is foreign is not passed on as own', () => {
  const state = stateOf(now);
  state.endpoints.setForeign(0, 7);
  state.rows.foreign[REQUESTS] = 9;
  state.endpoints.start(0);
  const load = takeLoad(now, state);
  assert.deepEqual(load.inFlight, [['web/a:1', 1]]);
  assert.equal(load.totals[REQUESTS], 0);
});

test('a generation that has ended leaves its counters and takes its gauges along', () => {
  const state = stateOf(old);
  state.endpoints.start(0);
  state.rows.row(0)[REQUESTS] = 5;
  state.rows.row(0)[CONNECTIONS_ACTIVE] = 2;
  const foreign = new ForeignLoad();
  foreign.onEnded(takeLoad(old, state));
  foreign.onEnded(undefined);
  const { inFlight, totals } = foreign.sum([takeLoad(old, state), undefined]);
  assert.deepEqual(inFlight, [['api/a:1', 1]]);
  assert.deepEqual([totals[REQUESTS], totals[CONNECTIONS_ACTIVE]], [10, 2]);
});

test('round robin goes on where the old generation was', () => {
  const before = stateOf(old);
  for (let n = 0; n < 4; n++) before.endpoints.nextTurn(0);
  const after = stateOf(now);
  applySnapshot(now, after, takeSnapshot(old, before));
  assert.deepEqual(
    [0, 1, 2].map((upstream) => after.endpoints.turn(upstream)),
    [0, 0, 4],
  );
});

test('times and slow starts go on; an endpoint that is new begins its own', () => {
  const before = stateOf(old);
  const nowMs = sharedNowMs(performance.now());
  before.endpoints.times.record(1, 20, 40, false, nowMs);
  before.endpoints.times.join(1, nowMs - 5_000);
  const after = stateOf(now);
  applySnapshot(now, after, takeSnapshot(old, before));
  const { times } = after.endpoints;
  assert.ok(Math.abs(times.headerMs(2, nowMs) - 20) < 0.01);
  assert.ok(Math.abs(times.totalMs(2, nowMs) - 40) < 0.01);
  assert.equal(times.headerMs(1, nowMs), -1);
  assert.equal(times.joinedAtMs(2), nowMs - 5_000);
  assert.equal(times.joinedAtMs(0), 0);
  assert.ok(times.joinedAtMs(1) >= nowMs);
});

test('learned limits go on where somebody still learns', () => {
  const before = stateOf(old);
  for (const endpoint of [0, 1, 2]) before.endpoints.setLearnedLimit(endpoint, 5 + endpoint);
  const after = stateOf(now);
  applySnapshot(now, after, takeSnapshot(old, before));
  assert.deepEqual(
    [0, 1, 2].map((endpoint) => after.endpoints.learnedLimit(endpoint)),
    [0, 0, 6],
  );
});

test('sessions go on at their endpoints, whatever numbers these have now', () => {
  const zone = (upstream: number) => [{ upstream, bytes: 32_768 }];
  const before = { ...old, endpointUpstreams: [0, 0, 1], zones: zone(0) };
  const after = { ...now, endpointUpstreams: [0, 1, 2], zones: zone(2) };
  const [from, to] = [stateOf(before), stateOf(after)];
  const nowSec = sessionNowSec(sharedNowMs(performance.now()));
  const [kept, gone, newer] = [Int32Array.of(1, 2), Int32Array.of(3, 4), Int32Array.of(5, -6)];
  from.sessions.get(0)?.put(kept, 1, nowSec + 60, nowSec, true); // at api/b:1
  from.sessions.get(0)?.put(gone, 0, nowSec + 60, nowSec, true); // at api/a:1
  from.sessions.get(0)?.put(newer, 1, nowSec - 1, nowSec - 2, true); // expired
  applySnapshot(after, to, takeSnapshot(before, from));
  const found = [kept, gone, newer].map((hash) => to.sessions.get(2)?.find(hash, nowSec));
  assert.deepEqual(found, [0, -1, -1]);
});
