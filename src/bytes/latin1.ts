/**
 * Data path. Bytes ↔ strings of one char per byte. Heads are handled as such strings: slices of
 * them cost no copy, and a write encodes them into memory of its own, so no byte of a read buffer
 * outlives the callback that brought it (DESIGN §4).
 */

interface Latin1Slicer {
  latin1Slice(start: number, end: number): string;
}

/** `latin1Slice` is what `toString` calls after 30 ns of argument handling; not in Node's docs. */
const hasSlice = typeof (Buffer.prototype as unknown as Latin1Slicer).latin1Slice === 'function';

/** bytes[start..end) as a string. Copies. */
export const latin1: (bytes: Buffer, start: number, end: number) => string = hasSlice
  ? (bytes, start, end) => (bytes as unknown as Latin1Slicer).latin1Slice(start, end)
  : (bytes, start, end) => bytes.toString('latin1', start, end);
