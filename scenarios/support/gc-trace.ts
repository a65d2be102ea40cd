/** What V8 says of its garbage collections (`--trace-gc --trace-gc-nvp`, see gc-trace-on.ts). */

/** One collection. */
export interface Collection {
  /** `PID:ISOLATE`: the isolate that stood still. */
  readonly isolate: string;
  readonly pid: number;
  /** Since the isolate began. */
  readonly atMs: number;
  /** How long JavaScript stood still. */
  readonly pauseMs: number;
  /** V8's word: `s` is a scavenge, `mc` and `ms` collect everything. */
  readonly kind: string;
  /** Allocated on the heap since the collection before. */
  readonly allocatedBytes: number;
  /** The longest step of marking on JavaScript's thread before a full collection, and all of them. */
  readonly longestStepMs: number;
  readonly stepsMs: number;
}

const LINE = /^\[(\d+):(0x[0-9a-f]+)(?::\d+)?\] +(\d+) ms: GC: (\{.*\})$/gm;

/**
 * The collections in what processes printed, in order. Lines of anything else are passed over; a
 * line of a collection that lacks a number that we need is an Error: V8's format has changed.
 */
export function collectionsIn(output: string): Collection[] {
  return [...output.matchAll(LINE)].map(([, pid, address, atMs, json]) => {
    const facts = JSON.parse(json ?? '') as Record<string, unknown>;
    const number = (name: string): number => {
      const value = facts[name];
      if (typeof value !== 'number') throw new Error(`a collection has no ${name}: ${json}`);
      return value;
    };
    return {
      isolate: `${pid}:${address}`,
      pid: Number(pid),
      atMs: Number(atMs),
      pauseMs: number('pause'),
      kind: String(facts['gc']),
      allocatedBytes: number('allocated'),
      longestStepMs: facts['is_incremental'] === true ? number('incremental_longest_step') : 0,
      stepsMs: facts['is_incremental'] === true ? number('incremental') : 0,
    };
  });
}

/** Pauses of several collections together. */
export interface PauseSummary {
  readonly count: number;
  /** Collections that were no scavenges. */
  readonly fullCount: number;
  /** The longest pause: of a collection, or of a step before it. */
  readonly longestMs: number;
  readonly totalMs: number;
  readonly isolateCount: number;
}

/** Sums up. */
export function summarisePauses(collections: readonly Collection[]): PauseSummary {
  return {
    count: collections.length,
    fullCount: collections.filter(({ kind }) => kind !== 's').length,
    longestMs: Math.max(
      0,
      ...collections.flatMap(({ pauseMs, longestStepMs }) => [pauseMs, longestStepMs]),
    ),
    totalMs: collections.reduce((sum, { pauseMs, stepsMs }) => sum + pauseMs + stepsMs, 0),
    isolateCount: new Set(collections.map(({ isolate }) => isolate)).size,
  };
}

/**
 * Heap bytes per second that the isolates of a process allocated together between their first and
 * their last collection. Isolates with fewer than three collections do not count: they allocate
 * next to nothing, and their ends would blur it.
 */
export function allocatedPerSec(collections: readonly Collection[], pid: number): number {
  const byIsolate = Map.groupBy(
    collections.filter((collection) => collection.pid === pid),
    ({ isolate }) => isolate,
  );
  let perSec = 0;
  for (const own of byIsolate.values()) {
    const [first, ...rest] = own;
    const last = rest.at(-1);
    if (first === undefined || last === undefined || rest.length < 2) continue;
    const bytes = rest.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
    perSec += (bytes / (last.atMs - first.atMs)) * 1000;
  }
  return perSec;
}
