/** The words of the directives that change the fields of an answer. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern, ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** What is found, and what comes in its place. */
export interface Rewrite {
  readonly pattern: ComplexValue<Exchange>;
  /** Matched instead of `pattern`, which is empty then; the replacement has its captures. */
  readonly regex: CapturingPattern<Exchange> | undefined;
  readonly replacement: ComplexValue<Exchange>;
}

/** One `proxy_redirect`, `proxy_cookie_domain` or `proxy_cookie_path`; `default` of the first only. */
export type RewriteArgument = 'off' | 'default' | Rewrite;

/** What becomes of one flag: set, removed, or left as it came. */
type Flag = boolean | undefined;

/** The flags that a `proxy_cookie_flags` changes. */
export interface CookieFlags {
  readonly secure: Flag;
  readonly httpOnly: Flag;
  /** `''` removes the attribute. */
  readonly sameSite: 'Strict' | 'Lax' | 'None' | '' | undefined;
}

/** One `proxy_cookie_flags`. */
export type CookieFlagsArgument =
  | 'off'
  | {
      readonly cookie: ComplexValue<Exchange>;
      /** Matched instead of `cookie`, which is empty then. */
      readonly regex: CapturingPattern<Exchange> | undefined;
      readonly flags: readonly ComplexValue<Exchange>[];
      /** What they mean when none holds a variable. */
      readonly fixed: CookieFlags | undefined;
    };

/** Reads `proxy_redirect default | off | redirect replacement`. */
export function parseRedirect(
  words: readonly Word[],
  context: ParseContext,
): RewriteArgument | undefined {
  const [first, second] = words;
  if (second !== undefined) return parsePair(words, context, false);
  if (first?.text === 'off' || first?.text === 'default') return first.text;
  return invalidParameter(first, context);
}

/** Reads `proxy_cookie_path off | path replacement`. */
export function parseCookiePath(
  words: readonly Word[],
  context: ParseContext,
): RewriteArgument | undefined {
  const [first, second] = words;
  if (second !== undefined) return parsePair(words, context, false);
  return first?.text === 'off' ? 'off' : invalidParameter(first, context);
}

/** Reads `proxy_cookie_domain off | domain replacement`; a dot in front of either means nothing. */
export function parseCookieDomain(
  words: readonly Word[],
  context: ParseContext,
): RewriteArgument | undefined {
  const [first, second] = words;
  if (second !== undefined) return parsePair(words, context, true);
  return first?.text === 'off' ? 'off' : invalidParameter(first, context);
}

function invalidParameter(word: Word | undefined, context: ParseContext): undefined {
  if (word !== undefined) reportInvalid(context, word, 'parameter');
  return undefined;
}

/** Of domains, the case of letters and a dot in front mean nothing. */
function parsePair(
  [found, instead]: readonly Word[],
  context: ParseContext,
  isDomain: boolean,
): Rewrite | undefined {
  if (found === undefined || instead === undefined) return undefined;
  const prepare = ({ text, ...word }: Word): Word => {
    return { ...word, text: isDomain ? text.replace(/^\./, '') : text };
  };
  if (found.text.startsWith('~')) {
    const regex = isDomain
      ? compileRegex(found, 1, true, context)
      : compileRegex(found, found.text[1] === '*' ? 2 : 1, found.text[1] === '*', context);
    const replacement = compileClean(prepare(instead), context);
    if (regex === undefined || replacement === undefined) return undefined;
    return { pattern: NOTHING, regex, replacement };
  }
  const pattern = compileWord<Exchange>(prepare(found), context);
  const replacement = compileClean(prepare(instead), context);
  if (pattern === undefined || replacement === undefined) return undefined;
  return { pattern, regex: undefined, replacement };
}

const NOTHING: ComplexValue<Exchange> = { constant: '', isOfConnection: true, evaluate: () => '' };

/** What is behind the `~` or `~*`; undefined after reporting what is wrong with it. */
function compileRegex(
  word: Word,
  from: number,
  caseless: boolean,
  { node, problems, tools }: ParseContext,
): CapturingPattern<Exchange> | undefined {
  return tools.compilePattern?.(word.text.slice(from), caseless, placeOfWord(node, word), problems);
}

/** RFC 9110 §5.5: a line break in a value would begin another field. */
function compileClean(word: Word, context: ParseContext): ComplexValue<Exchange> | undefined {
  if (/[\r\n\0]/.test(word.text)) {
    return reportInvalid(context, word, 'field value', 'it holds a line break or a zero byte');
  }
  return compileWord<Exchange>(word, context);
}

const FLAGS: ReadonlyMap<string, Partial<CookieFlags>> = new Map([
  ['secure', { secure: true }],
  ['nosecure', { secure: false }],
  ['httponly', { httpOnly: true }],
  ['nohttponly', { httpOnly: false }],
  ['samesite=strict', { sameSite: 'Strict' }],
  ['samesite=lax', { sameSite: 'Lax' }],
  ['samesite=none', { sameSite: 'None' }],
  ['nosamesite', { sameSite: '' }],
]);

