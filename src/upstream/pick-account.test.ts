import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { OUT_BREAKER, OUT_CHECK, OUT_OUTLIER } from '#src/shared/endpoint-standing.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import {
  type EndpointConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import type { PickAccount } from './pick-account.ts';
import { TestContext } from './pick-context.contract.ts';
import { Upstream } from './upstream.ts';
import { QueuePlace } from './upstream-queue.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const STICKY: StickyConfig = {
  cookie: null,
  lookup: [],
  create: [],
  zone: null,
  timeoutMs: 0,
  learnsFromHead: false,
  isStrict: false,
  secret: '',
  place: PLACE,
};

/** Endpoints e0, e1 … that differ from the usual ones. */
function make(traits: readonly Partial<EndpointConfig>[], config: Partial<UpstreamConfig> = {}) {
  const endpoints = traits.map((own, at): EndpointConfig => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 80 + at } as const;
    return { address, name: `e${at}`, server: `e${at}`, ...USUAL_TRAITS, place: PLACE, ...own };
  });
  const pool = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };
  const whole: UpstreamConfig = {
    ...{ name: 'api', implicit: false, endpoints, pool, policy: USUAL_POLICY },
    ...{ sticky: null, place: PLACE },
    ...config,
  };
  const sizes = { threadCount: 1, endpointCount: traits.length, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), 1, traits.length, 0, 1);
  const clock = new ManualClock();
  clock.advanceMs(1_000);
  const thread = { wheel: new TimerWheel(clock) } as unknown as PoolThread;
  const upstream = new Upstream(whole, 0, 0, table, thread);
  const context = new TestContext();
  context.nextTurn = () => upstream.nextTurn();
  const explained = (): PickAccount => {
    let account: PickAccount | undefined;
    upstream.pickWatched(context, (one) => {
      account = one;
    });
    assert.ok(account !== undefined);
    return account;
  };
  return { clock, context, explained, table, upstream };
}

function reasons({ candidates }: PickAccount): string[] {
  return candidates.map(({ because, endpoint }) => `${endpoint}: ${because}`);
}

