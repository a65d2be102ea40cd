/**
 * Data path. Buffers for bodies that are relayed in bulk: from a body's second read on, the source
 * connection reads into one of these, so that the bytes may wait in a write without a copy. While
 * they wait the source is held; a buffer is given back only when no write refers to it.
 */

import { Stack } from '#src/base/stack.ts';
import { retireBuffer } from './read-buffer.ts';

/** One read, one write: 16 times what nginx relays at once. */
export const RELAY_BUFFER_BYTES = 64 * 1024;
/**
 * For a body that fills the one above, and is gone at once. Each write wakes the client's process,
 * which on some machines costs more than all else about it: a fourth of the writes, 0.61 x the CPU.
 */
const WIDE_BUFFER_BYTES = 256 * 1024;
/** Kept per thread of each size: 1 and 4 MB. More relays at once allocate. */
const MAX_KEPT = 16;

const kept = new Stack<Buffer>();
const keptWide = new Stack<Buffer>();

export function acquireRelayBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(RELAY_BUFFER_BYTES);
}

/** Only for whom nothing waits: a slow client would have it wait with all of its bytes. */
export function acquireWideBuffer(): Buffer {
  return keptWide.pop() ?? Buffer.allocUnsafeSlow(WIDE_BUFFER_BYTES);
}

export function isWideBuffer(buffer: Buffer): boolean {
  return buffer.length === WIDE_BUFFER_BYTES;
}

/** Only when its last write has completed; a buffer still in use is left to the garbage collector. */
export function releaseRelayBuffer(buffer: Buffer): void {
  retireBuffer(buffer);
  const same = isWideBuffer(buffer) ? keptWide : kept;
  if (same.size < MAX_KEPT) same.push(buffer);
}
