/** How many cases a fuzz test runs, and from which seed. */

import assert from 'node:assert/strict';
import { Random } from './random.ts';

/** Cases of all fuzz tests together in the gate: about 15 s on one core. */
const GATE_CASES = 100_000;
/** The gate is deterministic; a longer run looks elsewhere each time. */
const GATE_SEED = 20_261_121;

const wanted = process.env['WEIR_FUZZ_CASES'];
const TOTAL_CASES = Number(wanted ?? GATE_CASES);
/** The seed of this run; a failure shows it. */
export const FUZZ_SEED = Number(
  process.env['WEIR_FUZZ_SEED'] ?? (wanted === undefined ? GATE_SEED : Date.now()),
);

/**
 * Runs `check` with its part of all cases (0 … 1), each with randomness of its own. A failure shows
 * the seed; the same WEIR_FUZZ_SEED and WEIR_FUZZ_CASES run it again.
 */
export function forCases(part: number, check: (random: Random, index: number) => void): void {
  const cases = Math.ceil(TOTAL_CASES * part);
  for (let index = 0; index < cases; index++) {
    try {
      check(caseRandom(FUZZ_SEED, index), index);
    } catch (error) {
      assert.fail(`case ${index} of WEIR_FUZZ_SEED=${FUZZ_SEED}: ${(error as Error).message}`);
    }
  }
}

/** The randomness of one case; neighbours have nothing in common. */
export function caseRandom(seed: number, index: number): Random {
  return new Random(Math.imul(seed | 0, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35));
}
