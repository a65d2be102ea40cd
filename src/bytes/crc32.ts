/**
 * CRC-32 (ISO 3309, the one of zlib) over texts of one char per byte, in steps, so that what many
 * texts begin with is worked out once. States and results are signed: they stay small integers,
 * which no call puts on the heap.
 */

/** Before the first byte. */
export const CRC32_START = -1;

const POLYNOMIAL = 0xedb88320;
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
  return value;
});

/** The state behind one more byte. */
export function crc32Byte(state: number, byte: number): number {
  return (TABLE[(state ^ byte) & 0xff] as number) ^ (state >>> 8);
}

/** The state behind the bytes of a text; of each char its lowest eight bits count. */
export function crc32Text(state: number, text: string): number {
  let crc = state;
  for (let at = 0; at < text.length; at++) {
    crc = (TABLE[(crc ^ text.charCodeAt(at)) & 0xff] as number) ^ (crc >>> 8);
  }
  return crc;
}

/** The checksum, as a signed number of 32 bits: `>>> 0` makes it the usual one. */
export function crc32End(state: number): number {
  return ~state;
}
