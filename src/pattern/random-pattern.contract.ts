/** Random patterns and texts over a small alphabet, so that many match. */
import type { Random } from '#test/fuzz/random.ts';

// Not \R: PCRE2 10.42 does not give it back before \s (`\R?\s` misses a lone newline).
const ATOMS = [
  'a',
  'b',
  'c',
  'A',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\W',
  '\\h',
  '[ab]',
  '[^a]',
  '[a-c]',
  '\\x41',
  '[[:alpha:]]',
  '[[:^upper:]]',
  '\\.',
  '1',
  '/',
  '\xe9',
  '\\Qa.\\E',
  'ab',
  'bc',
  '\\n',
  '\\N',
] as const; // prettier-ignore
const CONDITIONS = [
  '^',
  '$',
  '\\b',
  '\\B',
  '\\A',
  '\\z',
  '\\Z',
  '(?!a)',
  '(?=b)',
  '(?=(a|.b))',
  '(?=.*?(\\w))',
  '(?<=a)',
  '(?<!b|1/)',
  '(?i)',
  '(?s)',
  '(?m)',
  '(?#x)',
] as const;
const QUANTIFIERS = [
  '*',
  '+',
  '?',
  '{2}',
  '{1,3}',
  '{0,2}',
  '{2,}',
  '*?',
  '+?',
  '??',
  '{1,2}?',
  '{1,63}',
  '{2,20}?',
  '{3,40}',
] as const;
const POSSESSIVE = ['*+', '++', '?+', '{1,2}+'] as const;
const LETTERS = [
  'a',
  'b',
  'c',
  'A',
  'B',
  '1',
  '/',
  '.',
  ' ',
  '\n',
  '\r',
  '_',
  '\xe9',
  '\xa0',
  'a',
  'b',
  'ab',
] as const;

function one<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** A pattern that PCRE accepts. */
export function randomPattern(random: Random, depth = 3): string {
  const branches = random.below(4) === 0 ? 2 + random.below(2) : 1;
  return Array.from({ length: branches }, () => branch(random, depth)).join('|');
}

function branch(random: Random, depth: number): string {
  let text = '';
  for (let left = 1 + random.below(4); left > 0; left--) {
    const kind = random.below(8);
    if (kind === 0) text += one(random, CONDITIONS);
    else if (kind <= 2 && depth > 0) text += group(random, depth - 1);
    else {
      text += one(random, ATOMS);
      const quantified = random.below(10);
      if (quantified < 3) text += one(random, QUANTIFIERS);
      else if (quantified === 3) text += one(random, POSSESSIVE);
    }
  }
  return text;
}

function group(random: Random, depth: number): string {
  const opening = one(random, ['(', '(', '(', '(?:', '(?:', '(?i:', '(?>', '(?s:'] as const);
  const body = `${opening}${randomPattern(random, depth)})`;
  return random.below(3) === 0 ? body + one(random, QUANTIFIERS) : body;
}

/** A text of up to 12 pieces. The first one keeps it from being a dot segment of a URI. */
export function randomText(random: Random): string {
  const text = Array.from({ length: random.below(12) }, () => one(random, LETTERS)).join('');
  return /(^|\/)\.\.?(\/|$)/.test(text) ? text.replaceAll('.', '-') : text;
}
