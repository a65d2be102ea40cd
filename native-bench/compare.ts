/** Peers side by side under wrk: CPU per request and its ratios, in mirrored order. */
import {
  type ProxyKind,
  type RunningProcess,
  startFastOrigin,
  startProxy,
} from '#native-bench/baselines/proxies.ts';
import { memoryKb } from '#native-bench/measure/process-usage.ts';
import { type Estimate, estimateMedian, relativeWidth } from '#native-bench/measure/statistics.ts';
import { medianSample, type Sample, takeSample } from './sample.ts';
import { CORES, settingsFor } from './setup.ts';
import { verifyPeer } from './verify.ts';
import type { Workload } from './workloads.ts';

export type { Workload };

/** Who is put under test, and with how many threads (nginx: worker processes). */
export interface PeerSpec {
  readonly kind: ProxyKind;
  readonly threads: number;
}

/** How long and how often. */
export interface CompareOptions {
  /** May repeat: nginx twice verifies the rig. Neighbours are compared best. */
  readonly peers: readonly PeerSpec[];
  /** At least so many pairs. */
  readonly pairs: number;
  /**
   * At most so many: more than `pairs` are run while an interval of `judged` is wider than
   * `widest`. Only the width decides, never on which side of a target the ratio lies.
   */
  readonly maxPairs?: number;
  /** The ratios that shall become narrow: the labels of a peer and of whom it is compared with. */
  readonly judged?: readonly { readonly peer: string; readonly against: string }[];
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** One line per run and more; progress for people. */
  readonly say: (line: string) => void;
  /** Stops between runs. */
  readonly signal?: AbortSignal;
}

/** All runs of one peer. */
export interface PeerResult {
  /** Unique in a comparison: nginx, nginx-2; weir 2 threads. */
  readonly label: string;
  readonly kind: ProxyKind;
  /** Absent in results of earlier versions: 1. */
  readonly threads?: number;
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
  /** How many were run. */
  readonly pairs: number;
  readonly seconds: number;
  readonly peers: readonly PeerResult[];
}

/** An interval wider than this says nothing about a target (DESIGN §8). */
export const WIDEST_INTERVAL = 0.06;

interface Running {
  readonly label: string;
  readonly threads: number;
  readonly process: RunningProcess;
  readonly samples: Sample[];
}

/**
 * Runs a workload against all peers. Ends everything it started, whatever happens. Throws when a
 * peer does not do the workload's work; see `verifyPeer` and `takeSample`.
 */
export function compare(workload: Workload, options: CompareOptions): Promise<Comparison> {
  return withPeers(workload, options.peers, async (running, origin) => {
    for (const { process } of running) {
      options.signal?.throwIfAborted();
      await takeSample({ proxy: process, origin, workload, seconds: options.warmupSeconds });
    }
    const pairs = await measureInPairs(running, workload, origin, options);
    const peers = running.map((peer) => summarise(peer, running));
    return { workload, pairs, seconds: options.seconds, peers };
  });
}

/** Starts all peers and looks whether each does the workload's work; throws when one does not. */
export async function checkPeers(workload: Workload, peers: readonly PeerSpec[]): Promise<void> {
  await withPeers(workload, peers, async () => {});
}

/** Origin and proxies of a workload, each of them seen to do its work, until `use` has ended. */
async function withPeers<Result>(
  workload: Workload,
  peers: readonly PeerSpec[],
  use: (running: readonly Running[], origin: RunningProcess) => Promise<Result>,
): Promise<Result> {
  const started: RunningProcess[] = [];
  try {
    const origin = await startFastOrigin(CORES[workload.placement].load);
    started.push(origin);
    const running: Running[] = [];
    for (const { kind, threads } of peers) {
      const proxy = await startProxy(kind, settingsFor(workload, origin, threads));
      started.push(proxy);
      const label = freeLabel(
        kind,
        threads,
        running.map((other) => other.label),
      );
      running.push({ label, threads, process: proxy, samples: [] });
      await verifyPeer(proxy, workload);
    }
    return await use(running, origin);
  } finally {
    for (const process of started.reverse()) await process.stop();
  }
}

/** How a peer is called in a comparison, were it the only one of its sort. */
export function peerLabel({ kind, threads }: PeerSpec): string {
  return threads === 1 ? kind : `${kind} ${threads} threads`;
}

function freeLabel(kind: ProxyKind, threads: number, taken: readonly string[]): string {
  const label = peerLabel({ kind, threads });
  let free = label;
  for (let number = 2; taken.includes(free); number += 1) free = `${label}-${number}`;
  return free;
}

/**
 * A B C, C B A, A B C …: each row is one pair for every two peers, and drift cancels out.
 * Returns how many rows were run.
 */
async function measureInPairs(
  running: readonly Running[],
  workload: Workload,
  origin: RunningProcess,
  options: CompareOptions,
): Promise<number> {
  const { pairs, maxPairs = pairs, seconds } = options;
  let done = 0;
  while (wantsMore(done, pairs, maxPairs, ratiosSoFar(running, options.judged ?? []))) {
    const order = done % 2 === 0 ? running : [...running].reverse();
    for (const { process: proxy, samples } of order) {
      options.signal?.throwIfAborted();
      samples.push(await takeSample({ proxy, origin, workload, seconds }));
    }
    done += 1;
    const costs = running.map(
      ({ label, samples }) => `${label} ${samples.at(-1)?.cpuUsPerRequest.toFixed(2)}`,
    );
    options.say(`${workload.name} ${done}/${pairs}: ${costs.join(', ')} µs`);
  }
  return done;
}

/** Whether another pair is to be run; only the width of the intervals decides, not their place. */
export function wantsMore(
  done: number,
  pairs: number,
  maxPairs: number,
  ratios: readonly Estimate[],
): boolean {
  if (done < pairs) return true;
  return done < maxPairs && ratios.some((ratio) => relativeWidth(ratio) > WIDEST_INTERVAL);
}

function ratiosSoFar(
  running: readonly Running[],
  judged: NonNullable<CompareOptions['judged']>,
): Estimate[] {
  return judged.flatMap(({ peer, against }) => {
    const one = running.find(({ label }) => label === peer);
    const other = running.find(({ label }) => label === against);
    return one === undefined || other === undefined ? [] : [ratioOf(one, other)];
  });
}

function ratioOf(peer: Running, other: Running): Estimate {
  return estimateMedian(
    peer.samples.map(
      ({ cpuUsPerRequest }, index) =>
        cpuUsPerRequest / (other.samples[index]?.cpuUsPerRequest ?? Number.NaN),
    ),
  );
}

function summarise(peer: Running, all: readonly Running[]): PeerResult {
  const { label, threads, process, samples } = peer;
  const { pss, rss } = memoryKb(process.pid);
  const ratios: Record<string, Estimate> = {};
  for (const other of all) {
    if (other !== peer) ratios[other.label] = ratioOf(peer, other);
  }
  return {
    label,
    kind: process.kind as ProxyKind,
    threads,
    version: process.version,
    pssMb: pss / 1024,
    rssMb: rss / 1024,
    samples,
    median: medianSample(samples),
    ratios,
  };
}
