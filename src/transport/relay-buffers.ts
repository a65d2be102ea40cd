/**
 * Data path. Buffers for bodies that are relayed in bulk: from a body's second read on, the source
 * connection reads into one of these, so that the bytes may wait in a write without a copy. While
 * they wait the source is held; a buffer is given back only when no write refers to it.
 */

import { Stack } from '#src/base/stack.ts';
import { retireBuffer } from './read-buffer.ts';

/** One read, one write: 16 times what nginx relays at once. */
export const RELAY_BUFFER_BYTES = 64 * 1024;
/** Kept per thread: 1 MB. More relays at once allocate. */
const MAX_KEPT = 16;

const kept = new Stack<Buffer>();

export function acquireRelayBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(RELAY_BUFFER_BYTES);
}

/** Only when its last write has completed; a buffer still in use is left to the garbage collector. */
export function releaseRelayBuffer(buffer: Buffer): void {
  retireBuffer(buffer);
  if (kept.size < MAX_KEPT) kept.push(buffer);
}
