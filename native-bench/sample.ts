/** One run of one peer under wrk: what it cost and what came out. */
import { accessLogPath, type RunningProcess } from '#native-bench/baselines/proxies.ts';
import { runWrk, type WrkReport, wrkErrors } from '#native-bench/load/wrk.ts';
import {
  coreBusyMicros,
  cpuTimes,
  endedChildrenMicros,
} from '#native-bench/measure/process-usage.ts';
import { median } from '#native-bench/measure/statistics.ts';
import { countLines, emptyLog } from './log-lines.ts';
import { CORES, wrkOptions } from './setup.ts';
import type { Placement, Workload } from './workloads.ts';

/** One run of one peer. Fields that may be absent are missing in results of earlier versions. */
export interface Sample {
  readonly cpuUsPerRequest: number;
  /** The two parts of it. */
  readonly userUsPerRequest?: number;
  readonly systemUsPerRequest?: number;
  readonly requestsPerSec: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly megabytesPerSec: number;
  readonly errors: number;
  /** Answered requests of which the access log has no line; only where a log is on. */
  readonly unlogged?: number;
  /** Share of a core that the proxy, the generator and the origin used. */
  readonly proxyCpu: number;
  readonly generatorCpu: number;
  readonly originCpu: number;
  /** Share of the proxy's cores that others used: noise that no pairing removes. */
  readonly foreignCpu: number;
}

/** What a run needs to know. */
export interface RunOptions {
  readonly proxy: RunningProcess;
  readonly origin: RunningProcess;
  readonly workload: Workload;
  readonly seconds: number;
}

/**
 * Runs wrk once. Throws when the run proves nothing: no request was answered, one was answered
 * with an error, or fewer bytes came than the bodies have.
 */
export async function takeSample(options: RunOptions): Promise<Sample> {
  const { proxy, origin, workload, seconds } = options;
  const { placement } = workload;
  const logPath = workload.accessLog === 'off' ? undefined : accessLogPath(proxy);
  if (logPath !== undefined) emptyLog(logPath);
  const before = readUsage(proxy, origin, placement);
  const report = await runWrk(wrkOptions(proxy, workload, seconds));
  const after = readUsage(proxy, origin, placement);
  checkReport(report, proxy, workload);
  const unlogged =
    logPath === undefined ? 0 : report.requests - (await countLines(logPath, report.requests));
  const userUs = after.userUs - before.userUs;
  const systemUs = after.systemUs - before.systemUs;
  const generatorUs = after.generatorUs - before.generatorUs;
  const originUs = after.originUs - before.originUs;
  const proxyUs = userUs + systemUs;
  const known = proxyUs + (placement === 'together' ? generatorUs + originUs : 0);
  return {
    cpuUsPerRequest: proxyUs / report.requests,
    userUsPerRequest: userUs / report.requests,
    systemUsPerRequest: systemUs / report.requests,
    requestsPerSec: (report.requests / report.durationUs) * 1e6,
    p50Us: report.p50Us,
    p99Us: report.p99Us,
    megabytesPerSec: report.bytes / report.durationUs,
    errors: wrkErrors(report),
    ...(logPath === undefined ? {} : { unlogged: Math.max(0, unlogged) }),
    proxyCpu: proxyUs / report.durationUs,
    generatorCpu: generatorUs / report.durationUs,
    originCpu: originUs / report.durationUs,
    foreignCpu: Math.max(0, after.coreUs - before.coreUs - known) / report.durationUs,
  };
}

/** Medians, field by field; errors and lines that are missing are summed. */
export function medianSample(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample): number => median(samples.map((sample) => sample[key] ?? 0));
  const sum = (key: keyof Sample): number =>
    samples.reduce((total, sample) => total + (sample[key] ?? 0), 0);
  return {
    cpuUsPerRequest: of('cpuUsPerRequest'),
    userUsPerRequest: of('userUsPerRequest'),
    systemUsPerRequest: of('systemUsPerRequest'),
    requestsPerSec: of('requestsPerSec'),
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    megabytesPerSec: of('megabytesPerSec'),
    errors: sum('errors'),
    ...(samples.some(({ unlogged }) => unlogged !== undefined)
      ? { unlogged: sum('unlogged') }
      : {}),
    proxyCpu: of('proxyCpu'),
    generatorCpu: of('generatorCpu'),
    originCpu: of('originCpu'),
    foreignCpu: of('foreignCpu'),
  };
}

/** Throws when a report says that not all of the work was done. */
export function checkReport(report: WrkReport, proxy: RunningProcess, workload: Workload): void {
  const { requests, bytes, errors } = report;
  if (errors.status > 0) {
    throw new Error(
      `${workload.name}: ${proxy.kind} answered ${errors.status} requests with errors`,
    );
  }
  if (requests === 0) throw new Error(`${workload.name}: ${proxy.kind} answered nothing`);
  if (bytes < requests * workload.answerBytes) {
    throw new Error(
      `${workload.name}: ${proxy.kind} sent ${bytes} bytes for ${requests} answers of ${workload.answerBytes}`,
    );
  }
}

function readUsage(proxy: RunningProcess, origin: RunningProcess, placement: Placement) {
  const { userUs, systemUs } = cpuTimes(proxy.pid);
  const ofOrigin = cpuTimes(origin.pid);
  const cores = CORES[placement].proxy.split(',');
  return {
    userUs,
    systemUs,
    originUs: ofOrigin.userUs + ofOrigin.systemUs,
    generatorUs: endedChildrenMicros(process.pid), // wrk
    coreUs: cores.reduce((sum, core) => sum + coreBusyMicros(Number(core)), 0),
  };
}
