/** Where bytes are cut into the pieces in which they come. */

import type { Random } from './random.ts';

/** Where the bytes are cut, in order; the last piece ends at their end. */
export type Cuts = readonly number[];

export const IN_ONE_PIECE: Cuts = [];

export function byteByByte(length: number): Cuts {
  return Array.from({ length }, (_, at) => at + 1);
}

export function randomCuts(random: Random, length: number): Cuts {
  const cuts: number[] = [];
  for (let left = 1 + random.below(4); left > 0; left--) cuts.push(random.below(length + 1));
  return cuts.sort((a, b) => a - b);
}
