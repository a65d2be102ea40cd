/** Peers side by side under wrk: CPU per request and its ratios, in mirrored order. */
import {
  type ProxyKind,
  type ProxySettings,
  type RunningProcess,
  startFastOrigin,
  startProxy,
} from '#native-bench/baselines/proxies.ts';
import { runWrk, type WrkOptions, wrkErrors } from '#native-bench/load/wrk.ts';
import {
  coreBusyMicros,
  cpuMicros,
  endedChildrenMicros,
  memoryKb,
} from '#native-bench/measure/process-usage.ts';
import { type Estimate, estimateMedian, median } from '#native-bench/measure/statistics.ts';

/** What is measured: the traffic, and the log that is on meanwhile. */
export interface Workload {
  readonly name: string;
  /** One line for BENCHMARKS.md. */
  readonly about: string;
  readonly path: string;
  readonly heads: WrkOptions['heads'];
  readonly connections: number;
  readonly accessLog: ProxySettings['accessLog'];
}

/** How long and how often. */
export interface CompareOptions {
  /** Names may repeat: nginx,nginx verifies the rig. */
  readonly peers: readonly ProxyKind[];
  readonly pairs: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** One line per run and more; progress for people. */
  readonly say: (line: string) => void;
  /** Stops between runs. */
  readonly signal?: AbortSignal;
}

/** One run of one peer. */
export interface Sample {
  readonly cpuUsPerRequest: number;
  readonly requestsPerSec: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly megabytesPerSec: number;
  readonly errors: number;
  /** Share of a core that the proxy, the generator and the origin used. */
  readonly proxyCpu: number;
  readonly generatorCpu: number;
  readonly originCpu: number;
  /** Share of the proxy's core that others used: noise that no pairing removes. */
  readonly foreignCpu: number;
}

/** All runs of one peer. */
export interface PeerResult {
  /** Unique in a comparison: nginx, nginx-2. */
  readonly label: string;
  readonly kind: ProxyKind;
  readonly version: string;
  /** At the end of the workload, all its processes. */
  readonly pssMb: number;
  readonly rssMb: number;
  readonly samples: readonly Sample[];
  /** Medians over the samples. */
  readonly median: Sample;
  /** CPU per request relative to another peer, pair by pair. */
  readonly ratios: Readonly<Record<string, Estimate>>;
}

/** A workload's result. */
export interface Comparison {
  readonly workload: Workload;
  readonly pairs: number;
  readonly seconds: number;
  readonly peers: readonly PeerResult[];
}

/** The proxy has core 0 to itself; generator and origin share core 1. */
export const PROXY_CORE = 0;
export const LOAD_CORE = 1;

interface Running {
  readonly label: string;
  readonly process: RunningProcess;
  readonly samples: Sample[];
}

/** Runs a workload against all peers. Ends everything it started, whatever happens. */
export async function compare(workload: Workload, options: CompareOptions): Promise<Comparison> {
  const started: RunningProcess[] = [];
  try {
    const origin = await startFastOrigin(LOAD_CORE);
    started.push(origin);
    const running: Running[] = [];
    for (const [index, kind] of options.peers.entries()) {
      const { accessLog } = workload;
      const settings = { threads: 1, originPort: origin.port, accessLog, core: PROXY_CORE };
      const proxy = await startProxy(kind, settings);
      started.push(proxy);
      const before = options.peers.slice(0, index).filter((other) => other === kind).length;
      const label = before === 0 ? kind : `${kind}-${before + 1}`;
      running.push({ label, process: proxy, samples: [] });
    }
    for (const peer of running) await warmUp(peer, workload, options);
    await measureInPairs(running, workload, origin, options);
    const peers = running.map((peer) => summarise(peer, running));
    return { workload, pairs: options.pairs, seconds: options.seconds, peers };
  } finally {
    for (const process of started.reverse()) await process.stop();
  }
}

