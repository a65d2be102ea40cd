/** The words of `sticky` in an `upstream` block, nginx's and ours. */
import { compileWord, parseSizeWord, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import type {
  StickyConfig,
  StickyCookie,
  StickyText,
} from '#src/upstream/endpoint/sticky-config.ts';

/** nginx's default. */
const LEARN_TIMEOUT_MS = 600_000;
/** Names of cookies are tokens (RFC 6265 §4.1.1). */
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/;
/** What may stand in an attribute of a cookie (RFC 6265 §4.1.1, av-octet). */
const ATTRIBUTE = /^[\x20-\x3a\x3c-\x7e]+$/;
const SAME_SITE = /^(strict|lax|none)$/i;
/** May stand there several times. */
const MANY = /^(create|lookup|\$.*)$/;
/** Shorter ones can be guessed. */
const LEAST_SECRET = 8;

/** A parameter: `name=value`, or a word alone, whose value is undefined. */
interface Parameter {
  readonly name: string;
  readonly value: Word | undefined;
  readonly word: Word;
}

/** What parameters are read into. */
type Draft = { -readonly [Key in keyof StickyConfig]: StickyConfig[Key] };
type CookieDraft = { -readonly [Key in keyof StickyCookie]: StickyCookie[Key] };

/** Reads one parameter; false after reporting what is wrong with it, undefined: it is not known. */
type Reader = (parameter: Parameter, context: ParseContext) => boolean | undefined;

/** Reads a `sticky` line; undefined after reporting what is wrong with it. */
export function parseSticky(
  words: readonly Word[],
  context: ParseContext,
): StickyConfig | undefined {
  const [mode, ...rest] = words;
  if (mode === undefined) return undefined;
  const draft: Draft = {
    cookie: null,
    lookup: [],
    create: [],
    zone: null,
    timeoutMs: LEARN_TIMEOUT_MS,
    learnsFromHead: false,
    secret: '',
    isStrict: false,
    place: placeOfWord(context.node, mode),
  };
  switch (mode.text) {
    case 'cookie':
      return parseCookie(draft, rest, context);
    case 'route':
      return parseRoute(draft, rest, context);
    case 'learn':
      return parseLearn(draft, rest, context);
    default:
      return reportInvalid(context, mode, 'parameter', 'it must be cookie, route or learn');
  }
}

function parseCookie(
  draft: Draft,
  [name, ...words]: readonly Word[],
  context: ParseContext,
): StickyConfig | undefined {
  if (name === undefined || !TOKEN.test(name.text)) {
    return reportInvalid(context, name ?? context.node.words[0] ?? NO_WORD, 'cookie name');
  }
  const cookie: CookieDraft = {
    name: name.text,
    expires: null,
    domain: null,
    sameSite: null,
    path: '',
    httpOnly: false,
    secure: false,
  };
  const known = 'expires=, domain=, path=, samesite=, httponly, secure, secret= and strict';
  const readers = [cookieReader(cookie), commonReader(draft)];
  return readAll(words, readers, known, context) ? { ...draft, cookie } : undefined;
}

function cookieReader(cookie: CookieDraft): Reader {
  return ({ name, value, word }, context) => {
    if (value === undefined) return readCookieFlag(cookie, name);
    switch (name) {
      case 'expires': {
        const ms = value.text === 'max' ? 'max' : parseTimeWord(value, context);
        if (ms !== undefined) cookie.expires = ms === 'max' ? ms : Math.floor(ms / 1000);
        return ms !== undefined;
      }
      case 'domain':
        cookie.domain = textOf(value, context, ATTRIBUTE) ?? null;
        return cookie.domain !== null;
      case 'samesite':
        cookie.sameSite = textOf(value, context, SAME_SITE) ?? null;
        return cookie.sameSite !== null;
      case 'path':
        cookie.path = value.text;
        return ATTRIBUTE.test(value.text) || fail(context, word, 'no ";" can stand in a path');
      default:
        return undefined;
    }
  };
}

function readCookieFlag(cookie: CookieDraft, name: string): true | undefined {
  if (name === 'httponly') cookie.httpOnly = true;
  else if (name === 'secure') cookie.secure = true;
  else return undefined;
  return true;
}

/** A text that is what it must be, as far as it has no variables. */
function textOf(word: Word, context: ParseContext, pattern: RegExp): StickyText | undefined {
  const value = compileWord<object>(word, context);
  if (value === undefined) return undefined;
  if (value.constant !== undefined && !pattern.test(value.constant)) {
    const advice = pattern === SAME_SITE ? 'it must be strict, lax or none' : undefined;
    return reportInvalid(context, word, 'value', advice);
  }
  return { text: word.text, value };
}

function parseRoute(
  draft: Draft,
  words: readonly Word[],
  context: ParseContext,
): StickyConfig | undefined {
  const lookup: StickyText[] = [];
  const reader: Reader = (parameter, inner) => {
    const { word } = parameter;
    if (!word.text.startsWith('$')) return undefined;
    const text = variableOf(word, inner);
    if (text !== undefined) lookup.push(text);
    return text !== undefined;
  };
  const known = 'known are variables, secret= and strict';
  if (!readAll(words, [reader, commonReader(draft)], known, context)) return undefined;
  if (lookup.length === 0) {
    return reportMissing(context, 'a variable that tells the route, as in "$cookie_route"');
  }
  return { ...draft, lookup };
}

function parseLearn(
  draft: Draft,
  words: readonly Word[],
  context: ParseContext,
): StickyConfig | undefined {
  const [create, lookup]: [StickyText[], StickyText[]] = [[], []];
  const reader: Reader = ({ name, value, word }, inner) => {
    if (name === 'header' && value === undefined) return (draft.learnsFromHead = true);
    if (value === undefined) return undefined;
    if (name === 'create' || name === 'lookup') {
      const text = variableOf(value, inner);
      if (text !== undefined) (name === 'create' ? create : lookup).push(text);
      return text !== undefined;
    }
    if (name === 'zone') return readZone(draft, value, word, inner);
    if (name !== 'timeout') return undefined;
    const ms = parseTimeWord(value, inner, { min: '1s' });
    draft.timeoutMs = ms ?? 0;
    return ms !== undefined;
  };
  const known = 'create=, lookup=, zone=name:size, timeout=, header and strict';
  if (!readAll(words, [reader, commonReader(draft)], known, context)) return undefined;
  for (const [name, isThere] of Object.entries({
    lookup: lookup.length > 0,
    create: create.length > 0,
    zone: draft.zone !== null,
  })) {
    if (!isThere) return reportMissing(context, `"${name}=" is not specified`);
  }
  return { ...draft, create, lookup };
}

function readZone(draft: Draft, value: Word, word: Word, context: ParseContext): boolean {
  const colon = value.text.indexOf(':');
  if (colon < 1) return fail(context, word, 'write a name and a size, as in zone=sessions:1m');
  const size = { ...value, text: value.text.slice(colon + 1) };
  const bytes = parseSizeWord(size, context, { min: '32k', max: '1g' });
  if (bytes !== undefined) draft.zone = { name: value.text.slice(0, colon), bytes };
  return bytes !== undefined;
}

/** nginx takes one variable here, no text. */
function variableOf(word: Word, context: ParseContext): StickyText | undefined {
  if (!/^\$\w+$/.test(word.text)) {
    return reportInvalid(context, word, 'variable name', 'write one variable, as in "$cookie_id"');
  }
  const value = compileWord<object>(word, context);
  return value === undefined ? undefined : { text: word.text, value };
}

/** What all three take, beyond nginx. */
function commonReader(draft: Draft): Reader {
  return ({ name, value, word }, context) => {
    if (name === 'strict' && value === undefined) return (draft.isStrict = true);
    if (name !== 'secret' || value === undefined) return undefined;
    draft.secret = value.text;
    const isLong = Buffer.byteLength(value.text) >= LEAST_SECRET;
    return (
      isLong || fail(context, { ...word, text: 'secret=' }, `write ${LEAST_SECRET} bytes or more`)
    );
  };
}

/** False after reporting each word that is wrong. */
function readAll(
  words: readonly Word[],
  readers: readonly Reader[],
  known: string,
  context: ParseContext,
): boolean {
  let isGood = true;
  const seen = new Set<string>();
  for (const word of words) {
    const parameter = parameterOf(word);
    const { name, value } = parameter;
    const isTwice = seen.has(name) && !MANY.test(name);
    seen.add(name);
    if (value?.text === '') isGood = fail(context, word, 'a value is missing');
    else if (isTwice) isGood = fail(context, word, 'it stands there twice');
    else {
      let isRead: boolean | undefined;
      for (const read of readers) isRead ??= read(parameter, context);
      if (isRead === undefined) isGood = fail(context, word, `known are ${known}`);
      else if (!isRead) isGood = false;
    }
  }
  return isGood;
}

function parameterOf(word: Word): Parameter {
  const equals = word.text.startsWith('$') ? -1 : word.text.indexOf('=');
  if (equals < 0) return { name: word.text, value: undefined, word };
  const value = { ...word, text: word.text.slice(equals + 1) };
  return { name: word.text.slice(0, equals), value, word };
}

function fail(context: ParseContext, word: Word, advice: string): false {
  reportInvalid(context, word, 'parameter', advice);
  return false;
}

function reportMissing({ node, problems }: ParseContext, what: string): undefined {
  problems.emerg(node, `"sticky ${node.words[0]?.text}" is incomplete`, what);
  return undefined;
}

const NO_WORD: Word = { text: '', line: 0, column: 0 };
