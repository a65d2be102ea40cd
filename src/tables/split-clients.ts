/** Data path. `split_clients`: a hash of a text decides, in fixed shares. */

const MULTIPLIER = 0x5bd1e995;
const SHIFT = 24;
const MAX_HASH = 0xffff_ffff;
const BYTE = 0xff;

/** All of the shares: hundredths of a percent. */
export const WHOLE = 10_000;

/** What `*` is given as: whatever is left. */
export const THE_REST = 0;

/** MurmurHash2 (32 bits, as nginx has it: the seed is the length) of a text of one char per byte. */
export function murmurHash2(text: string): number {
  let hash = text.length;
  let at = 0;
  for (; text.length - at >= 4; at += 4) {
    let word =
      (text.charCodeAt(at) & BYTE) |
      ((text.charCodeAt(at + 1) & BYTE) << 8) |
      ((text.charCodeAt(at + 2) & BYTE) << 16) |
      ((text.charCodeAt(at + 3) & BYTE) << 24);
    word = Math.imul(word, MULTIPLIER);
    word = Math.imul(word ^ (word >>> SHIFT), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  const left = text.length - at;
  if (left > 0) {
    if (left > 2) hash ^= (text.charCodeAt(at + 2) & BYTE) << 16;
    if (left > 1) hash ^= (text.charCodeAt(at + 1) & BYTE) << 8;
    hash = Math.imul(hash ^ (text.charCodeAt(at) & BYTE), MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/**
 * `12.34%` as hundredths of a percent, `*` as `THE_REST`; undefined for anything else, for 0 too
 * (which could not be told from the rest).
 */
export function parseShare(text: string): number | undefined {
  if (text === '*') return THE_REST;
  const match = /^(\d{0,9})(?:\.(\d{0,2}))?%$/.exec(text);
  if (match === null) return undefined;
  const share = Number(match[1] ?? '') * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return share === 0 ? undefined : share;
}

/** Texts → the index of their share. */
export class SplitClients {
  /** Hashes below belong to the share, unless to one before it. */
  readonly #limits: Float64Array;

  /** In the order of the file; together at most `WHOLE`. */
  constructor(shares: readonly number[]) {
    let limit = 0;
    this.#limits = Float64Array.from(shares, (share) => {
      if (share === THE_REST) return Number.POSITIVE_INFINITY;
      // nginx's rounding, share by share; below 2^53 throughout.
      limit += Math.floor((share * MAX_HASH) / WHOLE);
      return limit;
    });
  }

  /** −1 when the shares leave room and the text falls there. */
  find(text: string): number {
    const hash = murmurHash2(text);
    const limits = this.#limits;
    for (let i = 0; i < limits.length; i++) if (hash < (limits[i] as number)) return i;
    return -1;
  }
}