/** A B C, C B A, A B C …: each row is one pair for every two peers, and drift cancels out. */
async function measureInPairs(
  running: readonly Running[],
  workload: Workload,
  origin: RunningProcess,
  options: CompareOptions,
): Promise<void> {
  for (let pair = 0; pair < options.pairs; pair += 1) {
    const order = pair % 2 === 0 ? running : [...running].reverse();
    for (const peer of order) {
      options.signal?.throwIfAborted();
      peer.samples.push(await measureOnce(peer.process, workload, origin, options.seconds));
    }
    const costs = running.map(
      ({ label, samples }) => `${label} ${samples.at(-1)?.cpuUsPerRequest.toFixed(2)}`,
    );
    options.say(`${workload.name} ${pair + 1}/${options.pairs}: ${costs.join(', ')} µs`);
  }
}

async function warmUp(peer: Running, workload: Workload, options: CompareOptions): Promise<void> {
  options.signal?.throwIfAborted();
  await runWrk(wrkOptions(peer.process, workload, options.warmupSeconds));
}

function wrkOptions(proxy: RunningProcess, workload: Workload, seconds: number): WrkOptions {
  const { path, heads, connections } = workload;
  const url = `http://127.0.0.1:${proxy.port}${path}`;
  return { url, seconds, connections, heads, core: LOAD_CORE };
}

async function measureOnce(
  proxy: RunningProcess,
  workload: Workload,
  origin: RunningProcess,
  seconds: number,
): Promise<Sample> {
  const read = () => ({
    core: coreBusyMicros(PROXY_CORE),
    proxy: cpuMicros(proxy.pid),
    origin: cpuMicros(origin.pid),
    generator: endedChildrenMicros(process.pid), // wrk
  });
  const before = read();
  const report = await runWrk(wrkOptions(proxy, workload, seconds));
  const after = read();
  const proxyUs = after.proxy - before.proxy;
  return {
    cpuUsPerRequest: proxyUs / Math.max(1, report.requests),
    requestsPerSec: (report.requests / report.durationUs) * 1e6,
    p50Us: report.p50Us,
    p99Us: report.p99Us,
    megabytesPerSec: report.bytes / report.durationUs,
    errors: wrkErrors(report),
    proxyCpu: proxyUs / report.durationUs,
    generatorCpu: (after.generator - before.generator) / report.durationUs,
    originCpu: (after.origin - before.origin) / report.durationUs,
    foreignCpu: Math.max(0, after.core - before.core - proxyUs) / report.durationUs,
  };
}

function summarise(peer: Running, all: readonly Running[]): PeerResult {
  const { label, process, samples } = peer;
  const { pss, rss } = memoryKb(process.pid);
  const ratios: Record<string, Estimate> = {};
  for (const other of all) {
    if (other === peer) continue;
    const perPair = samples.map(
      ({ cpuUsPerRequest }, index) =>
        cpuUsPerRequest / (other.samples[index]?.cpuUsPerRequest ?? Number.NaN),
    );
    ratios[other.label] = estimateMedian(perPair);
  }
  return {
    label,
    kind: process.kind as ProxyKind,
    version: process.version,
    pssMb: pss / 1024,
    rssMb: rss / 1024,
    samples,
    median: medianSample(samples),
    ratios,
  };
}

function medianSample(samples: readonly Sample[]): Sample {
  const of = (key: keyof Sample): number => median(samples.map((sample) => sample[key]));
  return {
    cpuUsPerRequest: of('cpuUsPerRequest'),
    requestsPerSec: of('requestsPerSec'),
    p50Us: of('p50Us'),
    p99Us: of('p99Us'),
    megabytesPerSec: of('megabytesPerSec'),
    errors: samples.reduce((sum, { errors }) => sum + errors, 0),
    proxyCpu: of('proxyCpu'),
    generatorCpu: of('generatorCpu'),
    originCpu: of('originCpu'),
    foreignCpu: of('foreignCpu'),
  };
}
