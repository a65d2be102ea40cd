/** The words of `if`: what is asked, compiled to a function of the exchange. */

import { type Stats, statSync } from 'node:fs';
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern, ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/**
 * Data path: whether an `if` holds now. Captures of its regular expression are kept; when it does not
 * match, those of before are gone, as in nginx.
 */
export type Condition = (exchange: Exchange) => boolean;

const ADVICE = 'write ($variable), ($variable = text), ($variable ~ regex) or (-f path)';
const REGEX = /^!?~\*?$/;
const FILE_TEST = /^!?-[fdex]$/;

/** Reads `(…)`; undefined after reporting what is wrong with it. */
export function parseCondition(
  words: readonly Word[],
  context: ParseContext,
): Condition | undefined {
  const inner = withoutParentheses(words);
  const [first, operator, last, surplus] = inner ?? [];
  if (first === undefined || surplus !== undefined) return invalid(words, context);
  if (/^\$./.test(first.text)) {
    const subject = compileWord<Exchange>(first, context);
    if (operator === undefined) return subject && isSet(subject);
    if (last === undefined) return invalid(words, context);
    return subject && comparison(subject, operator, last, context);
  }
  if (FILE_TEST.test(first.text) && operator !== undefined && last === undefined) {
    const path = compileWord<Exchange>(operator, context);
    return path && fileTest(first.text, path);
  }
  return invalid(words, context);
}

function invalid(words: readonly Word[], context: ParseContext): undefined {
  return reportInvalid(context, words[0] as Word, 'condition', ADVICE);
}

/** The parentheses may stand alone or touch the words beside them. */
function withoutParentheses(words: readonly Word[]): Word[] | undefined {
  const [first] = words;
  const last = words.at(-1);
  if (first?.text.startsWith('(') !== true || last?.text.endsWith(')') !== true) return undefined;
  const opened = words.map((word, at) =>
    at === 0 ? { ...word, text: word.text.slice(1), column: word.column + 1 } : word,
  );
  const closed = opened.map((word, at) =>
    at === opened.length - 1 ? { ...word, text: word.text.slice(0, -1) } : word,
  );
  return closed.filter(({ text }, at) => text !== '' || (at > 0 && at < closed.length - 1));
}

/** nginx: neither empty nor "0". */
function isSet(subject: ComplexValue<Exchange>): Condition {
  return (exchange) => {
    const text = subject.evaluate(exchange);
    return text !== '' && text !== '0';
  };
}

function comparison(
  subject: ComplexValue<Exchange>,
  operator: Word,
  operand: Word,
  context: ParseContext,
): Condition | undefined {
  const { text } = operator;
  const isNegated = text.startsWith('!');
  if (text === '=' || text === '!=') {
    const value = compileWord<Exchange>(operand, context);
    if (value === undefined) return undefined;
    return (exchange) => {
      return (subject.evaluate(exchange) === value.evaluate(exchange)) !== isNegated;
    };
  }
  const { node, problems, tools } = context;
  if (!REGEX.test(text)) {
    problems.emerg(placeOfWord(node, operator), `unexpected "${text}" in condition`, ADVICE);
    return undefined;
  }
  const place = placeOfWord(node, operand);
  const pattern: CapturingPattern<Exchange> | undefined = tools.compilePattern?.(
    operand.text,
    text.endsWith('*'),
    place,
    problems,
  );
  if (pattern === undefined) return undefined;
  return (exchange) => {
    const captures = pattern.exec(subject.evaluate(exchange));
    if (captures === undefined) exchange.variables.captures = undefined;
    else pattern.keep(exchange, captures);
    return (captures !== undefined) !== isNegated;
  };
}

/** `-f` file, `-d` directory, `-e` either, `-x` executable; the disk is asked each time, as in nginx. */
function fileTest(test: string, path: ComplexValue<Exchange>): Condition {
  const isNegated = test.startsWith('!');
  const holds = FILE_TESTS[test.at(-1) as keyof typeof FILE_TESTS];
  return (exchange) => {
    const found = statusOf(path.evaluate(exchange));
    return (found !== undefined && holds(found)) !== isNegated;
  };
}

const EXECUTABLE_BY_OWNER = 0o100;

const FILE_TESTS = {
  f: (found: Stats) => found.isFile(),
  d: (found: Stats) => found.isDirectory(),
  e: () => true,
  x: ({ mode }: Stats) => (mode & EXECUTABLE_BY_OWNER) !== 0,
};

/** Undefined when there is nothing of that name, or it cannot be asked for. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  } catch {
    return undefined; // no permission, a name too long, a NUL in it
  }
}
