/** Every limit and flag about memory and the engine, for all three kinds of program. */
import { setFlagsFromString } from 'node:v8';
import type { ResourceLimits } from 'node:worker_threads';
import type { ThreadData } from './messages.ts';

/** What a thread's heap needs without connections, and for each. Buffers lie outside of it. */
const BASE_HEAP_MB = 128;
const HEAP_PER_CONNECTION_MB = 8 / 1024;
/** While it is built, a server, location or endpoint takes about half of that, later an eighth. */
const HEAP_PER_PART_MB = 16 / 1024;

type ThreadSize = Pick<ThreadData, 'connectionCap' | 'partCount'>;

/** A thread that outgrows this dies alone and is replaced; the process lives. */
export function threadLimits({ connectionCap, partCount }: ThreadSize): ResourceLimits {
  const ofTraffic = connectionCap * HEAP_PER_CONNECTION_MB;
  const ofModel = partCount * HEAP_PER_PART_MB;
  return { maxOldGenerationSizeMb: Math.ceil(BASE_HEAP_MB + ofTraffic + ofModel) };
}

/**
 * One request runs through some forty small functions: inlined generously, JavaScript costs a tenth
 * less (npm run micro -- exchange).
 */
const INLINING_FLAGS = [
  '--max-inlined-bytecode-size=2000',
  '--max-inlined-bytecode-size-cumulative=6000',
  '--max-inlined-bytecode-size-absolute=20000',
];

/** Node's flags for a generation. */
export const GENERATION_FLAGS: readonly string[] = [
  '--no-warnings',
  // Of every thread: the data path leaves little, and what it leaves dies young. 4 or 8 MB were no
  // faster, with a connection per request either, which leaves most (native-bench/techniques.ts).
  '--max-semi-space-size=1',
  ...INLINING_FLAGS,
];

/**
 * When heaps are built they hardly grow: what outlives its request, connections above all, is some
 * kilobytes a second. V8 would collect a heap of 20 MB when it had grown by 50, after hours. So it
 * marks, beside the work, when a heap has grown by a tenth of what it may, which is 8 MB (V8's least
 * step) or 30 % (npm run prove -- soak).
 */
export const STEADY_FLAGS: readonly string[] = [
  '--heap-growing-percent=30',
  '--incremental-marking-hard-trigger=10',
];
const GROWING_FLAGS = ['--heap-growing-percent=0', '--incremental-marking-hard-trigger=0'];

/** From now on what is free is soon found, in all threads of this process; again after `buildCheaply`. */
export function keepHeapsSmall(): void {
  for (const flag of STEADY_FLAGS) setFlagsFromString(flag);
}

/** V8's own; what is compiled is no use to a thread that builds a model once. */
const USUAL_INLINING_FLAGS = [
  '--max-inlined-bytecode-size=460',
  '--max-inlined-bytecode-size-cumulative=920',
  '--max-inlined-bytecode-size-absolute=4600',
];
/** From so many servers, locations and endpoints on V8 would compile for longer than the build takes. */
const MANY_PARTS = 2_000;

/**
 * Runs what builds a model of that size, with the compiler as it is by default. Its flags are the
 * process's: a thread that is through sets them back for those that still build, too.
 */
export async function buildCheaply<T>(partCount: number, build: () => Promise<T>): Promise<T> {
  if (partCount < MANY_PARTS) return build();
  for (const flag of [...USUAL_INLINING_FLAGS, ...GROWING_FLAGS]) setFlagsFromString(flag);
  try {
    return await build();
  } finally {
    for (const flag of INLINING_FLAGS) setFlagsFromString(flag);
  }
}
