/** The proxy that is profiled, under the load of a workload. */
import { join, resolve } from 'node:path';
import {
  type ProxyKind,
  type RunningProcess,
  startFastOrigin,
  startProxy,
} from '#native-bench/baselines/proxies.ts';
import { runWrk } from '#native-bench/load/wrk.ts';
import { cpuMicros } from '#native-bench/measure/process-usage.ts';
import { checkReport } from '#native-bench/sample.ts';
import { CORES, settingsFor, wrkOptions } from '#native-bench/setup.ts';
import type { Workload } from '#native-bench/workloads.ts';

/** Which proxy, and how it is started. */
export interface SubjectOptions {
  readonly kind: ProxyKind;
  /** Another tree of Weir, to profile an older commit; undefined: this one. */
  readonly weir: string | undefined;
  readonly workload: Workload;
  readonly threads: number;
  /** Added to the environment of the proxy alone. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a stretch of load cost. */
export interface LoadCost {
  readonly requests: number;
  readonly requestsPerSec: number;
  readonly cpuUsPerRequest: number;
}

/** A proxy with its origin, ready for load. */
export interface Subject {
  readonly proxy: RunningProcess;
  /**
   * The workload for so long, as the bench has it; `meanwhile` begins half a second later. Rejects
   * when not all of the work was done.
   */
  load(seconds: number, meanwhile?: () => Promise<void>): Promise<LoadCost>;
}

const SETTLE_MS = 500;

/** Starts origin and proxy, lets `use` work with them, and ends both whatever happens. */
export async function withSubject<Result>(
  options: SubjectOptions,
  use: (subject: Subject) => Promise<Result>,
): Promise<Result> {
  const origin = await startFastOrigin(CORES[options.workload.placement].load);
  try {
    const proxy = await start(options, origin);
    try {
      const load: Subject['load'] = (seconds, meanwhile) =>
        measureLoad(proxy, options.workload, seconds, meanwhile);
      return await use({ proxy, load });
    } finally {
      await proxy.stop();
    }
  } finally {
    await origin.stop();
  }
}

async function start(options: SubjectOptions, origin: RunningProcess): Promise<RunningProcess> {
  const { kind, weir, workload, threads, environment } = options;
  if (weir !== undefined && workload.upstream === 'unix') {
    throw new Error('another tree may know no upstream over a unix socket: profile it over TCP');
  }
  const settings = settingsFor(workload, origin, threads);
  const starter = weir === undefined || kind !== 'weir' ? startProxy : await starterOf(weir);
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    return await starter(kind, settings);
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Another tree is started by its own rules: its template may not be ours. */
async function starterOf(tree: string): Promise<typeof startProxy> {
  const path = join(resolve(tree), 'native-bench/baselines/proxies.ts');
  const module = (await import(path)) as { startProxy: typeof startProxy };
  return module.startProxy;
}

async function measureLoad(
  proxy: RunningProcess,
  workload: Workload,
  seconds: number,
  meanwhile: () => Promise<void> = async () => {},
): Promise<LoadCost> {
  const before = cpuMicros(proxy.pid);
  const running = runWrk(wrkOptions(proxy, workload, seconds));
  await new Promise((done) => setTimeout(done, SETTLE_MS));
  const [report] = await Promise.all([running, meanwhile()]);
  checkReport(report, proxy, workload);
  const { requests } = report;
  return {
    requests,
    requestsPerSec: (requests / report.durationUs) * 1e6,
    cpuUsPerRequest: (cpuMicros(proxy.pid) - before) / requests,
  };
}
