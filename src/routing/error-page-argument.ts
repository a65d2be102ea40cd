/** The words of `error_page`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { ErrorPage } from './model.ts';

/** One `error_page` line: the statuses it is about, and what becomes of them. */
export interface ErrorPageArgument {
  readonly statuses: readonly number[];
  readonly page: ErrorPage;
  /** The last word, for problems with what it names. */
  readonly target: Word;
}

/** Statuses of nginx that never leave it, and what they are to a client (and here). */
const INTERNAL_STATUSES: ReadonlyMap<number, number> = new Map([[494, 431]]);
const CLIENT_CLOSED = 499;

/** Reads an `error_page` line; undefined after reporting what is wrong with it. */
export function parseErrorPage(
  words: readonly Word[],
  context: ParseContext,
): ErrorPageArgument | undefined {
  const target = words.at(-1);
  if (target === undefined) return undefined;
  const before = words.slice(0, -1);
  const change = before.at(-1)?.text.startsWith('=') === true ? before.pop() : undefined;
  const statuses = before.map((word) => parseStatus(word, context));
  const response = change === undefined ? 'original' : parseResponse(change, context);
  const page = parseTarget(target, context, response);
  if (before.length === 0) {
    const advice = 'write the statuses before it, as in "error_page 502 504 /sorry"';
    return reportInvalid(context, change ?? target, 'value', advice);
  }
  const known = statuses.filter((status) => status !== undefined);
  if (page === undefined || known.length < statuses.length) return undefined;
  return { statuses: known.map((code) => INTERNAL_STATUSES.get(code) ?? code), page, target };
}

function parseStatus(word: Word, context: ParseContext): number | undefined {
  const status = /^\d{3}$/.test(word.text) ? Number(word.text) : 0;
  if (status === CLIENT_CLOSED) {
    return reportInvalid(context, word, 'status', 'nobody is left to read the answer');
  }
  if (status >= 300 && status <= 599) return status;
  return reportInvalid(context, word, 'status', 'it must be between 300 and 599');
}

/** `=` or `=code`. */
function parseResponse(word: Word, context: ParseContext): ErrorPage['response'] | undefined {
  const text = word.text.slice(1);
  if (text === '') return 'own';
  const status = /^\d{3}$/.test(text) ? Number(text) : 0;
  if (status >= 200 && status <= 599) return status;
  return reportInvalid(context, word, 'status', 'write "=" or, as in "=200", one from 200 to 599');
}

function parseTarget(
  word: Word,
  context: ParseContext,
  response: ErrorPage['response'] | undefined,
): ErrorPage | undefined {
  const { text } = word;
  // A line break would begin another field, or another line of the request to an endpoint.
  if (/[\x00-\x20\x7f]/.test(text)) {
    return reportInvalid(context, word, 'URI', 'it holds a blank or a control character');
  }
  const target = compileWord<Exchange>(word, context);
  if (target === undefined || response === undefined) return undefined;
  if (text.startsWith('@')) {
    if (target.constant !== undefined && text.length > 1)
      return { kind: 'named', target, response };
    return reportInvalid(context, word, 'location name', 'write "@name", without variables');
  }
  if (text.startsWith('/')) return { kind: 'path', target, response };
  // What a variable begins is known when it has a value: nginx looks at its first character.
  if (/^(https?:\/\/|\$)/i.test(text)) return { kind: 'url', target, response };
  const advice = 'it must begin with "/", "@", "http://" or "https://"';
  return reportInvalid(context, word, 'URI', advice);
}