describe('the account of a pick', () => {
  it('says of each endpoint why it gets nothing', () => {
    const { explained, table } = make([
      {},
      { down: true },
      { drain: true },
      {},
      {},
      {},
      { tier: 1 },
      {},
      { maxConns: 1 },
    ]);
    table.standing.setOut(3, OUT_CHECK, true);
    table.standing.setOut(4, OUT_OUTLIER | OUT_BREAKER, true);
    table.standing.onFailure(5, sharedNowMs(1_000));
    table.start(8);
    assert.deepEqual(reasons(explained()), [
      'e0: picked',
      'e1: down',
      'e2: drain',
      'e3: check',
      'e4: outlier, breaker',
      'e5: max_fails',
      'e7: another one has less',
      'e8: full: 1 in flight of 1',
      'e6: backup: others are in service',
    ]);
  });

  it('is the same choice as without it, and counts the same', () => {
    const policy = { ...USUAL_POLICY, name: 'least_conn' };
    const traits = [{ weight: 2 }, {}, {}];
    const [one, other] = [make(traits, { policy }), make(traits, { policy })];
    for (let pick = 0; pick < 50; pick++) {
      const picked = one.upstream.pick(one.context);
      const told = other.explained().candidates.find(({ isPicked }) => isPicked);
      assert.equal(told?.endpoint, picked?.config.name);
      for (let at = 0; at < 3; at++) assert.equal(other.table.active(at), one.table.active(at));
    }
  });

  it('gives the figures that the policy compared', () => {
    const policy = { ...USUAL_POLICY, name: 'least_conn' };
    const { explained, table } = make([{ weight: 2 }, {}, {}], { policy });
    for (const endpoint of [0, 0, 0, 1, 2]) table.start(endpoint);
    const { candidates, means, policy: name } = explained();
    assert.deepEqual([name, means], ['least_conn', 'in flight, for its weight']);
    assert.deepEqual(
      candidates.map(({ inFlight, isPicked, score, tie }) => [inFlight, score, tie, isPicked]),
      [
        [3, 1.5, undefined, false],
        [1, 1, -1, true], // the turn is of e0: credits decide, and of equal ones the first
        [1, 1, -1, false],
      ],
    );
  });

  it('knows what was tried, and who takes over when all others are out', () => {
    const { context, explained, table, upstream } = make([{}, {}, { tier: 1 }]);
    const [first] = upstream.endpoints;
    assert.ok(first !== undefined);
    context.tried.add(first);
    table.standing.setOut(1, OUT_CHECK, true);
    assert.deepEqual(reasons(explained()), ['e0: tried before', 'e1: check', 'e2: picked']);
  });

  it('knows a slow start', () => {
    const { explained, table } = make([{}, { slowStartMs: 1_000_000 }]);
    table.times.join(1, sharedNowMs(1_000));
    const told = Array.from({ length: 20 }, () => reasons(explained())[1]);
    assert.ok(told.includes('e1: slow start: it has 1 % of its share'), told.join('; '));
  });

  it('knows another locality', () => {
    const policy = { ...USUAL_POLICY, locality: 'here' };
    const { explained } = make([{ locality: 'here' }, { locality: 'there' }], { policy });
    assert.deepEqual(reasons(explained()), ['e0: picked', 'e1: of another locality']);
  });

  it('knows whom sticky binds, and those it passes over for it', () => {
    const traits = [{ route: 'a' }, { route: 'b' }, { route: 'c', tier: 1 }];
    const { context, explained } = make(traits, { sticky: STICKY });
    context.brought = 'b';
    assert.deepEqual(reasons(explained()), [
      'e0: sticky: the client is bound elsewhere',
      'e1: sticky: the client is bound to it',
      'e2: sticky: the client is bound elsewhere',
    ]);
    context.brought = '';
    assert.deepEqual(reasons(explained()).slice(0, 1), ['e0: picked']);
  });

  it('says why the endpoint of a strict sticky cannot be taken', () => {
    const sticky = { ...STICKY, isStrict: true };
    const { context, explained, table } = make([{ route: 'a' }, { route: 'b' }], { sticky });
    context.brought = 'b';
    table.standing.setOut(1, OUT_CHECK, true);
    assert.deepEqual(reasons(explained()), [
      'e0: sticky: the client is bound elsewhere',
      'e1: check',
    ]);
  });

  it('says that others wait for the place that is free', () => {
    const queue = { length: 5, timeoutMs: 1_000, priorityText: '', priority: null };
    const { context, explained, table, upstream } = make([{ maxConns: 1 }], { queue });
    table.start(0);
    const client = { onPlace: () => {}, onNoPlace: () => {} };
    const place = new QueuePlace(client, new TestContext());
    assert.equal(upstream.wait(place), undefined);
    assert.deepEqual(reasons(explained()), ['e0: full: 1 in flight of 1']);
    table.withdraw(0);
    assert.equal(upstream.pick(context), undefined);
    assert.deepEqual(reasons(explained()), [
      'e0: it has room, but others wait in the queue before this one',
    ]);
    place.queue?.leave(place);
    assert.deepEqual(reasons(explained()), ['e0: picked']);
  });

  it('says that it was turned away before anybody was asked', () => {
    const admission = { successShare: 0.9, maxRejection: 1, minRequests: 1, windowMs: 1_000 };
    const judges = { outlier: null, breaker: null, admission, flapping: null };
    const { explained, table } = make([{}, { tier: 1 }], { judges });
    table.admissions.setShare(0, 1, 'admission');
    assert.deepEqual(reasons(explained()), [
      'e0: nobody was asked: it was turned away',
      'e1: nobody was asked: it was turned away',
    ]);
  });

  it('says that nobody can be picked', () => {
    const { explained, table } = make([{}, { down: true }]);
    table.standing.setOut(0, OUT_CHECK, true);
    assert.deepEqual(reasons(explained()), ['e0: check', 'e1: down']);
  });
});
