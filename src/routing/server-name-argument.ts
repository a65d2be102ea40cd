/** The words of `server_name`. */
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** One exact name of a server, lower case; the word says where it stands. */
export interface ServerName {
  readonly name: string;
  readonly word: Word;
}

/** Reads a `server_name` line; names that this version cannot match are reported and left out. */
export function parseServerNames(
  words: readonly Word[],
  context: ParseContext,
): readonly ServerName[] {
  const names: ServerName[] = [];
  for (const word of words) {
    const kind = unbuiltKind(word.text);
    if (kind !== undefined) {
      reportNotBuilt(`${kind} "${word.text}"`, word, context);
      continue;
    }
    if (/[/:\s]/.test(word.text)) {
      const message = `server name "${word.text}" has suspicious symbols`;
      context.problems.warn(
        placeOfWord(context.node, word),
        message,
        'a name is a host without scheme, port or path',
      );
    }
    names.push({ name: word.text.toLowerCase(), word });
  }
  return names;
}

function unbuiltKind(name: string): string | undefined {
  if (name.startsWith('~')) return 'regular expression server name';
  if (name.includes('*') || name.startsWith('.')) return 'wildcard server name';
  if (name.includes('$')) return 'server name with a variable';
  return undefined;
}
