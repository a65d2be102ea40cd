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

function make(count: number, sticky: StickyConfig | null = null) {
  const endpoints = Array.from({ length: count }, (_, index): EndpointConfig => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 80 + index } as const;
    const traits = { ...USUAL_TRAITS, maxConns: 2, route: `e${index}` };
    return { address, name: `e${index}`, server: `e${index}`, ...traits, place: PLACE };
  });
  const config: UpstreamConfig = {
    name: 'api',
    implicit: false,
    endpoints,
    pool: { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 },
    policy: USUAL_POLICY,
    sticky,
    place: PLACE,
  };
  const memory = allocateShared({ threadCount: 2, endpointCount: count, upstreamCount: 1 });
  const table = new ContestedTable(memory, 2, count, 0, 1);
  const thread = { wheel: new TimerWheel(new ManualClock()) } as unknown as PoolThread;
  const upstream = new Upstream(config, 0, 0, table, thread);
  const context = new TestContext();
  context.nextTurn = () => upstream.nextTurn();
  return { upstream, table, context };
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
