/**
 * A hash of 2 × 32 bits over a text of one char per byte: the same in all processes and on all
 * machines, well mixed, no secret. Who may choose texts can find two with one hash.
 */

const LANE_0 = 0x9e3779b1;
const LANE_1 = 0x85ebca77;

/** Writes both halves to `into`, so that nothing is put on the heap. */
export function hashText(text: string, into: Int32Array): void {
  let a = LANE_0 ^ text.length;
  let b = LANE_1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, LANE_1);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ code, LANE_0);
    b = (b << 17) | (b >>> 15);
  }
  into[0] = mix(a ^ Math.imul(b, LANE_0));
  into[1] = mix(b ^ Math.imul(a, LANE_1));
}

/** Every bit of the result depends on every bit of the word (the last step of MurmurHash3). */
export function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
