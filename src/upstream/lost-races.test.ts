// What a pick does when other threads take the places that it finds.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import {
  type EndpointConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { TestContext } from './pick-context.contract.ts';
import { Upstream } from './upstream.ts';
import { QueuePlace } from './upstream-queue.ts';

const PLACE = { file: 'test', line: 1, column: 1 };

/** Somebody else takes the place, so many times, and has left again at the next look. */
class ContestedTable extends EndpointTable {
  losses = 0;
  tries = 0;

  override tryStart(endpoint: number, limit: number): boolean {
    this.tries += 1;
    if (this.tries <= this.losses) return false;
    return super.tryStart(endpoint, limit);
  }
}

function make(count: number, sticky: StickyConfig | null = null, most = 0, maxConns = 2) {
  const endpoints = Array.from({ length: count }, (_, index): EndpointConfig => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 80 + index } as const;
    const traits = { ...USUAL_TRAITS, maxConns, route: `e${index}` };
    return { address, name: `e${index}`, server: `e${index}`, ...traits, place: PLACE };
  });
  const config: UpstreamConfig = {
    name: 'api',
    implicit: false,
    endpoints,
    pool: { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 },
    policy: USUAL_POLICY,
    sticky,
    maxConns: most,
    place: PLACE,
  };
  const memory = allocateShared({ threadCount: 2, endpointCount: count, upstreamCount: 1 });
  const table = new ContestedTable(memory, 2, count, 0, 1);
  const thread = { wheel: new TimerWheel(new ManualClock()) } as unknown as PoolThread;
  const upstream = new Upstream(config, 0, 0, table, thread);
  const context = new TestContext();
  context.nextTurn = () => upstream.nextTurn();
  /** The same as another thread has it. */
  const otherTable = new EndpointTable(memory, 2, count, 1, 1);
  const other = new Upstream(config, 0, 0, otherTable, thread);
  return { upstream, other, table, context };
}

describe('a pick that loses places to other threads', () => {
  it('looks again, and takes the next place', () => {
    const { context, table, upstream } = make(3);
    table.losses = 2;
    assert.ok(upstream.pick(context) !== undefined);
    assert.equal(table.tries, 3);
    const inFlight = upstream.endpoints.map(({ id }) => table.active(id));
    assert.equal(
      inFlight.reduce((sum, load) => sum + load, 0),
      1,
    );
  });

  for (const count of [1, 3, 40]) {
    it(`ends: with ${count} endpoints the upstream is full then`, () => {
      const { context, table, upstream } = make(count);
      table.losses = Number.POSITIVE_INFINITY;
      assert.equal(upstream.pick(context), undefined);
      assert.ok(table.tries > count && table.tries <= count + 10, `${table.tries} tries`);
      for (const { id } of upstream.endpoints) assert.equal(table.active(id), 0);
      const client = { onPlace: () => assert.fail(), onNoPlace: () => assert.fail() };
      assert.equal(upstream.wait(new QueuePlace(client, context)), 'upstream_full');
      // Nothing of it is left for the next one.
      table.losses = 0;
      assert.ok(upstream.pick(context) !== undefined);
    });
  }

  for (const isStrict of [true, false]) {
    it(`ends where it is bound to an endpoint${isStrict ? ', strictly' : ''}`, () => {
      const { context, table, upstream } = make(2, routeTo(isStrict));
      context.brought = 'e1';
      assert.equal(upstream.pick(context)?.id, 1);
      table.losses = Number.POSITIVE_INFINITY;
      assert.equal(upstream.pick(context), undefined);
      assert.ok(table.tries <= 13, `${table.tries} tries`);
    });
  }
});

describe('max_conns of an upstream', () => {
  const client = { onPlace: () => assert.fail(), onNoPlace: () => assert.fail() };

  it('holds for all endpoints and threads together', () => {
    const { context, other, table, upstream } = make(3, null, 4, 0);
    const picked = [upstream, other, upstream, other].map((one) => one.pick(context));
    assert.deepEqual(
      picked.map((endpoint) => endpoint?.id),
      [0, 1, 2, 0],
    );
    for (const one of [upstream, other]) {
      assert.equal(one.pick(context), undefined);
      assert.equal(one.hasRoom(), false);
      assert.equal(one.wait(new QueuePlace(client, context)), 'upstream_full');
    }
    assert.deepEqual([table.requests(0), table.requests(1), table.requests(2)], [2, 1, 1]);
    upstream.finish(picked[0] ?? assert.fail(), false, 0);
    assert.equal(other.hasRoom(), true);
    assert.ok(other.pick(context) !== undefined);
    assert.equal(upstream.pick(context), undefined);
  });

  it('holds beside limits of the endpoints', () => {
    const { context, table, upstream } = make(2, null, 3, 2);
    for (let n = 0; n < 3; n++) assert.ok(upstream.pick(context) !== undefined);
    assert.equal(upstream.pick(context), undefined);
    assert.deepEqual([table.active(0), table.active(1)], [2, 1]);
    const narrow = make(2, null, 5, 2);
    for (let n = 0; n < 4; n++) assert.ok(narrow.upstream.pick(narrow.context) !== undefined);
    assert.equal(narrow.upstream.pick(narrow.context), undefined);
  });

  it('is not exceeded by what another thread starts between look and count', () => {
    const { table } = make(2, null, 3, 0);
    const starts = [0, 1, 0, 1].map((id) => table.tryStartAmong(id, 0, 0, 2, 3));
    assert.deepEqual(starts, [true, true, true, false]);
    assert.deepEqual([table.active(0), table.active(1)], [2, 1]);
    assert.equal(table.tryStartAmong(0, 2, 0, 2, 9), false);
    assert.equal(table.tryStartAmong(0, 3, 0, 2, 9), true);
  });

  it('holds for those that are bound to an endpoint', () => {
    const { context, upstream } = make(2, routeTo(false), 1, 0);
    context.brought = 'e1';
    assert.equal(upstream.pick(context)?.id, 1);
    assert.equal(upstream.pick(context), undefined);
  });
});

function routeTo(isStrict: boolean): StickyConfig {
  return {
    cookie: null,
    lookup: [],
    create: [],
    zone: null,
    timeoutMs: 0,
    learnsFromHead: false,
    secret: '',
    isStrict,
    place: PLACE,
  };
}
