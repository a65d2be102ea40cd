/**
 * Data path. Bytes ↔ strings of one char per byte. Heads are handled as such strings: slices of
 * them cost no copy, and a write encodes them into memory of its own, so no byte of a read buffer
 * outlives the callback that brought it (DESIGN §4).
 */

interface Latin1Slicer {
  latin1Slice(start: number, end: number): string;
}

/** `latin1Slice` (`latin1Write`) is what `toString` (`write`) calls after 30 ns of argument handling; not in Node's docs. */
const hasSlice = typeof (Buffer.prototype as unknown as Latin1Slicer).latin1Slice === 'function';

/** bytes[start..end) as a string. Copies. */
export const latin1: (bytes: Buffer, start: number, end: number) => string = hasSlice
  ? (bytes, start, end) => (bytes as unknown as Latin1Slicer).latin1Slice(start, end)
  : (bytes, start, end) => bytes.toString('latin1', start, end);

interface Latin1Writer {
  latin1Write(text: string, at: number, length: number): number;
}

const hasWrite = typeof (Buffer.prototype as unknown as Latin1Writer).latin1Write === 'function';

/** Writes a text of one char per byte to bytes[at…); there is room for it. */
export const writeLatin1: (bytes: Buffer, text: string, at: number) => void = hasWrite
  ? (bytes, text, at) => (bytes as unknown as Latin1Writer).latin1Write(text, at, text.length)
  : (bytes, text, at) => bytes.write(text, at, 'latin1');
