/** The words of `return`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { ReturnHandler } from './model.ts';

/** Statuses whose second word is where to go, not what to say. */
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** nginx takes a lone URL for a redirect only when it begins like one. */
const URL_START = /^(https?:\/\/|\$scheme)/;

/** Reads a `return` line; undefined after reporting what is wrong with it. */
export function parseReturn(
  words: readonly Word[],
  context: ParseContext,
): ReturnHandler | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  if (second === undefined && URL_START.test(first.text)) {
    const location = compileWord<Exchange>(first, context);
    return location === undefined ? undefined : { kind: 'return', status: 302, location };
  }
  if (!/^\d{1,3}$/.test(first.text)) {
    return reportInvalid(context, first, 'return code', 'write a status from 0 to 999 or a URL');
  }
  const status = Number(first.text);
  if (second === undefined) return { kind: 'return', status };
  const value = compileWord<Exchange>(second, context);
  if (value === undefined) return undefined;
  // nginx: an error without a word of its own has its page.
  if (value.constant === '' && status >= 400) return { kind: 'return', status };
  return REDIRECTS.has(status)
    ? { kind: 'return', status, location: value }
    : { kind: 'return', status, body: value };
}
