/** The words of `server_name`. */
import { hostname } from 'node:os';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import type { HostName } from './model.ts';

/** One name of a server; the word says where it stands. */
export interface ServerName extends HostName {
  readonly word: Word;
}

/** Reads a `server_name` line; names that cannot be matched are reported and left out. */
export function parseServerNames(
  words: readonly Word[],
  context: ParseContext,
): readonly ServerName[] {
  return words.flatMap((word) => {
    if (word.text.startsWith('~')) return readRegex(word, context);
    const name = readName(word, context);
    return name === undefined ? [] : [{ name, pattern: undefined, word }];
  });
}

/** `~regex`: case ignored, as hosts are in lower case anyway. */
function readRegex(word: Word, { node, problems, tools }: ParseContext): ServerName[] {
  const source = word.text.slice(1);
  const place = placeOfWord(node, word);
  if (source === '') {
    problems.emerg(place, 'empty regex in server name "~"');
    return [];
  }
  const pattern = tools.compilePattern?.(source, true, place, problems);
  return pattern === undefined ? [] : [{ name: word.text, pattern, word }];
}

function readName(word: Word, context: ParseContext): string | undefined {
  const { text } = word;
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
