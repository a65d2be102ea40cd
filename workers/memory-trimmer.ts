import { openSync, readSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { findMallocTrim } from './native-libc.ts';

/** How often it looks: reading a number of /proc costs 20 µs. */
const LOOK_INTERVAL_MS = 2_000;
/** Growth since it last trimmed that is worth a look through the heaps, which costs 0.3 to 4 ms. */
const WORTH_BYTES = 4 * 1024 * 1024;

/** Growth of this thread's heap since the last collection that is worth another. */
const WORTH_HEAP_BYTES = 2 * 1024 * 1024;

/** What the trimmer works with. */
export interface TrimmerParts {
  /** Resident bytes of this process. */
  readonly residentBytes: () => number;
  /** Of this thread's heap, garbage included. */
  readonly heapBytes: () => number;
  /** Gives freed memory back to the system. */
  readonly trim: () => void;
  /** Collects all garbage of this thread: 20 ms. */
  readonly collect: () => void;
}

/**
 * Gives back what was freed. V8 compiles in threads of its own, each with a heap of the C library
 * that keeps what it once had: 20 to 30 MB after a start, for nothing (npm run prove -- memory-pss).
 */
export class MemoryTrimmer {
  readonly #parts: TrimmerParts;
  #bytesAfterTrim = 0;
  #heapBytesAfterCollection = 0;
  /** It has grown, and nobody has looked at the heap since. */
  #hasGrown = false;

  constructor(parts: TrimmerParts) {
    this.#parts = parts;
  }

  /**
   * Trims when the process has grown since it last did; the first time in any case, and after a
   * collection: what a start has left on the heap, and needed for that alone, stays for hours where
   * nothing happens. So does what lists of ten thousand servers leave behind: when growth has ended,
   * which one look without any shows, and was this thread's, it collects once more. Not for growth of
   * others: a collection takes 15 ms of a core that they may need.
   */
  look(): void {
    const grows = this.#parts.residentBytes() - this.#bytesAfterTrim >= WORTH_BYTES;
    if (this.#bytesAfterTrim === 0) this.#collect();
    else if (grows) this.#trim();
    else if (this.#hasGrown && this.#isHeapWorth()) this.#collect();
    this.#hasGrown = grows;
  }

  #isHeapWorth(): boolean {
    return this.#parts.heapBytes() - this.#heapBytesAfterCollection >= WORTH_HEAP_BYTES;
  }

  #collect(): void {
    this.#parts.collect();
    this.#heapBytesAfterCollection = this.#parts.heapBytes();
    this.#trim();
  }

  #trim(): void {
    this.#parts.trim();
    this.#bytesAfterTrim = this.#parts.residentBytes();
  }
}

/** For as long as the process lives; keeps it from nothing. Not where the C library cannot trim. */
export function startTrimming(): void {
  const trim = findMallocTrim();
  const residentBytes = openResident();
  if (trim === undefined || residentBytes === undefined) return;
  const heapBytes = (): number => getHeapStatistics().used_heap_size;
  const trimmer = new MemoryTrimmer({ residentBytes, heapBytes, trim, collect });
  setInterval(() => trimmer.look(), LOOK_INTERVAL_MS).unref();
}

/** V8's last resort: also code that has not run since is thrown away, and compiled again when it is needed. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc'); // threads that start later see none of it
  gc({ execution: 'sync', flavor: 'last-resort' });
}

const BYTES_PER_PAGE = 4096;

/** More than six numbers of 64 bits. */
const STATM_BYTES = 160;

/**
 * Reads proc(5), statm, whose second number is resident pages. One descriptor and one buffer for
 * good: readFileSync takes 64 KB each time, and what is taken every two seconds is collected hardly
 * ever. Undefined where there is no such file.
 */
function openResident(): (() => number) | undefined {
  let fd: number;
  try {
    fd = openSync('/proc/self/statm', 'r');
  } catch {
    return undefined;
  }
  const buffer = Buffer.alloc(STATM_BYTES);
  return () => {
    const length = readSync(fd, buffer, 0, STATM_BYTES, 0);
    const [, pages = '0'] = buffer.toString('latin1', 0, length).split(' ');
    return Number(pages) * BYTES_PER_PAGE;
  };
}
