/**
 * Data path. Bytes ↔ strings of one char per byte, for what is wanted as a string: values that
 * variables ask for, odd targets, our own texts. Heads themselves stay bytes (http/header-map.ts).
 */

interface Latin1Slicer {
  latin1Slice(start: number, end: number): string;
}

/**
 * `latin1Slice` (`latin1Write`) is what `toString` (`write`) calls after 30 ns of argument handling;
 * not in Node's docs.
 */
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
