/** How evenly something is spread. */

/**
 * Jain's index (R. Jain et al., DEC-TR-301): 1 when all have the same, 1/n when one has everything.
 * 1 for nothing at all.
 */
export function jainIndex(shares: readonly number[]): number {
  let sum = 0;
  let squares = 0;
  for (const share of shares) {
    sum += share;
    squares += share * share;
  }
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
