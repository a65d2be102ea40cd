/**
 * What p99.9 costs at a rate that nginx can just carry comfortably. The proxies are on core 0;
 * generator and origin share core 1, for there are two. So:
 *
 * - nginx's capacity is what the same generator gets out of it in a closed loop of 64 connections,
 *   beside the origin. What wrk gets is printed too (as much, or up to a quarter more), and how
 *   busy the cores are at the rate.
 * - The load is open loop (native-bench/load/steady-generator.ts): a request's latency counts from
 *   when it was due, so a stall is seen by all requests that it delayed. h2load's --rps counts
 *   from the sending, and sends in bursts of 10 ms.
 * - Generator and origin disturb each other. `direct`, without a proxy, shows how much: it is the
 *   floor under both figures, and the target is their difference.
 * - Each peer in turn, mirrored (d n w, w n d, …), and the median over the runs of each one's
 *   p99.9. A run in which somebody else used a part of the cores says nothing about a proxy: it is
 *   repeated, by a rule that looks at CPU time only, and counted.
 */
import { median } from '#native-bench/measure/statistics.ts';
import {
  type SteadyPeer,
  type SteadyRig,
  type SteadySample,
  startSteadyRig,
} from '#scenarios/support/steady-rig.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_OVER_NGINX_US = 1000;
const SHARE_OF_CAPACITY = 0.7;
const RUNS = 5;
const DURATION_MS = 10_000;
const WARMUP_MS = 2_000;
const CAPACITY_RUNS = 3;
const CAPACITY_MS = 3_000;
/** A run is repeated when others used more of a core, and so often at most, in all. */
const MAX_FOREIGN_CPU = 0.05;
const MAX_REPEATS = 5;
/**
 * Above this, queues of generator and origin are most of what is seen; the result says so. They are
 * the same for both proxies, so the target stays what it is.
 */
const MAX_LOAD_CPU = 0.9;
const SHORT_RATE = 500;

export const scenario: Scenario = {
  name: 'latency-at-rate',
  promise: 'at a steady rate, slow answers are not slower than with nginx',
  target: `p99.9 from the time a request was due, at ${SHARE_OF_CAPACITY * 100} % of nginx's capacity, one proxy thread: median of ${RUNS} runs of ${DURATION_MS / 1000} s ≤ nginx + ${MAX_OVER_NGINX_US / 1000} ms`,
  needs: ['nginx', 'wrk', 'taskset'],
  run: async (context) => {
    const rig = await startSteadyRig(context);
    const { capacity, wrkCapacity } = context.short
      ? { capacity: SHORT_RATE, wrkCapacity: SHORT_RATE }
      : await measureCapacity(rig, context);
    const ratePerSec = Math.floor(capacity * (context.short ? 1 : SHARE_OF_CAPACITY));
    const { samples, repeats } = await measureInTurns(rig, ratePerSec, context);
    const p999Us = (name: SteadyPeer['name']): number =>
      median(of(samples, name).map(({ report }) => report.latency.p999Us));
    const overUs = p999Us('weir') - p999Us('nginx');
    const all = [...samples.values()].flat();
    const failures = all.reduce((sum, { report }) => sum + report.failures, 0);
    const counted = all.every(({ report }) => report.latency.count === report.requests);
    const loadCpu = median(
      [...of(samples, 'nginx'), ...of(samples, 'weir')].map(
        ({ originCpu, generatorCpu }) => originCpu + generatorCpu,
      ),
    );
    const figures = rig.peers.map(({ name }) => `${name} ${asText(of(samples, name))}`);
    return {
      measured:
        `${ratePerSec} of ${capacity.toFixed(0)} requests/s (of wrk ${wrkCapacity.toFixed(0)}): weir's p99.9 ${(overUs / 1000).toFixed(2)} ms above nginx's; ` +
        `${figures.join('; ')}; core of generator and origin ${(loadCpu * 100).toFixed(0)} % busy` +
        `${loadCpu > MAX_LOAD_CPU ? ': THE LOAD IS THE LIMIT' : ''}; ${repeats} runs repeated, ${failures} failed`,
      pass: failures === 0 && counted && (context.short || overUs <= MAX_OVER_NGINX_US),
      details: {
        capacity,
        ratePerSec,
        overUs,
        loadCpu,
        repeats,
        samples: Object.fromEntries(samples),
      },
    };
  },
};

