import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import {
  type EndpointConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { TestContext } from './pick-context.contract.ts';
import { stickyIdOf } from './sticky-id.ts';
import { Upstream } from './upstream.ts';
import { QueuePlace } from './upstream-queue.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const COOKIE = { name: 'id', expires: null, domain: null, sameSite: null, path: '' };
const STICKY: StickyConfig = {
  cookie: { ...COOKIE, httpOnly: false, secure: false },
  lookup: [],
  create: [],
  zone: null,
  timeoutMs: 600_000,
  learnsFromHead: false,
  secret: '',
  isStrict: false,
  place: PLACE,
};

function endpointOf(at: number, change: Partial<EndpointConfig>): EndpointConfig {
  const address = { kind: 'tcp', host: '127.0.0.1', port: 80 + at } as const;
  const names = { name: `127.0.0.1:${80 + at}`, server: '', place: PLACE };
  return { ...USUAL_TRAITS, address, ...names, ...change };
}

function make(changes: readonly Partial<EndpointConfig>[], sticky: Partial<StickyConfig> = {}) {
  const endpoints = changes.map((change, at) => endpointOf(at, change));
  const pool = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };
  const config = {
    ...{ name: 'u', implicit: false, endpoints, pool, policy: USUAL_POLICY, place: PLACE },
    sticky: { ...STICKY, ...sticky },
  };
  const sizes = { threadCount: 1, endpointCount: endpoints.length, upstreamCount: 1 };
  const clock = new ManualClock();
  const thread = { wheel: new TimerWheel(clock) } as unknown as PoolThread;
  const table = new EndpointTable(allocateShared(sizes), 1, endpoints.length, 0);
  const upstream = new Upstream(config, 0, 0, table, thread);
  const context = new TestContext();
  const pickFor = (brought: string): number | undefined => {
    context.brought = brought;
    return upstream.pick(context)?.id;
  };
  return { clock, context, pickFor, upstream };
}

describe('the name of an endpoint', () => {
  const endpoint = endpointOf(0, {});

  it('is its route, else the MD5 of its address as in nginx', () => {
    const md5 = createHash('md5').update('127.0.0.1:80').digest('hex');
    assert.equal(stickyIdOf(endpoint, ''), md5);
    assert.equal(stickyIdOf({ ...endpoint, route: 'a' }, 'a secret'), 'a');
  });

  it('with a secret is what it always was, and another one with any other secret', () => {
    assert.equal(stickyIdOf(endpoint, 'of all instances'), NAME_OF_ALL_INSTANCES);
    assert.notEqual(stickyIdOf(endpoint, 'of all instances.'), NAME_OF_ALL_INSTANCES);
    assert.notEqual(stickyIdOf(endpointOf(1, {}), 'of all instances'), NAME_OF_ALL_INSTANCES);
  });
});

const NAME_OF_ALL_INSTANCES = 'HJ6UJ1ez-t8mXFS1juhqFA';

describe('an upstream with sticky', () => {
  it('takes the endpoint that is brought, and goes round without one that holds', () => {
    const { pickFor } = make([{ route: 'a' }, { route: 'b' }, { route: 'c' }]);
    assert.deepEqual(['c', 'c', 'a', '', 'x', 'b'].map(pickFor), [2, 2, 0, 0, 1, 1]);
  });

  it('chooses another one while it is full, and strict does not', () => {
    const endpoints = [{ route: 'a', maxConns: 1 }, { route: 'b' }];
    const soft = make(endpoints);
    assert.deepEqual(['a', 'a', 'a'].map(soft.pickFor), [0, 1, 1]);
    const strict = make(endpoints, { isStrict: true });
    assert.deepEqual(['a', 'a', 'x'].map(strict.pickFor), [0, undefined, 1]);
    strict.context.brought = 'a';
    const place = new QueuePlace({ onPlace() {}, onNoPlace() {} }, strict.context);
    assert.equal(strict.upstream.wait(place), 'sticky_endpoint_out');
  });

  it('is not asked a second time what an exchange has tried', () => {
    const { context, pickFor, upstream } = make([{ route: 'a' }, { route: 'b' }]);
    const [first] = upstream.endpoints;
    assert.ok(first !== undefined);
    context.tried.add(first);
    assert.equal(pickFor('a'), 1);
  });

  it('keeps an endpoint of backup only while nobody else can be used, as nginx', () => {
    const { pickFor, upstream } = make([{ route: 'a' }, { route: 'b', tier: 1 }]);
    assert.equal(pickFor('b'), 0);
    upstream.endpoints[0]?.onFailure();
    assert.equal(pickFor('b'), 1);
  });

  it('learns where a session is, for its time', () => {
    const zone = { name: 'z', bytes: 32_768 };
    const learn = { cookie: null, zone, timeoutMs: 2_000 };
    const { clock, pickFor, upstream } = make([{}, {}, {}], learn);
    const { endpoints, sticky } = upstream;
    assert.ok(sticky !== undefined && endpoints[2] !== undefined);
    sticky.learn('s', endpoints[2], true);
    sticky.learn('unknown', endpoints[2], false);
    assert.deepEqual(['s', 's', 'unknown'].map(pickFor), [2, 2, 0]);
    clock.advanceMs(1_000);
    sticky.learn('s', endpoints[2], false);
    clock.advanceMs(1_500);
    assert.equal(pickFor('s'), 2);
    clock.advanceMs(1_600);
    assert.equal(pickFor('s'), 1);
  });
});
