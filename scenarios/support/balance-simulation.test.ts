import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { jainIndex } from '#src/shared/fairness.ts';
import { Random } from '#test/fuzz/random.ts';
import {
  poissonExchanges,
  type SimulatedEndpoint,
  type SimulationSetup,
  simulate,
} from './balance-simulation.ts';

type Policy = SimulationSetup['policy'];

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Within a share of what is expected. */
function near(actual: number, expected: number, share: number, what = ''): void {
  assert.ok(Math.abs(actual / expected - 1) <= share, `${what} ${actual}, not ${expected}`);
}

describe('the simulation agrees with the theory of queues (scenarios.md §0)', () => {
  const SEED = 20_261_121;
  const timeInSystem = (policy: Policy, count: number, load: number, seconds: number): number => {
    const endpoints = Array.from({ length: count }, (): SimulatedEndpoint => ({ slots: 1 }));
    const exchanges = poissonExchanges(count * load * 100, 10, seconds, SEED);
    const { latenciesMs } = simulate({ policy, endpoints, exchanges, seed: SEED });
    return mean(latenciesMs.slice(latenciesMs.length >> 3)) / 10;
  };

  it('M/M/1: at 70 % load 3.33 service times, split by lot', (t) => {
    const time = timeInSystem(['random'], 10, 0.7, 300);
    t.diagnostic(`seed ${SEED}: ${time.toFixed(3)}`);
    near(time, 1 / 0.3, 0.03);
  });

  it('two choices: at 70 % load 1.614 service times, at 90 % 2.614, with many endpoints', (t) => {
    for (const [load, expected] of [
      [0.7, 1.614],
      [0.9, 2.614],
    ] as const) {
      const time = timeInSystem(['random', 'two'], 200, load, 10);
      t.diagnostic(`seed ${SEED}, load ${load}: ${time.toFixed(3)}`);
      near(time, expected, 0.04);
    }
  });

  it('least_conn is better than two choices, which are better than one', () => {
    const times = [['least_conn'], ['random', 'two'], ['random']].map((policy) =>
      timeInSystem(policy as [string, ...string[]], 8, 0.8, 60),
    );
    assert.deepEqual(
      times.toSorted((a, b) => a - b),
      times,
    );
  });
});

describe('33 requests: three exports of 40 minutes, thirty checks of 50 ms (scenarios.md §3)', () => {
  const ORDERS = 1_500;
  const EXPORT_MS = 2_400_000;

  /** Means over the orders: Jain's index of requests and of work, and the largest work over the mean. */
  function story(t: TestContext, policy: Policy, more: Partial<SimulationSetup> = {}) {
    const results = Array.from({ length: ORDERS }, (_, seed) => {
      const random = new Random(seed);
      const works = Array.from({ length: 33 }, (__, n): number => (n < 3 ? EXPORT_MS : 50));
      for (let n = works.length - 1; n > 0; n--) {
        const other = random.below(n + 1);
        [works[n], works[other]] = [works[other] ?? 0, works[n] ?? 0];
      }
      const times = works.map(() => random.next() * 60_000).sort((a, b) => a - b);
      const exchanges = times.map((atMs, n) => ({ atMs, workMs: works[n] ?? 0 }));
      const endpoints = [{}, {}, {}];
      const { busyMs, requests } = simulate({ policy, endpoints, exchanges, seed, ...more });
      return [jainIndex(requests), jainIndex(busyMs), Math.max(...busyMs) / mean(busyMs)];
    });
    const [requests = 0, load = 0, most = 0] = [0, 1, 2].map((column) =>
      mean(results.map((row) => row[column] ?? 0)),
    );
    const how = `${policy.join(' ')}, ${more.threads ?? 1} threads${more.countsAlone ? ' alone' : ''}`;
    t.diagnostic(
      `seeds 0–${ORDERS - 1}, ${how}: J of requests ${requests.toFixed(3)}, ` +
        `J of load ${load.toFixed(3)}, most/mean ${most.toFixed(2)}`,
    );
    return { requests, load, most };
  }

  it('round robin: requests are even, work is not', (t) => {
    const { load, most, requests } = story(t, ['round_robin']);
    near(requests, 1, 1e-9);
    near(load, 0.675, 0.02);
    near(most, 1.84, 0.02);
  });

  it('by lot: as worked out, 0.659', (t) => {
    near(story(t, ['random']).load, 0.659, 0.02);
  });

  it('least_conn over all threads: work is even, requests are not', (t) => {
    for (const threads of [1, 2, 4]) {
      const { load, most, requests } = story(t, ['least_conn'], { threads });
      assert.ok(load >= 0.98 && most <= 1.05, `${load} ${most}`);
      assert.ok(requests < 0.9, String(requests));
    }
  });

  it('least_conn where each thread counts alone: most of that is lost', (t) => {
    const two = story(t, ['least_conn'], { threads: 2, countsAlone: true });
    const four = story(t, ['least_conn'], { threads: 4, countsAlone: true });
    assert.ok(two.load < 0.87 && four.load < two.load, `${two.load} ${four.load}`);
  });

  it('two choices among three endpoints: clearly worse than looking at all', (t) => {
    const { load } = story(t, ['random', 'two'], { threads: 4 });
    near(load, 0.86, 0.03);
  });

  it('policies that look at times as well lose nothing by it', (t) => {
    for (const policy of [['least_time', 'header', 'inflight'], ['peak_ewma'], ['prequal']]) {
      const { load } = story(t, policy as [string, ...string[]], { threads: 4 });
      assert.ok(load >= 0.95, `${policy.join(' ')} ${load}`);
    }
  });
});

