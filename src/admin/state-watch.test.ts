import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EndpointEvent, EndpointEvents } from '#src/shared/endpoint-events.ts';
import { OUT_CHECK } from '#src/shared/endpoint-standing.ts';
import { type Glance, StateWatch } from './state-watch.ts';

function make() {
  const told: EndpointEvent[] = [];
  const events = new EndpointEvents();
  events.listen((event) => told.push(event));
  const watch = new StateWatch('app', events);
  const look = (nowMs: number, state: Glance['state'], more: Partial<Glance> = {}) =>
    watch.look([{ slot: 0, name: 'a:1', state, out: 0, hasFailed: false, ...more }], nowMs);
  return { look, told, watch };
}

describe('the watch over endpoints', () => {
  it('tells when failures have put one aside, and when it is back', () => {
    const { look, told, watch } = make();
    look(1_000, 'up');
    look(2_000, 'unavail');
    look(3_000, 'unavail');
    assert.deepEqual([watch.historyOf(0)?.sinceMs, watch.historyOf(0)?.unavailCount], [2_000, 1]);
    look(5_000, 'up');
    assert.deepEqual([watch.historyOf(0)?.sinceMs, watch.historyOf(0)?.awayMs], [0, 3_000]);
    assert.deepEqual(
      told.map(({ atMs, type }) => [atMs, type]),
      [
        [2_000, 'down'],
        [5_000, 'up'],
      ],
    );
  });

  it('tells of a trial only when it went well', () => {
    const { look, told } = make();
    look(1_000, 'unavail', { hasFailed: true });
    look(2_000, 'up', { hasFailed: true });
    look(3_000, 'unavail', { hasFailed: true });
    look(4_000, 'up', { hasFailed: true });
    look(5_000, 'up');
    assert.deepEqual(
      told.map(({ atMs, type }) => [atMs, type]),
      [
        [1_000, 'down'],
        [5_000, 'up'],
      ],
    );
  });

  it('counts time, but leaves telling to who has taken one out', () => {
    const { look, told, watch } = make();
    look(1_000, 'up');
    look(2_000, 'unhealthy', { out: OUT_CHECK });
    look(4_000, 'up');
    look(5_000, 'down');
    assert.equal(watch.historyOf(0)?.awayMs, 2_000);
    assert.deepEqual(told, []);
  });

  it('begins anew with another endpoint in the slot, and forgets who is gone', () => {
    const { look, watch } = make();
    look(1_000, 'unavail');
    look(2_000, 'up');
    look(3_000, 'up', { name: 'b:1' });
    assert.equal(watch.historyOf(0)?.awayMs, 0);
    watch.look([], 4_000);
    assert.equal(watch.historyOf(0), undefined);
  });
});
