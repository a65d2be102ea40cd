/** The words of `server` in an `upstream` block. */
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';
import { type EndpointTraits, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';

/** A `server` line; its address is resolved when the upstream is built. */
export interface ServerArgument extends EndpointTraits {
  readonly address: Word;
}

type Draft = { -readonly [Key in keyof ServerArgument]: ServerArgument[Key] };

/** Parameters of nginx that this version has not: named, so that none is ignored. */
const NOT_BUILT = ['resolve', 'service'];

/** It is the value of a cookie (RFC 6265 §4.1.1), as long as nginx's may be. */
const ROUTE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,32}$/;
const ROUTE_ADVICE = 'write 1 to 32 letters, digits and other signs that may stand in a cookie';

/** Ranks of `backup`. */
const MAX_TIER = 9;

/** Reads a `server` line; undefined after reporting what is wrong with it. */
export function parseServer(
  words: readonly Word[],
  context: ParseContext,
): ServerArgument | undefined {
  const [address, ...parameters] = words;
  if (address === undefined) return undefined;
  const draft: Draft = {
    address,
    ...USUAL_TRAITS,
  };
  let isGood = true;
  for (const word of parameters) {
    if (!readParameter(word, draft, context)) isGood = false;
  }
  return isGood ? draft : undefined;
}

/** False after reporting a problem. */
function readParameter(word: Word, draft: Draft, context: ParseContext): boolean {
  const equals = word.text.indexOf('=');
  const name = equals < 0 ? word.text : word.text.slice(0, equals);
  const value = { text: word.text.slice(equals + 1), line: word.line, column: word.column };
  if (equals < 0 && (name === 'down' || name === 'drain')) {
    draft[name] = true;
    return true;
  }
  if (name === 'route' && equals > 0) return readRoute(value.text, word, draft, context);
  if (name === 'backup' && equals < 0) {
    draft.tier = 1;
    return true;
  }
  if (name === 'backup') {
    return set(parseInteger(value, context, { min: 1, max: MAX_TIER }), (n) => (draft.tier = n));
  }
  if (name === 'max_conns' && equals > 0) {
    return set(parseInteger(value, context, {}), (n) => (draft.maxConns = n));
  }
  if (name === 'slow_start' && equals > 0) {
    return set(parseTimeWord(value, context), (ms) => (draft.slowStartMs = ms));
  }
  if (name === 'locality' && equals > 0 && value.text !== '') {
    draft.locality = value.text;
    return true;
  }
  if (name === 'weight' && equals > 0) {
    return set(parseInteger(value, context, { min: 1 }), (n) => (draft.weight = n));
  }
  if (name === 'max_fails' && equals > 0) {
    return set(parseInteger(value, context, {}), (n) => (draft.maxFails = n));
  }
  if (name === 'fail_timeout' && equals > 0) {
    return set(parseTimeWord(value, context), (ms) => (draft.failTimeoutMs = ms));
  }
  if (NOT_BUILT.includes(name)) {
    reportNotBuilt(`parameter "${name}" of "server"`, word, context);
    return false;
  }
  reportInvalid(
    context,
    word,
    'parameter',
    'known are weight=, max_conns=, max_fails=, fail_timeout=, slow_start=, locality=, route=, backup, drain and down',
  );
  return false;
}

function readRoute(text: string, word: Word, draft: Draft, context: ParseContext): boolean {
  draft.route = text;
  if (ROUTE.test(text)) return true;
  reportInvalid(context, word, 'parameter', ROUTE_ADVICE);
  return false;
}

function set(value: number | undefined, keep: (value: number) => void): boolean {
  if (value === undefined) return false;
  keep(value);
  return true;
}
