/** The rig of `latency-at-rate`: proxies on core 0, the steady load and the origin on core 1. */
import {
  type ProxyKind,
  type RunningProcess,
  startFastOrigin,
  startProxy,
} from '#native-bench/baselines/proxies.ts';
import { runSteady } from '#native-bench/load/steady.ts';
import type { SteadyReport } from '#native-bench/load/steady-generator.ts';
import { runWrk, wrkErrors } from '#native-bench/load/wrk.ts';
import {
  coreBusyMicros,
  cpuMicros,
  endedChildrenMicros,
} from '#native-bench/measure/process-usage.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';

const PROXY_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 64;

/** One of those that are compared; `direct` is the origin without a proxy. */
export interface SteadyPeer {
  readonly name: 'direct' | ProxyKind;
  readonly port: number;
  /** Undefined: direct. */
  readonly proxy: RunningProcess | undefined;
}

/** One run: what it found, and shares of a core over its whole time. */
export interface SteadySample {
  readonly report: SteadyReport;
  readonly proxyCpu: number;
  readonly originCpu: number;
  readonly generatorCpu: number;
  /** What others used of either core: time that was taken from this run. */
  readonly foreignCpu: number;
}

/** How a run is made. */
export interface SteadyRun {
  /** 0: closed loop. */
  readonly ratePerSec: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly seed: number;
}

/** Everything that runs while it is measured. */
export interface SteadyRig {
  readonly peers: readonly SteadyPeer[];
  /** Requests per second that wrk gets out of it. Throws when one of them failed. */
  runWrk(peer: SteadyPeer, seconds: number): Promise<number>;
  run(peer: SteadyPeer, options: SteadyRun): Promise<SteadySample>;
}

/** Starts origin, nginx and Weir as in `npm run bench`, log off; they end with the scenario. */
export async function startSteadyRig(context: ScenarioContext): Promise<SteadyRig> {
  const origin = await startFastOrigin(LOAD_CORE);
  context.defer(() => origin.stop());
  const peers: SteadyPeer[] = [{ name: 'direct', port: origin.port, proxy: undefined }];
  for (const name of ['nginx', 'weir'] as const) {
    const proxy = await startProxy(name, {
      threads: 1,
      originPort: origin.port,
      accessLog: 'off',
      core: PROXY_CORE,
    });
    context.defer(() => proxy.stop());
    peers.push({ name, port: proxy.port, proxy });
  }
  return {
    peers,
    runWrk: async ({ name, port }, seconds) => {
      const report = await runWrk({
        url: `http://127.0.0.1:${port}/u`,
        seconds,
        connections: CONNECTIONS,
        heads: 'unique',
        core: LOAD_CORE,
      });
      const errors = wrkErrors(report);
      if (errors > 0) throw new Error(`${name}: ${errors} errors of wrk`);
      return (report.requests / report.durationUs) * 1e6;
    },
    run: async ({ port, proxy }, options) => {
      const read = () => ({
        atUs: performance.now() * 1000,
        proxy: proxy === undefined ? 0 : cpuMicros(proxy.pid),
        origin: cpuMicros(origin.pid),
        generator: endedChildrenMicros(process.pid),
        proxyCore: coreBusyMicros(PROXY_CORE),
        loadCore: coreBusyMicros(LOAD_CORE),
      });
      const before = read();
      const report = await runSteady({ ...options, port, connections: CONNECTIONS }, LOAD_CORE);
      const after = read();
      const share = (key: Exclude<keyof typeof before, 'atUs'>): number =>
        (after[key] - before[key]) / (after.atUs - before.atUs);
      const [proxyCpu, originCpu, generatorCpu] = [
        share('proxy'),
        share('origin'),
        share('generator'),
      ];
      const foreignCpu = Math.max(
        0,
        share('proxyCore') - proxyCpu,
        share('loadCore') - originCpu - generatorCpu,
      );
      return { report, proxyCpu, originCpu, generatorCpu, foreignCpu };
    },
  };
}
