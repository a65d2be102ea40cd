/**
 * Bodies that say whose they are: a unit of 32 bytes with the request's id, repeated. The origin
 * answers `/id/ID/BYTES` with it and the load generator checks every byte, so a single byte of
 * another user's response is found, wherever it lies.
 */

/** Length of one repetition in bytes. */
export const UNIT_BYTES = 32;

/** The longest id that fits into a unit. */
export const MAX_ID_CHARS = UNIT_BYTES - 2;

/** One unit for an id of printable ASCII, at most MAX_ID_CHARS long (longer ones are cut). */
export function patternUnit(id: string): Buffer {
  return Buffer.from(`${`<${id.slice(0, MAX_ID_CHARS)}`.padEnd(UNIT_BYTES - 1, '.')}\n`, 'latin1');
}

/** The whole body of `bytes` bytes. */
export function patternBody(id: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, patternUnit(id));
}

/**
 * True when `chunk`, found at `offset` of a body, is what the pattern has there. One comparison of
 * the chunk with itself, moved by a unit: no expected body is built.
 */
export function matchesPattern(unit: Buffer, chunk: Uint8Array, offset: number): boolean {
  const phase = offset % UNIT_BYTES;
  const first = Math.min(chunk.length, UNIT_BYTES);
  for (let i = 0; i < first; i += 1) {
    if (chunk[i] !== unit[(phase + i) % UNIT_BYTES]) return false;
  }
  if (chunk.length <= UNIT_BYTES) return true;
  const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  return view.compare(view, 0, chunk.length - UNIT_BYTES, UNIT_BYTES, chunk.length) === 0;
}
