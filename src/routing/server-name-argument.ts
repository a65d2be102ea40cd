/** The words of `server_name`. */
import { hostname } from 'node:os';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** One name of a server, lower case: exact, `*.x`, `.x` or `x.*`; the word says where it stands. */
export interface ServerName {
  readonly name: string;
  readonly word: Word;
}

/** Reads a `server_name` line; names that cannot be matched are reported and left out. */
export function parseServerNames(
  words: readonly Word[],
  context: ParseContext,
): readonly ServerName[] {
  return words.flatMap((word) => {
    const name = readName(word, context);
    return name === undefined ? [] : [{ name, word }];
  });
}

function readName(word: Word, context: ParseContext): string | undefined {
  const { text } = word;
  if (text.startsWith('~')) {
    return reportNotBuilt(`regular expression server name "${text}"`, word, context);
  }
  if (text.includes('$')) {
    if (text === '$hostname') return hostname().toLowerCase();
    return reportInvalid(context, word, 'server name', 'of variables only "$hostname" is known');
  }
  if (/[/:\s]/.test(text)) {
    const message = `server name "${text}" has suspicious symbols`;
    const advice = 'a name is a host without scheme, port or path';
    context.problems.warn(placeOfWord(context.node, word), message, advice);
  }
  if (isWild(text) && !WILDCARD.test(text)) {
    const advice = 'a wildcard is a whole label at one end: "*.x", ".x" or "x.*"';
    return reportInvalid(context, word, 'server name or wildcard', advice);
  }
  return text.toLowerCase();
}

const WILDCARD = /^(?:\*?\.[^*]*[^*.][^*]*|[^*.][^*]*\.\*)$/;

/** Whether a name covers more than one host. */
export function isWild(name: string): boolean {
  return name.includes('*') || name.startsWith('.');
}
