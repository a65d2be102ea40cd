/** What PCRE has and Weir refuses, by name. */

/** Letters behind a backslash. */
export const REFUSED_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['X', 'a grapheme \\X'],
  ['N', 'a character by name \\N{…}'],
  ['g', 'a reference \\g'],
  ['k', 'a reference \\k'],
]);

const GROUPS: readonly (readonly [beginning: RegExp, name: string])[] = [
  [/^\(\*/, 'a verb (*…)'],
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
