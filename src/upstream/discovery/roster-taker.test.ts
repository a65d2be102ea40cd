import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import {
  type EndpointConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { RosterList } from '#src/upstream/roster/roster.ts';
import { Rosters } from '#src/upstream/roster/rosters.ts';
import { HANDOVER_MS, RosterTaker } from './roster-taker.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const SLOTS = 4;
const DNS = 'dns:app.test:80';

const at = (last: number): EndpointConfig => {
  const name = `10.0.0.${last}:80`;
  const address = { kind: 'tcp', host: `10.0.0.${last}`, port: 80 } as const;
  return { ...USUAL_TRAITS, address, name, server: 'app.test', place: PLACE };
};
const list = (...lasts: number[]) => lasts.map(at);

/** A roster over real shared memory; its one thread takes lists over when the test says so. */
function stage() {
  const config: UpstreamConfig = {
    ...{ name: 'app', implicit: false, endpoints: [], slots: SLOTS, policy: USUAL_POLICY },
    ...{ pool: { maxIdle: 0, maxRequests: 1, maxAgeMs: 1, idleTimeoutMs: 1 }, place: PLACE },
    sticky: null,
  };
  const sizes = { threadCount: 1, endpointCount: SLOTS, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), 1, SLOTS, 0, 1);
  const lists: RosterList[] = [];
  const rosters = new Rosters([{ id: 0, config, firstEndpoint: 0, slots: SLOTS }], table, {
    publish: (published) => lists.push(published),
    onTenant: () => undefined,
    warn: () => undefined,
    notice: () => undefined,
  });
  rosters.onThreadBuilt(0);
  const roster = rosters.at(0);
  assert.ok(roster !== undefined);
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  return {
    taker: new RosterTaker(roster, wheel),
    names: () => roster.members.map(({ config: { name } }) => name.slice(7, -3)).sort(),
    acknowledge: () => rosters.acknowledge(0, 0, lists.at(-1)?.version ?? 0),
    pass: (ms: number) => {
      clock.advanceMs(ms);
      wheel.advance();
    },
  };
}

test('what comes and goes is counted', () => {
  const { acknowledge, names, taker } = stage();
  assert.deepEqual(taker.replace(DNS, list(1, 2), false), {
    added: ['10.0.0.1:80', '10.0.0.2:80'],
    removed: [],
    left: 0,
    refused: '',
  });
  acknowledge();
  assert.deepEqual(taker.replace(DNS, list(2, 3), false), {
    added: ['10.0.0.3:80'],
    removed: ['10.0.0.1:80'],
    left: 0,
    refused: '',
  });
  assert.deepEqual(names(), ['2', '3']);
  assert.equal(taker.countOf(DNS), 2);
});

test('of more than there are places the ones that are in stay', () => {
  const { acknowledge, names, taker } = stage();
  const first = taker.replace(DNS, list(1, 2, 3, 4, 5, 6), false);
  assert.deepEqual([first.added.length, first.left], [4, 2]);
  acknowledge();
  const second = taker.replace(DNS, list(9, 8, 7, 6, 4, 3), false);
  assert.deepEqual([second.added.length, second.removed.length, second.left], [2, 2, 2]);
  acknowledge();
  assert.deepEqual(names(), ['3', '4', '8', '9']);
});

test('when everybody changes the old ones go when a new one is in, and not before', () => {
  const { acknowledge, names, pass, taker } = stage();
  taker.replace(DNS, list(1, 2, 3, 4), false);
  acknowledge();
  const { added, removed } = taker.replace(DNS, list(5, 6, 7, 8), false);
  assert.deepEqual([added.length, removed.length], [4, 4]);
  assert.deepEqual(names(), ['1', '2']); // two places are on their way to the new ones
  pass(10 * HANDOVER_MS);
  assert.deepEqual(names(), ['1', '2']); // the thread is slow
  acknowledge();
  assert.deepEqual(names(), ['1', '2', '5', '6']);
  pass(HANDOVER_MS + 50);
  acknowledge();
  assert.deepEqual(names(), ['5', '6', '7', '8']);
});

test('no servers, confirmed: all are taken out, and who waited waits no more', () => {
  const { acknowledge, names, pass, taker } = stage();
  taker.replace(DNS, list(1, 2, 3, 4), false);
  acknowledge();
  taker.replace(DNS, list(5, 6), false);
  assert.equal(taker.replace(DNS, [], true).removed.length, 2);
  pass(10 * HANDOVER_MS);
  acknowledge();
  assert.deepEqual(names(), []);
});

test('no servers, not confirmed: refused', () => {
  const { names, taker } = stage();
  taker.replace(DNS, list(1), false);
  assert.match(taker.replace(DNS, [], false).refused, /names no server/);
  assert.deepEqual(names(), ['1']);
});
