/** What PCRE has and Weir refuses, by name. */

/** Letters behind a backslash. */
export const REFUSED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['K', 'the new start of a match \\K; use a capture'],
  ['X', 'a grapheme \\X'],
  ['p', 'a Unicode property \\p; use a class'],
  ['P', 'a Unicode property \\P; use a class'],
  ['N', 'a character by name \\N{…}'],
  ['g', 'a reference \\g'],
  ['k', 'a reference \\k'],
]);

const GROUPS: readonly (readonly [beginning: RegExp, name: string])[] = [
  [/^\(\*/, 'a verb (*…)'],
  [/^\(\?\|/, 'a branch reset (?|…); number the captures apart'],
  [/^\(\?\(/, 'a condition (?(…)…); use alternatives'],
  [/^\(\?C/, 'a callout (?C…)'],
  [/^\(\?P=/, 'a back reference (?P=…)'],
  [/^\(\?(?:R|&|P>|[+-]?\d)/, 'recursion'],
  [/^\(\?<?\*/, 'a lookaround (?* that gives back'],
];

/** The name of the construct that the source begins with, if it is one of the refused groups. */
export function refusedGroup(source: string): string | undefined {
  return GROUPS.find(([beginning]) => beginning.test(source))?.[1];
}
