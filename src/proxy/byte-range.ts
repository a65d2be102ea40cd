/**
 * Data path. Which part of a body a client asks for (RFC 9110 §14), read as nginx reads it. Only
 * exchanges of locations with `proxy_force_ranges` come here, and of these only those with a Range.
 */

/** Bytes [start, end) of a body. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const UNIT = /^bytes=/i;
/** More digits are no number to nginx; what fewer ones lose of their value is behind any body. */
const MAX_DIGITS = 18;
const PART = /^ *(?:(\d+) *- *(?:(\d+) *)?|-(\d+) *)$/;
/** nginx: `max_ranges` of one. More parts than one are only for bodies that are at hand whole. */
const MAX_PARTS = 1;

/**
 * The one part that `text`, the value of Range, asks for of a body of `totalBytes`.
 * 'whole': it asks for no part in a way that is followed; 'unsatisfiable': 416.
 */
export function parseRange(
  text: string,
  totalBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  if (!UNIT.test(text) || text.length <= 'bytes='.length) return 'whole';
  let found: ByteRange | undefined;
  let count = 0;
  for (const part of text.substring('bytes='.length).split(',')) {
    const range = partOf(part, totalBytes);
    if (range === undefined) return 'unsatisfiable';
    if (range.start < range.end) {
      found ??= range;
      count += 1;
      if (count > MAX_PARTS) return 'whole';
    } else if (range.start === 0) return 'whole';
  }
  return found ?? 'unsatisfiable';
}

/** `2-4`, `2-`, `-3`; undefined: it is none of these. It may be empty, or begin behind the end. */
function partOf(part: string, totalBytes: number): ByteRange | undefined {
  const [, first, last, suffix] = PART.exec(part) ?? [];
  if (suffix !== undefined) {
    const length = numberOf(suffix);
    if (length === undefined) return undefined;
    // As in nginx the last byte is the end whatever the length: `-0` begins behind it.
    return { start: Math.max(0, totalBytes - length), end: totalBytes };
  }
  const start = numberOf(first ?? '');
  if (start === undefined) return undefined;
  if (last === undefined) return { start, end: totalBytes };
  const end = numberOf(last);
  return end === undefined ? undefined : { start, end: Math.min(end + 1, totalBytes) };
}

function numberOf(digits: string): number | undefined {
  return digits === '' || digits.length > MAX_DIGITS ? undefined : Number(digits);
}
