/** The words of `location`. */

import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import type { LocationMatch } from './model.ts';

/** nginx lets the modifier touch the path: `=/x` is `= /x`. Longest first. */
const MODIFIERS = ['^~', '~*', '=', '~', '@'] as const;

/** Reads what a `location` matches; undefined after reporting what is wrong with it. */
export function parseLocation(
  words: readonly Word[],
  context: ParseContext,
): LocationMatch | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  const modifier = MODIFIERS.find((known) => first.text.startsWith(known));
  if (second !== undefined && modifier !== first.text) {
    return reportInvalid(context, first, 'location modifier', 'known are =, ^~, ~ and ~*');
  }
  if (modifier === '~' || modifier === '~*') {
    return parseRegex(modifier === '~*', words, context);
  }
  if (modifier === '@') return parseNamed(first, second, context);
  const word = second ?? first;
  const path = second?.text ?? first.text.slice(modifier?.length ?? 0);
  if (path === '') return reportInvalid(context, word, 'path', 'a location needs a path such as /');
  const doubt = doubtOf(path);
  if (doubt !== undefined) {
    const message = `location "${path}" never matches: ${doubt}`;
    context.problems.warn(placeOfWord(context.node, word), message);
  }
  return {
    kind: modifier === '=' ? 'exact' : 'prefix',
    path,
    pattern: undefined,
    stopsSearch: modifier === '^~',
  };
}

function parseRegex(
  caseless: boolean,
  [first, second]: readonly Word[],
  context: ParseContext,
): LocationMatch | undefined {
  const word = (second ?? first) as Word;
  const path = second?.text ?? word.text.slice(caseless ? 2 : 1);
  if (path === '') return reportInvalid(context, word, 'regular expression', 'it is empty');
  const { node, problems, tools } = context;
  const pattern = tools.compilePattern?.(path, caseless, placeOfWord(node, word), problems);
  if (pattern === undefined) return undefined; // reported
  return { kind: 'regex', path, pattern, stopsSearch: false };
}

/** `@name`: nginx takes the "@" for a part of the name, so `@ name` is a mistake. */
function parseNamed(
  first: Word,
  second: Word | undefined,
  context: ParseContext,
): LocationMatch | undefined {
  if (second !== undefined || first.text === '@') {
    return reportInvalid(context, first, 'location name', 'write "@name" as one word');
  }
  return { kind: 'named', path: first.text, pattern: undefined, stopsSearch: true };
}

/** Why no path can match; undefined when one can. Paths are decoded and normalised before. */
function doubtOf(path: string): string | undefined {
  if (!path.startsWith('/')) return 'paths begin with "/"';
  if (path.includes('?')) return 'the query is not part of the path';
  if (/%[0-9a-f]{2}/i.test(path)) return 'paths are decoded first, write the character itself';
  if (path.includes('//')) return 'runs of "/" in paths become one, unless "merge_slashes" is off';
  return /\/\.\.?(\/|$)/.test(path) ? '"." and ".." in paths are resolved first' : undefined;
}
