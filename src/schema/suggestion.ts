/** The name that was probably meant, for `did you mean "…"?`. */

/** `warning` may mean `warn`; more than that apart, words are different ones. */
const MAX_LENGTH_DIFFERENCE = 3;

/** The closest of `names` to `typed`, as a suggestion; undefined when none is near enough. */
export function didYouMean(typed: string, names: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const wanted = typed.toLowerCase();
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    if (name === typed || Math.abs(name.length - typed.length) > MAX_LENGTH_DIFFERENCE) continue;
    const lower = name.toLowerCase();
    const isCut = wanted.length > 3 && (lower.startsWith(wanted) || wanted.startsWith(lower));
    const distance = isCut ? 1 : editDistance(wanted, lower);
    if (distance >= bestDistance) continue;
    best = name;
    bestDistance = distance;
  }
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
