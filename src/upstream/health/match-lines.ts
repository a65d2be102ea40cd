/** The words of the lines in a `match` block. */
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';
import type { DegradedTest, ExpectTest, HeaderTest, StatusTest, TextTest } from './check-config.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const STATUS = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/;
/** What `require` can ask for: of the answer to the check. */
const REQUIRABLE = /^\$(?:status|upstream_status|upstream_http_[a-z0-9_]+)$/i;

/** Reads `[!] code | first-last …`; undefined after reporting what is wrong, as all here do. */
export function parseStatus(words: readonly Word[], context: ParseContext): StatusTest | undefined {
  const isNot = words[0]?.text === '!';
  const codes = isNot ? words.slice(1) : words;
  const ranges: [number, number][] = [];
  for (const word of codes) {
    const [, first, last = first] = STATUS.exec(word.text) ?? [];
    if (first === undefined || Number(first) > Number(last)) {
      const advice = 'write codes and ranges, as in "200 301-303" or "! 500"';
      return reportInvalid(context, word, 'status', advice);
    }
    ranges.push([Number(first), Number(last)]);
  }
  if (ranges.length === 0) return reportInvalid(context, words[0] ?? NO_WORD, 'status');
  return { isNot, ranges };
}

const NO_WORD: Word = { text: '', line: 0, column: 0 };
const HEADER_ADVICE =
  'write "header NAME", "header ! NAME", or a name, one of = != ~ !~ and a value';

/** Reads `name [= | != | ~ | !~ value]` and `! name`. */
export function parseHeader(words: readonly Word[], context: ParseContext): HeaderTest | undefined {
  const isAbsent = words[0]?.text === '!';
  const [name, sign, value] = isAbsent ? words.slice(1) : words;
  if (name === undefined || (isAbsent && sign !== undefined) || !TOKEN.test(name.text)) {
    return reportInvalid(context, name ?? words[0] ?? NO_WORD, 'header', HEADER_ADVICE);
  }
  const field = name.text.toLowerCase();
  if (sign === undefined) return { name: field, kind: 'exists', text: '', isNot: isAbsent };
  if (!/^!?[=~]$/.test(sign.text) || value === undefined) {
    return reportInvalid(context, sign, 'header', HEADER_ADVICE);
  }
  const isNot = sign.text.startsWith('!');
  const text = bytesOf(value.text);
  if (sign.text.endsWith('=')) return { name: field, kind: 'is', text, isNot };
  return isPattern(value, false, context)
    ? { name: field, kind: 'matches', text, isNot }
    : undefined;
}

/** Reads `~ pattern` and `!~ pattern`. */
export function parseBody([sign, pattern]: readonly Word[], context: ParseContext) {
  if (sign === undefined || pattern === undefined) return undefined;
  if (sign.text !== '~' && sign.text !== '!~') {
    return reportInvalid(context, sign, 'body', 'write "body ~ PATTERN" or "body !~ PATTERN"');
  }
  if (!isPattern(pattern, false, context)) return undefined;
  return { pattern: bytesOf(pattern.text), isNot: sign.text === '!~' } satisfies TextTest;
}

/** Reads `status …`, `header …` or `body …`, each as it would stand alone. */
export function parseDegraded(
  [kind, ...words]: readonly Word[],
  context: ParseContext,
): DegradedTest | undefined {
  if (kind === undefined) return undefined;
  const [first] = words;
  const advice = 'write "degraded status …", "degraded header …" or "degraded body ~ …"';
  if (first === undefined) return reportInvalid(context, kind, 'test', advice);
  switch (kind.text) {
    case 'status': {
      const test = parseStatus(words, context);
      return test && { of: 'status', test };
    }
    case 'header': {
      const test = parseHeader(words, context);
      return test && { of: 'header', test };
    }
    case 'body': {
      if (words.length !== 2) return reportInvalid(context, first, 'test', advice);
      const test = parseBody(words, context);
      return test && { of: 'body', test };
    }
  }
  return reportInvalid(context, kind, 'test', advice);
}

/** Reads `$variable …`: names without `$`, lower case. */
export function parseRequire(
  words: readonly Word[],
  context: ParseContext,
): readonly string[] | undefined {
  for (const word of words) {
    if (!/^\$\w+$/.test(word.text)) {
      return reportInvalid(context, word, 'variable', 'write its name, as in "$upstream_http_x"');
    }
    if (!REQUIRABLE.test(word.text)) {
      const advice = '"$status", "$upstream_status" and "$upstream_http_NAME" can be asked for';
      return reportNotBuilt(`"require ${word.text}"`, word, context, advice);
    }
  }
  return words.map(({ text }) => text.slice(1).toLowerCase());
}

/** Reads `string`, in which `\xHH` is a byte. */
export function parseSend([word]: readonly Word[], _context: ParseContext): string | undefined {
  return word && withHexBytes(word.text);
}

/** Reads `string`, `~ pattern` or `~* pattern`. */
export function parseExpect(
  [first, pattern]: readonly Word[],
  context: ParseContext,
): ExpectTest | undefined {
  if (first === undefined) return undefined;
  if (pattern === undefined) {
    if (first.text === '') return reportInvalid(context, first, 'text', 'it must not be empty');
    return { kind: 'text', text: withHexBytes(first.text), caseless: false };
  }
  if (first.text !== '~' && first.text !== '~*') {
    const advice = 'write a text, "~ PATTERN" or "~* PATTERN"';
    return reportInvalid(context, first, 'parameter', advice);
  }
  const caseless = first.text === '~*';
  if (!isPattern(pattern, caseless, context)) return undefined;
  return { kind: 'pattern', text: bytesOf(pattern.text), caseless };
}

/** False after reporting what is wrong with a regular expression. */
function isPattern(word: Word, caseless: boolean, context: ParseContext): boolean {
  const problem = context.tools.patternProblem?.(bytesOf(word.text), caseless);
  if (problem === undefined) return true;
  reportInvalid(context, word, 'regular expression', problem);
  return false;
}

/** One char per byte: what answers are compared as. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function withHexBytes(text: string): string {
  return bytesOf(text).replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}
