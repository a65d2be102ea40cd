/** The two passes of a profile: one that perf watches, one in which V8 watches itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processTree } from '#native-bench/measure/process-usage.ts';
import { countSystemCalls, foldStacks, recordStacks } from './perf.ts';
import { type LoadCost, type SubjectOptions, withSubject } from './subject.ts';
import type { SystemCallCount } from './system-calls.ts';
import { giveOrder, keepProfiles, makeOrderFolder, orderedEnvironment } from './thread-orders.ts';
import {
  type AllocationProfile,
  allocationsByFunction,
  type CollectionSum,
  type CpuProfile,
  cpuByFunction,
  type FunctionPart,
  sumCollections,
} from './thread-profiles.ts';

const WARM_SECONDS = 4;
/** perf stat has begun to count after that. */
const COUNTING_MS = 500;
const ORDER_MS = 300; // thread-hook.ts looks every 50 ms

/** What perf saw from outside. */
export interface OutsidePass {
  /** Cost without anybody watching, and while stacks were sampled. */
  readonly plain: LoadCost;
  readonly sampled: LoadCost;
  readonly stacks: ReadonlyMap<string, number>;
  readonly calls: CallCounts;
}

/** System calls, and the requests in whose time they were counted. */
export interface CallCounts {
  readonly tool: string;
  readonly requests: number;
  readonly calls: readonly SystemCallCount[];
}

/** What V8 says of one proxy thread. */
export interface ThreadProfile {
  readonly thread: string;
  readonly cpu: readonly FunctionPart[];
  readonly allocations: readonly FunctionPart[];
  readonly allocatedBytes: number;
  readonly collections: readonly CollectionSum[];
}

/** The threads, and how many requests they answered meanwhile. */
export interface InsidePass {
  readonly threads: readonly ThreadProfile[];
  readonly cpuRequests: number;
  readonly gcRequests: number;
  readonly allocationRequests: number;
}

/** Where an outside pass works. */
type PassOptions = Omit<SubjectOptions, 'environment'> & {
  readonly seconds: number;
  readonly folder: string;
};

/** perf on a warm proxy: cost without it, stacks, then system calls. */
export function watchFromOutside(options: PassOptions): Promise<OutsidePass> {
  const { folder, kind, seconds } = options;
  const environment = kind === 'weir' ? { NODE_OPTIONS: '--perf-basic-prof' } : {};
  return withSubject({ ...options, environment }, async ({ proxy, load }) => {
    await load(WARM_SECONDS);
    const plain = await load(seconds);
    const pids = processTree(proxy.pid);
    const file = join(folder, 'perf.data');
    const sampled = await load(seconds + 1, () => recordStacks(pids, seconds, file));
    const stacks = await foldStacks(file, pids);
    // Counted from before the load until after it: then the requests are exactly wrk's.
    const counting = countSystemCalls(pids, seconds + 2);
    const [counted, { requests }] = await Promise.all([
      counting,
      delay(COUNTING_MS).then(() => load(seconds)),
    ]);
    return { plain, sampled, stacks, calls: { ...counted, requests } };
  });
}

/**
 * Pauses of the collector, V8's CPU profiler and its allocation sampler, one after the other, in
 * every proxy thread of a warm Weir. Rejects when no thread wrote a profile.
 */
export async function watchFromInside(options: PassOptions): Promise<InsidePass> {
  const { folder, seconds } = options;
  const orders = makeOrderFolder();
  try {
    const environment = orderedEnvironment(orders);
    return await withSubject({ ...options, environment }, async ({ load }) => {
      await load(WARM_SECONDS);
      const watched = async (what: string): Promise<number> => {
        await order(orders, `${what} start`);
        const { requests } = await load(seconds);
        await order(orders, `${what} stop`);
        return requests;
      };
      const gcRequests = await watched('gc');
      const cpuRequests = await watched('cpu');
      const allocationRequests = await watched('allocations');
      return { threads: readThreads(orders), gcRequests, cpuRequests, allocationRequests };
    });
  } finally {
    keepProfiles(orders, folder);
  }
}

async function order(folder: string, text: string): Promise<void> {
  giveOrder(folder, text);
  await delay(ORDER_MS);
}

/** What the threads wrote into a folder. Throws when none did. */
export function readThreads(folder: string): ThreadProfile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (names.length === 0) {
    throw new Error(`no thread wrote a profile: may the proxy's user enter ${dirname(folder)}?`);
  }
  return names.map((name) => {
    const thread = name.slice(0, -'.cpuprofile'.length);
    const cpu = read<CpuProfile>(folder, name);
    const allocations = read<AllocationProfile>(folder, `${thread}.heapprofile`);
    return {
      thread,
      cpu: cpuByFunction(cpu),
      allocations: allocationsByFunction(allocations),
      allocatedBytes: allocations.bytes,
      collections: sumCollections(read(folder, `${thread}.gc.json`)),
    };
  });
}

function read<Data>(folder: string, name: string): Data {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Data;
}
