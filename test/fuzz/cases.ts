/** How many cases a fuzz test runs, and from which seed. */

import fc from 'fast-check';
import { Random } from './random.ts';

/** Cases of all fuzz tests together in the gate: well under 30 s on one core. */
const GATE_CASES = 100_000;
/** The gate is deterministic; a longer run looks elsewhere each time. */
const GATE_SEED = 20_261_121;

const wanted = process.env['WEIR_FUZZ_CASES'];
const TOTAL_CASES = Number(wanted ?? GATE_CASES);
const SEED = Number(
  process.env['WEIR_FUZZ_SEED'] ?? (wanted === undefined ? GATE_SEED : Date.now()),
);

/**
 * Runs `check` with its part of all cases (0 … 1), each with randomness of its own. A failure shows
 * the seed; the same WEIR_FUZZ_SEED and WEIR_FUZZ_CASES run it again.
 */
export function forCases(part: number, check: (random: Random) => void): void {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      check(new Random(seed));
    }),
    // A seed does not shrink: another seed is another case.
    { numRuns: Math.ceil(TOTAL_CASES * part), seed: SEED | 0, endOnFailure: true },
  );
}
