import { readFileSync } from 'node:fs';
import { findMallocTrim } from './native-libc.ts';

/** How often it looks: reading a number of /proc costs 20 µs. */
const LOOK_INTERVAL_MS = 2_000;
/** Growth since it last trimmed that is worth a look through the heaps, which costs 0.3 to 4 ms. */
const WORTH_BYTES = 4 * 1024 * 1024;

/** What the trimmer works with. */
export interface TrimmerParts {
  /** Resident bytes of this process. */
  residentBytes(): number;
  /** Gives freed memory back to the system. */
  trim(): void;
}

/**
 * Gives back what was freed. V8 compiles in threads of its own, each with a heap of the C library
 * that keeps what it once had: 20 to 30 MB after a start, for nothing (npm run prove -- memory-pss).
 */
export class MemoryTrimmer {
  readonly #parts: TrimmerParts;
  #bytesAfterTrim = 0;

  constructor(parts: TrimmerParts) {
    this.#parts = parts;
  }

  /** Trims when the process has grown since it last did; the first time in any case. */
  look(): void {
    if (this.#parts.residentBytes() - this.#bytesAfterTrim < WORTH_BYTES) return;
    this.#parts.trim();
    this.#bytesAfterTrim = this.#parts.residentBytes();
  }
}

/** For as long as the process lives; keeps it from nothing. Not where the C library cannot trim. */
export function startTrimming(): void {
  const trim = findMallocTrim();
  if (trim === undefined) return;
  const trimmer = new MemoryTrimmer({ residentBytes, trim });
  setInterval(() => trimmer.look(), LOOK_INTERVAL_MS).unref();
}

const BYTES_PER_PAGE = 4096;

/** proc(5), statm: the second number is resident pages. 0 where there is none: then nothing grows. */
function residentBytes(): number {
  try {
    const [, pages = '0'] = readFileSync('/proc/self/statm', 'latin1').split(' ');
    return Number(pages) * BYTES_PER_PAGE;
  } catch {
    return 0;
  }
}
