import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import {
  type EndpointConfig,
  type PolicyConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { TestContext } from './pick-context.contract.ts';
import { Upstream } from './upstream.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
/** Ids of the endpoints begin behind those of other upstreams. */
const FIRST = 3;

function make(
  count: number,
  policy: PolicyConfig = USUAL_POLICY,
  sticky: StickyConfig | null = null,
) {
  const endpoints = Array.from({ length: count }, (_, index): EndpointConfig => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 80 + index } as const;
    return {
      address,
      name: `e${index}`,
      server: `e${index}`,
      ...USUAL_TRAITS,
      place: PLACE,
    };
  });
  const pool = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };
  const config: UpstreamConfig = {
    name: 'api',
    implicit: false,
    endpoints,
    pool,
    policy,
    sticky,
    place: PLACE,
  };
  const sizes = { threadCount: 2, endpointCount: FIRST + count, upstreamCount: 2 };
  const memory = allocateShared(sizes);
  const table = new EndpointTable(memory, 2, FIRST + count, 1);
  const thread = { wheel: new TimerWheel(new ManualClock()) } as unknown as PoolThread;
  const upstream = new Upstream(config, 1, FIRST, table, thread);
  const context = new TestContext();
  context.nextTurn = () => upstream.nextTurn();
  /** The same as another thread has it. */
  const otherTable = new EndpointTable(memory, 2, FIRST + count, 0);
  const other = new Upstream(config, 1, FIRST, otherTable, thread);
  return { upstream, other, table, context };
}

describe('an upstream', () => {
  it('counts a pick in flight until it is finished', () => {
    const { context, table, upstream } = make(2);
    const first = upstream.pick(context);
    const second = upstream.pick(context);
    assert.deepEqual([first?.id, second?.id], [FIRST, FIRST + 1]);
    assert.deepEqual([table.active(FIRST), table.active(FIRST + 1)], [1, 1]);
    assert.ok(first !== undefined);
    upstream.finish(first, false, 0);
    assert.deepEqual([table.active(FIRST), table.requests(FIRST)], [0, 1]);
    assert.equal(table.failures(FIRST), 0);
  });

  it('puts a failing endpoint aside, and then has the other alone', () => {
    const { context, table, upstream } = make(2);
    const first = upstream.pick(context);
    assert.ok(first !== undefined);
    upstream.finish(first, true, 0);
    assert.equal(table.failures(FIRST), 1);
    for (let pick = 0; pick < 4; pick++) assert.equal(upstream.pick(context)?.id, FIRST + 1);
    assert.equal(table.active(FIRST), 0);
  });

  it('counts nothing when there is nobody to pick', () => {
    const { context, table, upstream } = make(2);
    for (const endpoint of upstream.endpoints) endpoint.onFailure();
    assert.equal(upstream.pick(context), undefined);
    assert.deepEqual([table.active(FIRST), table.active(FIRST + 1)], [0, 0]);
  });

  it('never puts its only endpoint aside', () => {
    const { context, upstream } = make(1);
    for (let attempt = 0; attempt < 3; attempt++) {
      const endpoint = upstream.pick(context);
      assert.ok(endpoint !== undefined);
      upstream.finish(endpoint, true, 0);
    }
  });

  it('knows whether an exchange has somebody left to try', () => {
    const { context, upstream } = make(2);
    const [first, second] = upstream.endpoints;
    assert.ok(first !== undefined && second !== undefined);
    context.tried.add(first);
    assert.equal(upstream.hasUntried(context), true);
    second.onFailure();
    assert.equal(upstream.hasUntried(context), false);
  });

  it('counts another attempt at the same endpoint, which keeps its place there', () => {
    const { context, table, upstream } = make(1);
    const endpoint = upstream.pick(context);
    assert.ok(endpoint !== undefined);
    upstream.repeat(endpoint);
    assert.deepEqual([table.active(FIRST), table.requests(FIRST)], [1, 2]);
    upstream.finish(endpoint, false, 0);
    assert.equal(table.active(FIRST), 0);
  });

  it('keeps bounds of load over all threads', () => {
    const words = ['$uri', 'consistent', 'balance_factor=125'];
    const policy = { ...USUAL_POLICY, name: 'hash', words };
    const { context, other, table, upstream } = make(4, policy);
    context.text = 'hot';
    for (let total = 1; total <= 200; total++) {
      const endpoint = (total % 3 === 0 ? other : upstream).pick(context);
      assert.ok(endpoint !== undefined);
      const load = table.active(endpoint.id);
      assert.ok(load <= Math.ceil((total * 125) / 400), `${load} of ${total}`);
    }
    const loads = upstream.endpoints.map(({ id }) => table.active(id)).sort((a, b) => b - a);
    assert.equal(loads[0], 63);
  });
});
