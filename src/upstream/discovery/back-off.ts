/** When something that failed is tried again. */
import type { RandomBits } from '#src/base/random-bits.ts';

/** What was learned together is not asked for together: up to a tenth later, at most this. */
const MAX_JITTER_MS = 500;

/** `firstMs` after the first failure (`failures` 0), twice as long after each further one. */
export function backOffMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
}

/** A little later than asked for, by chance. */
export function withJitterMs(delayMs: number, random: RandomBits): number {
  const spreadMs = Math.min(MAX_JITTER_MS, Math.floor(delayMs / 10));
  return spreadMs > 0 ? delayMs + (random.next() % spreadMs) : delayMs;
}