/** Reads `proxy_cookie_flags off | cookie [flag …]`. */
export function parseCookieFlags(
  [first, ...rest]: readonly Word[],
  context: ParseContext,
): CookieFlagsArgument | undefined {
  if (first === undefined) return undefined;
  if (rest.length === 0 && first.text === 'off') return 'off';
  const isRegex = first.text.startsWith('~');
  const regex = isRegex ? compileRegex(first, 1, true, context) : undefined;
  const cookie = isRegex ? regex && NOTHING : compileWord<Exchange>(first, context);
  if (rest.length === 0) return reportInvalid(context, first, 'parameter', 'no flag follows it');
  const flags: ComplexValue<Exchange>[] = [];
  for (const word of rest) {
    const flag = compileWord<Exchange>(word, context);
    if (flag?.constant !== undefined && !FLAGS.has(flag.constant.toLowerCase())) {
      const advice = `write ${[...FLAGS.keys()].join(', ')}`;
      return reportInvalid(context, word, 'parameter', advice);
    }
    if (flag !== undefined) flags.push(flag);
  }
  if (cookie === undefined || flags.length < rest.length) return undefined;
  const isFixed = flags.every(({ constant }) => constant !== undefined);
  const fixed = isFixed ? flagsOf(flags.map(({ constant = '' }) => constant)) : undefined;
  return { cookie, regex, flags, fixed };
}

/** What flags as text mean together; a text that names none means nothing. */
export function flagsOf(texts: readonly string[]): CookieFlags {
  let flags: CookieFlags = { secure: undefined, httpOnly: undefined, sameSite: undefined };
  for (const text of texts) flags = { ...flags, ...FLAGS.get(text.toLowerCase()) };
  return flags;
}

/** A field name is a token (RFC 9110 §5.6.2). */
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Reads the name of `proxy_hide_header` and `proxy_pass_header`, in lower case. */
export function parseFieldName([word]: readonly Word[], context: ParseContext): string | undefined {
  if (word === undefined) return undefined;
  if (!FIELD_NAME.test(word.text)) return reportInvalid(context, word, 'field name');
  return word.text.toLowerCase();
}

/** nginx acts on these; Weir on `X-Accel-Buffering`, `X-Accel-Limit-Rate` and `X-Accel-Redirect`. */
const IGNORABLE: ReadonlySet<string> = new Set([
  'x-accel-redirect',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-buffering',
  'x-accel-charset',
  'expires',
  'cache-control',
  'set-cookie',
  'vary',
]);

/** Reads `proxy_ignore_headers field …`, in lower case. */
export function parseIgnoredFields(
  words: readonly Word[],
  context: ParseContext,
): readonly string[] | undefined {
  for (const word of words) {
    if (IGNORABLE.has(word.text.toLowerCase())) continue;
    return reportInvalid(context, word, 'value', `it must be one of ${[...IGNORABLE].join(', ')}`);
  }
  return words.map(({ text }) => text.toLowerCase());
}

/** RFC 9110 §9.1: a token. CONNECT would make a tunnel of the connection. */
const METHOD = /^(?!CONNECT$)[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;

/** Whether that can be sent as a method. */
export function isMethod(text: string): boolean {
  return METHOD.test(text);
}

/** Reads `proxy_method`. */
export function parseMethod(
  [word]: readonly Word[],
  context: ParseContext,
): ComplexValue<Exchange> | undefined {
  if (word === undefined) return undefined;
  const value = compileWord<Exchange>(word, context);
  if (value?.constant === undefined || isMethod(value.constant)) return value;
  return reportInvalid(context, word, 'method', 'it must be a token other than CONNECT');
}

/** One `add_header`. */
export interface AddHeaderArgument {
  readonly name: string;
  readonly value: ComplexValue<Exchange>;
  /** Whatever the status is. */
  readonly always: boolean;
}

/** Who could set these could make two parties disagree on where a message ends (RFC 9112 §11.2). */
const FRAMING_FIELDS = new Set(['content-length', 'transfer-encoding']);

/** Reads `add_header name value [always]`, and the same of `add_trailer`. */
export function parseAddHeader(
  [name, text, last]: readonly Word[],
  context: ParseContext,
): AddHeaderArgument | undefined {
  if (name === undefined || text === undefined) return undefined;
  if (!FIELD_NAME.test(name.text)) return reportInvalid(context, name, 'field name');
  if (FRAMING_FIELDS.has(name.text.toLowerCase())) {
    const advice = 'it decides where a message ends, so Weir writes it itself';
    return reportInvalid(context, name, 'field', advice);
  }
  if (last !== undefined && last.text !== 'always') {
    return reportInvalid(context, last, 'parameter', 'only "always" may follow the value');
  }
  const value = compileClean(text, context);
  return value === undefined ? undefined : { name: name.text, value, always: last !== undefined };
}
