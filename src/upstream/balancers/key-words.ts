/** The words behind the name of a policy that maps keys to endpoints. */

import type { Balancer, BalancerKind, BalancerMaterial } from './balancer.ts';
import { BoundedLoad } from './bounded-load.ts';

const FACTOR = 'balance_factor=';
const MAX_PERCENT = 100_000;

/** What `balance_factor` does, for the documentation of a directive. */
export const FACTOR_DOC =
  '`balance_factor=150` bounds load: nobody has more in flight, over all proxy threads, than 150 % of its share by weight; what is over goes on as if that endpoint were out.';

/**
 * Checks words behind the key: `flags` that stand for themselves, and `balance_factor=percent`.
 * `more`: what is also known, for the advice.
 */
export function checkKeyWords(
  words: readonly string[],
  first: number,
  flags: readonly string[],
  more: readonly string[] = [],
): ReturnType<NonNullable<BalancerKind['check']>> {
  const seen = new Set<string>();
  for (let at = first; at < words.length; at++) {
    const word = words[at] as string;
    const name = word.startsWith(FACTOR) ? FACTOR : word;
    if (name !== FACTOR && !flags.includes(name)) {
      return {
        at,
        advice: `known are ${[...flags, ...more, 'balance_factor=percent'].join(' and ')}`,
      };
    }
    if (seen.has(name)) return { at, advice: 'it stands there twice' };
    seen.add(name);
    if (name === FACTOR && percentOf(word) === undefined) {
      const advice = `write more than 100 and at most ${MAX_PERCENT}, as in balance_factor=150: percent of a fair share`;
      return { at, advice };
    }
  }
  return undefined;
}

/** The policy, within bounds where the words have a factor. */
export function boundedBy({ endpoints, words }: BalancerMaterial, inner: Balancer): Balancer {
  const word = words.find((text) => text.startsWith(FACTOR));
  const percent = word === undefined ? undefined : percentOf(word);
  return percent === undefined ? inner : new BoundedLoad(inner, endpoints, percent);
}

function percentOf(word: string): number | undefined {
  const text = word.slice(FACTOR.length);
  const percent = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return percent > 100 && percent <= MAX_PERCENT ? percent : undefined;
}
