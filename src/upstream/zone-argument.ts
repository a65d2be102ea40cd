/** The words of `zone` in an `upstream` block. */
import { parseSize } from '#src/base/units.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Place } from '#src/schema/problem.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** Eight pages, as nginx has it. */
const LEAST_BYTES = 32 * 1024;
/** nginx's documentation: 256 KB hold about 128 servers. */
const BYTES_PER_SERVER = 2_048;
/** Beyond it a zone only grows; threads × 16,384 places are some megabytes already. */
export const MOST_PLACES = 16_384;

/** A `zone` line. */
export interface ZoneArgument {
  readonly name: string;
  /** Null: another `zone` line of that name has the size. */
  readonly bytes: number | null;
  readonly place: Place;
}

/** Undefined after reporting what is wrong. */
export function parseZone(
  words: readonly Word[],
  { node, problems }: ParseContext,
): ZoneArgument | undefined {
  const [name, size] = words;
  if (name === undefined) return undefined;
  const place = placeOfWord(node, name);
  if (name.text === '') {
    problems.emerg(place, 'invalid zone name ""', 'write a name, as in "zone app 64k;"');
    return undefined;
  }
  if (size === undefined) return { name: name.text, bytes: null, place };
  const bytes = parseSize(size.text);
  if (bytes === undefined) {
    const advice = 'write a size such as 64k or 1m';
    problems.emerg(placeOfWord(node, size), `invalid zone size "${size.text}"`, advice);
    return undefined;
  }
  if (bytes < LEAST_BYTES) {
    const advice = 'the smallest is 32k, which has places for 16 servers';
    problems.emerg(placeOfWord(node, size), `zone "${name.text}" is too small`, advice);
    return undefined;
  }
  return { name: name.text, bytes, place };
}

/** How many servers each upstream with such a zone may have. */
export function placesIn(bytes: number): number {
  return Math.min(MOST_PLACES, Math.floor(bytes / BYTES_PER_SERVER));
}