describe('an endpoint that is slow or fails', () => {
  const SEEDS = [1, 2, 3, 4, 5];
  const SECONDS = 60;

  /** The share of the first endpoint in the requests, per seed; after 5 seconds all know it. */
  function shares(
    t: TestContext,
    policy: Policy,
    endpoints: readonly SimulatedEndpoint[],
    ratePerSec: number,
    meanWorkMs: number,
    threads: number,
  ): number[] {
    const found = SEEDS.map((seed) => {
      const exchanges = poissonExchanges(ratePerSec, meanWorkMs, SECONDS, seed);
      const { requests } = simulate({ policy, endpoints, exchanges, seed, threads });
      return (requests[0] ?? 0) / exchanges.length;
    });
    const text = found.map((share) => `${(share * 100).toFixed(2)} %`).join(', ');
    t.diagnostic(`seeds ${SEEDS.join(' ')}, ${policy.join(' ')}, ${threads} threads: ${text}`);
    return found;
  }

  // Four slots of 10 ms each: a fast one serves 400 a second, the slow one 40; all together 1,240.
  const ONE_SLOW = [10, 1, 1, 1].map((slowness) => ({ slowness, slots: 4 }));
  for (const policy of [
    ['peak_ewma'],
    ['least_time', 'header'],
    ['least_time', 'last_byte', 'inflight'],
    ['prequal'],
  ] as const) {
    it(`one of four ten times slower gets < 6 % at 50 % load: ${policy.join(' ')}`, (t) => {
      for (const threads of [1, 4]) {
        for (const share of shares(t, policy, ONE_SLOW, 620, 10, threads)) {
          assert.ok(share < 0.06, String(share));
        }
      }
    });
  }

  it('round robin gives it a quarter: the measure sees the difference', (t) => {
    for (const share of shares(t, ['round_robin'], ONE_SLOW, 620, 10, 4)) near(share, 0.25, 0.001);
  });

  const ONE_FAILS = [{ failsAfterMs: 1 }, {}];
  it('503 in 1 ms beside a good one of 20 ms: < 5 % under peak_ewma, at any load', (t) => {
    for (const ratePerSec of [5, 50, 500]) {
      for (const share of shares(t, ['peak_ewma'], ONE_FAILS, ratePerSec, 20, 4)) {
        assert.ok(share < 0.05, `${ratePerSec}/s: ${share}`);
      }
    }
  });

  it('503 in 1 ms beside three good ones: at most its fair share under peak_ewma', (t) => {
    const endpoints = [{ failsAfterMs: 1 }, {}, {}, {}];
    for (const share of shares(t, ['peak_ewma'], endpoints, 500, 20, 4)) {
      assert.ok(share <= 0.25, String(share));
    }
  });

  it('503 in 1 ms under prequal: at most its fair share', (t) => {
    for (const share of shares(t, ['prequal'], ONE_FAILS, 500, 20, 4)) {
      assert.ok(share <= 0.5, String(share));
    }
  });

  it('least_conn sends it nearly everything: the measure sees the difference', (t) => {
    for (const share of shares(t, ['least_conn'], ONE_FAILS, 500, 20, 4)) {
      assert.ok(share > 0.8, String(share));
    }
  });

  it('many endpoints, half of them three times slower: prequal has a shorter tail than two choices', (t) => {
    const endpoints = Array.from({ length: 50 }, (_, at) => ({
      slots: 2,
      slowness: at < 25 ? 3 : 1,
    }));
    // 25 fast ones serve 5,000 a second, 25 slow ones 1,667.
    const p99 = (policy: Policy): number => {
      const exchanges = poissonExchanges(6_000, 10, 10, 1);
      const { latenciesMs } = simulate({ policy, endpoints, exchanges, seed: 1, threads: 4 });
      const sorted = Float64Array.from(latenciesMs.slice(10_000)).sort();
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    };
    const [prequal, two] = [p99(['prequal']), p99(['random', 'two'])];
    t.diagnostic(`seed 1, p99: prequal ${prequal.toFixed(0)} ms, random two ${two.toFixed(0)} ms`);
    assert.ok(prequal < two, `${prequal} ${two}`);
  });
});
