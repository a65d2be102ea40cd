/** Which of the figures that a policy gives is the one that is picked. */

import type { PickScores, PickView } from './balancer.ts';

/** The least of them, NaN apart; Infinity when there is none. */
export function leastOf(scores: readonly number[]): number {
  return scores.reduce((least, score) => (score < least ? score : least), Number.POSITIVE_INFINITY);
}

/** The index that those scores say is picked; −1 when none is compared. */
export function bestOf({ scores, ties = [] }: PickScores): number {
  const least = leastOf(scores);
  let best = -1;
  for (const [at, score] of scores.entries()) {
    if (score !== least) continue;
    if (best < 0 || (ties[at] ?? 0) < (ties[best] ?? 0)) best = at;
  }
  return best;
}

/** What `scoreOf` says of those among `count` that may be taken; NaN for the others. */
export function scoresWhere(
  count: number,
  mayTake: (at: number) => boolean,
  scoreOf: (at: number) => number,
): number[] {
  return Array.from({ length: count }, (_, at) => (mayTake(at) ? scoreOf(at) : Number.NaN));
}

/** Of a key that is hashed again and again, to these endpoints; undefined: none may be taken. */
export function triesScores(
  owners: readonly number[],
  count: number,
  view: PickView,
): PickScores | undefined {
  const mayTake = (at: number): boolean => view.mayTake(at) && owners.includes(at);
  const scores = scoresWhere(count, mayTake, (at) => owners.indexOf(at));
  if (bestOf({ means: '', scores }) < 0) return undefined;
  const asides = scores.map((_, at) =>
    owners.includes(at) ? '' : 'no hash of the key leads to it',
  );
  return { means: 'hashes of the key that lead elsewhere first', scores, asides };
}
