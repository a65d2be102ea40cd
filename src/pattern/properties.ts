/** `\p{…}`: Unicode's properties, of the bytes as the first 256 characters (pcre2pattern(3), without UTF). */
import { type ByteSet, byteSet, inverted } from './byte-set.ts';
import { PatternProblem } from './syntax.ts';

/** General categories, and PCRE's own names as what they stand for. */
const CATEGORY = /^(?:C[cfnos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['Any', '[^]'],
  ['L&', '[\\p{Ll}\\p{Lu}\\p{Lt}]'],
  ['Xan', '[\\p{L}\\p{N}]'],
  ['Xwd', '[\\p{L}\\p{N}_]'],
  ['Xsp', '[\\p{Z}\\t\\n\\v\\f\\r\\x85]'],
  ['Xps', '[\\p{Z}\\t\\n\\v\\f\\r\\x85]'],
]);

/** A set by the name of a property, and where the source goes on. */
export interface PropertySet {
  readonly set: ByteSet;
  readonly next: number;
}

/**
 * Reads the property whose `p` or `P` stands at `at` (behind the backslash).
 * Whether case counts makes no difference to it (PCRE2 10.42).
 * @throws {PatternProblem} for a name that is none, or that of a script
 */
export function propertySet(source: string, at: number): PropertySet {
  const found = /^[pP](?:\{\s*(\^?)\s*([\w& -]+?)\s*\}|([A-Z]))/.exec(source.slice(at, at + 64));
  const [text, not, braced, letter] = found ?? [];
  const name = braced ?? letter ?? '';
  const members = CATEGORY.test(name) ? `\\p{${name}}` : OTHERS.get(name);
  if (text === undefined || members === undefined) {
    throw new PatternProblem(
      `not supported: the property \\${source.slice(at, at + (text?.length ?? 1))}; ` +
        'use a general category such as \\p{L}, or a class',
      at - 1,
    );
  }
  const member = new RegExp(`^${members}$`, 'u');
  const set = byteSet((byte) => member.test(String.fromCharCode(byte)));
  const isNegative = text.startsWith('P') !== (not === '^');
  return { set: isNegative ? inverted(set) : set, next: at + text.length };
}
