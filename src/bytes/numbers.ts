/** Data path. Digits ↔ integers; what does not fit is refused, never rounded. */

import { DIGIT_0, DIGIT_9 } from './ascii.ts';

/** More digits than this could pass 2^53, where a double stops being exact. */
export const MAX_DECIMAL_DIGITS = 15;

/**
 * bytes[start..end) as a non-negative decimal integer. −1 when empty, signed, spaced, with any other
 * character, or longer than 15 digits (reliability.md §5: `^\d{1,15}$`).
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 1 || length > MAX_DECIMAL_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < DIGIT_0 || byte > DIGIT_9) return -1;
    value = value * 10 + (byte - DIGIT_0);
  }
  return value;
}
