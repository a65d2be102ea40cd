/** What nginx has and this version of Weir has not: said, never ignored. */
import type { ParseContext } from './directive.ts';
import { placeOfWord, type Word } from './tree.ts';

/** Reports `WHAT is not built yet in this version of Weir` at the word. */
export function reportNotBuilt(
  what: string,
  word: Word,
  context: ParseContext,
  suggestion?: string,
): undefined {
  const message = `${what} is not built yet in this version of Weir`;
  context.problems.emerg(placeOfWord(context.node, word), message, suggestion);
  return undefined;
}