type Samples = ReadonlyMap<SteadyPeer['name'], readonly SteadySample[]>;

function of(samples: Samples, name: SteadyPeer['name']): readonly SteadySample[] {
  return samples.get(name) ?? [];
}

/** What nginx answers to closed loops, of our generator and of wrk. Weir is warmed in the same way. */
async function measureCapacity(
  rig: SteadyRig,
  context: ScenarioContext,
): Promise<{ capacity: number; wrkCapacity: number }> {
  const found: number[] = [];
  const foundByWrk: number[] = [];
  for (let run = 0; run < CAPACITY_RUNS; run += 1) {
    for (const peer of rig.peers) {
      context.signal.throwIfAborted();
      if (peer.name === 'direct') continue;
      const wrk = await rig.runWrk(peer, CAPACITY_MS / 1000);
      const loop = { ratePerSec: 0, durationMs: CAPACITY_MS, warmupMs: 1000, seed: context.seed };
      const { report } = await rig.run(peer, loop);
      const own = (report.latency.count / CAPACITY_MS) * 1000;
      context.progress(`${peer.name}: ${own.toFixed(0)} requests/s, of wrk ${wrk.toFixed(0)}`);
      if (peer.name !== 'nginx') continue;
      found.push(own);
      foundByWrk.push(wrk);
    }
  }
  return { capacity: median(found), wrkCapacity: median(foundByWrk) };
}

async function measureInTurns(
  rig: SteadyRig,
  ratePerSec: number,
  context: ScenarioContext,
): Promise<{ samples: Samples; repeats: number }> {
  const { short, seed } = context;
  const length = short
    ? { durationMs: 300, warmupMs: 100 }
    : { durationMs: DURATION_MS, warmupMs: WARMUP_MS };
  const samples = new Map(rig.peers.map(({ name }): [typeof name, SteadySample[]] => [name, []]));
  let repeats = 0;
  /** Whether it counts. */
  const measure = async (peer: SteadyPeer, run: number): Promise<boolean> => {
    context.signal.throwIfAborted();
    const sample = await rig.run(peer, { ...length, ratePerSec, seed: seed + run });
    context.progress(`${peer.name} ${asText([sample])}`);
    const isDisturbed = !short && sample.foreignCpu > MAX_FOREIGN_CPU;
    if (isDisturbed && repeats < MAX_REPEATS) {
      repeats += 1;
      return false;
    }
    samples.get(peer.name)?.push(sample);
    return true;
  };
  for (let run = 0; run < (short ? 1 : RUNS); run += 1) {
    for (const peer of run % 2 === 0 ? rig.peers : rig.peers.toReversed()) {
      while (!(await measure(peer, run)));
    }
  }
  return { samples, repeats };
}

/** The lowest and the highest p99.9, when there are several. */
function range(samples: readonly SteadySample[]): string {
  if (samples.length < 2) return '';
  const all = samples.map(({ report }) => report.latency.p999Us / 1000);
  return ` [${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)}]`;
}

/** Medians: latency from the time due, and what of it the generator itself was late. */
function asText(samples: readonly SteadySample[]): string {
  const ms = (read: (sample: SteadySample) => number): string =>
    (median(samples.map(read)) / 1000).toFixed(2);
  const percent = (read: (sample: SteadySample) => number): string =>
    `${(median(samples.map(read)) * 100).toFixed(0)} %`;
  return (
    `p50 ${ms(({ report }) => report.latency.p50Us)}, p99 ${ms(({ report }) => report.latency.p99Us)}, ` +
    `p99.9 ${ms(({ report }) => report.latency.p999Us)}${range(samples)} ms (from the sending ${ms(({ report }) => report.service.p999Us)}; ` +
    `proxy ${percent(({ proxyCpu }) => proxyCpu)}, others ${percent(({ foreignCpu }) => foreignCpu)})`
  );
}
