/** The impossible and the strange. */

/** Ends the thread when what cannot be is: the generation replaces it (STYLE §7). */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}

const suspicions = new Map<string, number>();

/** Counts what is strange but survivable; `suspicionCounts` shows it. */
export function suspect(what: string): void {
  suspicions.set(what, (suspicions.get(what) ?? 0) + 1);
}

/** How often each strange thing was seen in this thread since it started. */
export function suspicionCounts(): ReadonlyMap<string, number> {
  return suspicions;
}
