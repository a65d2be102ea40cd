/** The block of `types`. */
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** What nginx knows when a configuration has no `types`. */
export const DEFAULT_TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html'],
  ['gif', 'image/gif'],
  ['jpg', 'image/jpeg'],
]);

/** Reads one `types` block: extension in lower case → media type; the last one wins. */
export function parseTypes(
  _words: readonly Word[],
  context: ParseContext,
): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const line of context.node.block ?? []) {
    if (line.block !== undefined || line.words.length === 0) {
      const advice = 'write "text/html html htm;"';
      context.problems.emerg(line, `invalid line "${line.name}" in "types"`, advice);
      continue;
    }
    for (const word of line.words) {
      const extension = word.text.toLowerCase();
      const before = types.get(extension);
      if (before !== undefined && before !== line.name) {
        const message = `duplicate extension "${extension}", content type: "${line.name}", previous content type: "${before}"`;
        context.problems.warn(placeOfWord(line, word), message);
      }
      types.set(extension, line.name);
    }
  }
  return types;
}
