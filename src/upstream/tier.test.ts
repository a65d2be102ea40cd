import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import {
  DEGRADED,
  OUT_BREAKER,
  OUT_CHECK,
  OUT_DOWN,
  OUT_DRAIN,
  OUT_GONE,
  OUT_OUTLIER,
} from '#src/shared/endpoint-standing.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import { roundRobin } from '#src/upstream/balancers/round-robin/round-robin.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import {
  type EndpointConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import { Random } from '#test/fuzz/random.ts';
import { TestContext } from './pick-context.contract.ts';
import { Tier } from './tier.ts';

const CONFIG: EndpointConfig = {
  address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  name: '127.0.0.1:80',
  server: '127.0.0.1:80',
  ...USUAL_TRAITS,
  place: { file: 'test', line: 1, column: 1 },
};
/** Of shares that are chance; it is the same in every run (`SEED`). */
const TOLERANCE = 0.05;
const PICKS = 4_000;
const SEED = 7;

beforeEach(() => {
  const random = new Random(SEED);
  mock.method(Math, 'random', () => random.next());
});
afterEach(() => mock.restoreAll());

function make(configs: readonly Partial<EndpointConfig>[], policy = {}) {
  const clock = new ManualClock();
  clock.advanceMs(1_000);
  const sizes = { threadCount: 1, endpointCount: configs.length, upstreamCount: 1 };
  const table = new EndpointTable(allocateShared(sizes), 1, configs.length, 0);
  const endpoints = configs.map(
    (config, id) => new Endpoint({ ...CONFIG, ...config }, id, table.standing, clock, false),
  );
  const balancer = roundRobin.create({
    endpoints: endpoints.map(({ config }) => config),
    words: [],
  });
  const tier = new Tier(endpoints, balancer, table, 'none', clock, { ...USUAL_POLICY, ...policy });
  return { clock, table, endpoints, tier };
}

