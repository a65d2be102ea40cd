/**
 * Data path. The one static read buffer of a thread: callbacks are synchronous, so one serves all
 * connections. Its bytes die when the callback returns; a slice of it that stayed queued once put
 * one user's bytes into another's response (DESIGN §4).
 */

/** One read takes at most this; libuv reads again only when it was filled. */
export const READ_BUFFER_BYTES = 64 * 1024;

/** What a buffer is overwritten with in tests, so that a kept slice shows. */
const POISON = 0xdb;

/** Room in front of the buffer: the head of an answer goes there, so that its body need not move. */
export const READ_HEADROOM_BYTES = 4096;

/** The buffer with the room in front of it. */
export const readMemory: Buffer = Buffer.allocUnsafeSlow(READ_HEADROOM_BYTES + READ_BUFFER_BYTES);

export const threadReadBuffer: Buffer = readMemory.subarray(READ_HEADROOM_BYTES);

/** On with WEIR_POISON=1: every read buffer is overwritten after each callback. */
const isPoisoned = process.env['WEIR_POISON'] === '1';

/** Called after every `onBytes` that was given the thread's buffer. */
export function retireBytes(length: number): void {
  if (isPoisoned) threadReadBuffer.fill(POISON, 0, length);
}

/** Called when nobody is said to need bytes[from..to) any more. */
export function retireSpan(bytes: Buffer, from: number, to: number): void {
  if (isPoisoned && to <= bytes.length) bytes.fill(POISON, from, to);
}

/** Called when nobody is said to need a buffer any more. */
export function retireBuffer(buffer: Buffer): void {
  if (isPoisoned) buffer.fill(POISON);
}