/** The share of each endpoint in many picks. */
function sharesOf(tier: Tier): number[] {
  const context = new TestContext();
  const counts = tier.endpoints.map(() => 0);
  for (let pick = 0; pick < PICKS; pick++) {
    const id = tier.pick(context)?.id ?? -1;
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts.map((count) => count / PICKS);
}

function near(actual: readonly number[], expected: readonly number[]): void {
  const isNear = actual.every((share, at) => Math.abs(share - (expected[at] ?? 0)) < TOLERANCE);
  assert.ok(isNear, `${actual} is not near ${expected}`);
}

describe('slow start', () => {
  it('gives an endpoint that has joined a share that grows with time', () => {
    const { clock, table, tier } = make([{ slowStartMs: 10_000 }, {}]);
    near(sharesOf(tier), [0.5, 0.5]);
    table.times.join(0, sharedNowMs(clock.nowMs));
    near(sharesOf(tier), [0.005, 0.995]);
    clock.advanceMs(5_000);
    near(sharesOf(tier), [0.25, 0.75]);
    clock.advanceMs(5_000);
    near(sharesOf(tier), [0.5, 0.5]);
  });

  it('is no reason to send nobody anything', () => {
    const { clock, table, tier } = make([{ slowStartMs: 10_000 }, { down: true }]);
    table.times.join(0, sharedNowMs(clock.nowMs));
    assert.deepEqual(sharesOf(tier), [1, 0]);
  });

  it('holds for max_conns, too: at least one', () => {
    const { clock, endpoints, table, tier } = make([{ slowStartMs: 10_000, maxConns: 8 }]);
    const [first] = endpoints;
    assert.ok(first !== undefined);
    table.times.join(0, sharedNowMs(clock.nowMs));
    assert.equal(tier.pickLimit(first), 1);
    clock.advanceMs(5_000);
    assert.equal(tier.pickLimit(first), 4);
    clock.advanceMs(9_000);
    assert.equal(tier.pickLimit(first), 8);
  });
});

describe('prefer_locality', () => {
  const here = { locality: 'here' };
  const policy = { locality: 'here' };

  it('keeps exchanges here while enough of it is in service', () => {
    const { tier } = make([here, here, {}, { locality: 'there' }], policy);
    near(sharesOf(tier), [0.5, 0.5, 0, 0]);
  });

  it('lets the others have what is missing: of one half, 1.4 times a half stays', () => {
    const { endpoints, tier } = make([here, here, {}, {}], policy);
    endpoints[1]?.onFailure();
    near(sharesOf(tier), [0.7, 0, 0.15, 0.15]);
    endpoints[0]?.onFailure();
    near(sharesOf(tier), [0, 0, 0.5, 0.5]);
  });

  it('goes elsewhere rather than nowhere, and back', () => {
    const { endpoints, tier } = make([here, {}], policy);
    endpoints[1]?.onFailure();
    assert.deepEqual(sharesOf(tier), [1, 0]);
  });
});

describe('panic_threshold', () => {
  it('takes all that are not down when too few are left', () => {
    const configs = [{}, {}, {}, { down: true }];
    const { endpoints, tier } = make(configs, { panicShare: 0.5 });
    endpoints[0]?.onFailure();
    near(sharesOf(tier), [0, 0.5, 0.5, 0]);
    endpoints[1]?.onFailure();
    near(sharesOf(tier), [1 / 3, 1 / 3, 1 / 3, 0]);
  });
});

describe('an endpoint that is out', () => {
  const REASONS = [OUT_CHECK, OUT_OUTLIER, OUT_BREAKER, OUT_DOWN, OUT_DRAIN, OUT_GONE];

  it('gets nothing while there is one reason, and its share after the last', () => {
    const { table, tier } = make([{}, {}]);
    for (const reason of REASONS) table.setOut(0, reason, true);
    for (const reason of REASONS) {
      assert.deepEqual(sharesOf(tier), [0, 1]);
      table.setOut(0, reason, false);
    }
    assert.deepEqual(sharesOf(tier), [0.5, 0.5]);
  });

  it('is not usable, and nobody is when all are out', () => {
    const { table, tier } = make([{}, {}]);
    const context = new TestContext();
    table.setOut(0, OUT_CHECK, true);
    assert.deepEqual([tier.hasUsable(context), tier.hasRoom()], [true, true]);
    table.setOut(1, OUT_OUTLIER, true);
    assert.deepEqual([tier.hasUsable(context), tier.hasRoom()], [false, false]);
    assert.equal(tier.pick(context), undefined);
  });

  it('serves those that are bound to it while it drains, and only then', () => {
    const { endpoints, table, tier } = make([{}, {}]);
    const [first] = endpoints;
    assert.ok(first !== undefined);
    const bound = () => tier.pickBound([first], new TestContext())?.id;
    for (const reason of REASONS) {
      table.setOut(0, reason, true);
      assert.equal(bound(), reason === OUT_DRAIN ? 0 : undefined);
      table.setOut(0, reason, false);
    }
    assert.equal(bound(), 0);
  });

  it('comes back in a panic, unless somebody wants it out', () => {
    for (const reason of REASONS) {
      const { table, tier } = make([{}, {}, {}], { panicShare: 0.5 });
      for (const id of [0, 1]) table.setOut(id, OUT_CHECK, true);
      near(sharesOf(tier), [1 / 3, 1 / 3, 1 / 3]);
      table.setOut(0, reason, true);
      const isMeant = [OUT_DOWN, OUT_DRAIN, OUT_GONE].includes(reason);
      near(sharesOf(tier), isMeant ? [0, 0.5, 0.5] : [1 / 3, 1 / 3, 1 / 3]);
    }
  });
});

describe('degraded_threshold', () => {
  /** Endpoints with the ids are degraded. */
  function degrade({ table }: { readonly table: EndpointTable }, ...ids: readonly number[]): void {
    for (const id of ids) table.setOut(id, DEGRADED, true);
  }

  it('keeps degraded ones for later while the healthy ones are enough', () => {
    const made = make([{}, {}, {}, {}]);
    near(sharesOf(made.tier), [0.25, 0.25, 0.25, 0.25]);
    degrade(made, 0);
    assert.equal(sharesOf(made.tier)[0], 0);
    near(sharesOf(made.tier), [0, 0.33, 0.33, 0.33]);
    made.table.setOut(0, DEGRADED, false);
    near(sharesOf(made.tier), [0.25, 0.25, 0.25, 0.25]);
  });

  it('lets them have what is missing, by weight: of 50 % healthy and 70 wanted, 5/7 stays', () => {
    const made = make([{}, {}, {}, {}]);
    degrade(made, 0, 1);
    near(sharesOf(made.tier), [1 / 7, 1 / 7, 2.5 / 7, 2.5 / 7]);
    const heavy = make([{ weight: 3 }, {}], { degradedShare: 1 });
    degrade(heavy, 0);
    near(sharesOf(heavy.tier), [0.75, 0.25]);
    const never = make([{ weight: 99 }, {}], { degradedShare: 0 });
    degrade(never, 0);
    assert.deepEqual(sharesOf(never.tier), [0, 1]);
  });

  it('counts who is out as missing, and who is out on purpose not at all', () => {
    const made = make([{}, {}, {}, {}]);
    degrade(made, 0);
    made.table.setOut(1, OUT_CHECK, true);
    near(sharesOf(made.tier), [2 / 7, 0, 2.5 / 7, 2.5 / 7]);
    made.table.setOut(1, OUT_DOWN, true);
    near(sharesOf(made.tier), [1 / 21, 0, 10 / 21, 10 / 21]);
    made.table.setOut(2, OUT_CHECK, true);
    made.table.setOut(3, OUT_CHECK, true);
    assert.deepEqual(sharesOf(made.tier), [1, 0, 0, 0]);
  });

  it('counts failures that are over again as soon as they are over', () => {
    const made = make([{}, { failTimeoutMs: 10_000 }], { degradedShare: 0.5 });
    degrade(made, 0);
    made.endpoints[1]?.onFailure();
    assert.deepEqual(sharesOf(made.tier), [1, 0]);
    made.clock.advanceMs(10_001);
    assert.deepEqual(sharesOf(made.tier), [0, 1]);
  });

  it('takes a degraded one when the healthy ones are full or were tried, and the other way round', () => {
    const made = make([{}, { maxConns: 1 }], { degradedShare: 0.5 });
    degrade(made, 0);
    made.table.start(1);
    assert.deepEqual(sharesOf(made.tier), [1, 0]);
    made.table.finish(1, 0);
    const context = new TestContext();
    context.tried.add(made.endpoints[1] as Endpoint);
    assert.equal(made.tier.pick(context)?.id, 0);
    const weak = make([{ maxConns: 1 }, {}, { down: true }], { degradedShare: 1 });
    degrade(weak, 0);
    weak.table.start(0);
    assert.deepEqual(sharesOf(weak.tier), [0, 1, 0]);
  });

  it('is nothing in a panic, and nothing to who is bound', () => {
    const made = make([{}, {}, {}, {}], { panicShare: 0.5 });
    degrade(made, 0);
    for (const id of [1, 2, 3]) made.table.setOut(id, OUT_CHECK, true);
    near(sharesOf(made.tier), [0.25, 0.25, 0.25, 0.25]);
    const [first] = made.endpoints;
    assert.equal(made.tier.pickBound([first as Endpoint], new TestContext()), first);
  });

  it('holds beside prefer_locality', () => {
    const here = { locality: 'here' };
    const made = make([here, here, {}], { locality: 'here', degradedShare: 0.5 });
    degrade(made, 0);
    near(sharesOf(made.tier), [0, 1, 0]);
    made.table.setOut(1, OUT_CHECK, true);
    // Of all a third is healthy, which is enough for 2/3, wherever that is.
    near(sharesOf(made.tier), [1 / 3, 0, 2 / 3]);
  });

  it('says why', () => {
    const made = make([{}, {}], { degradedShare: 0.5 });
    degrade(made, 0);
    const reasons = () => {
      const watch = made.tier.watch();
      made.tier.pick(new TestContext());
      made.tier.unwatch(watch);
      return watch.watched.candidates.map(({ because }) => because);
    };
    assert.deepEqual(reasons(), ['degraded: the healthy ones are enough for this one', 'picked']);
    const weak = make([{}, {}, {}], { degradedShare: 1 });
    degrade(weak, 0, 1, 2);
    weak.table.setOut(2, DEGRADED, false);
    const seen = new Set<string>();
    for (let pick = 0; pick < 100; pick++) {
      const watch = weak.tier.watch();
      weak.tier.pick(new TestContext());
      weak.tier.unwatch(watch);
      seen.add(watch.watched.candidates[2]?.because ?? '');
    }
    assert.deepEqual([...seen].sort(), [
      'picked',
      'too few are healthy: this one is for those that are degraded',
    ]);
  });
});
