/** The words of `server` in an `upstream` block. */
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { type EndpointTraits, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';

/** A `server` line; its address is resolved when the upstream is built. */
export interface ServerArgument extends EndpointTraits {
  readonly address: Word;
  /** Its name is looked up again and again while traffic flows. */
  readonly resolve: boolean;
  /** Of SRV records, as it is written; '': addresses are looked up. */
  readonly service: string;
}

type Draft = { -readonly [Key in keyof ServerArgument]: ServerArgument[Key] };

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
    resolve: false,
    service: '',
    ...USUAL_TRAITS,
  };
  let isGood = true;
  for (const word of parameters) {
    if (!readParameter(word, draft, context)) isGood = false;
  }
  if (isGood && draft.service !== '' && !draft.resolve) {
    const word = parameters.find(({ text }) => text.startsWith('service=')) ?? address;
    return reportInvalid(context, word, 'parameter', '"service" needs "resolve"');
  }
  return isGood ? draft : undefined;
}

/** False after reporting a problem. */
function readParameter(word: Word, draft: Draft, context: ParseContext): boolean {
  const equals = word.text.indexOf('=');
  const name = equals < 0 ? word.text : word.text.slice(0, equals);
  const value = { text: word.text.slice(equals + 1), line: word.line, column: word.column };
  if (equals < 0 && (name === 'down' || name === 'drain' || name === 'resolve')) {
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
  if (name === 'service' && equals > 0 && value.text !== '') {
    draft.service = value.text;
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
  reportInvalid(
    context,
    word,
    'parameter',
    'known are weight=, max_conns=, max_fails=, fail_timeout=, slow_start=, locality=, route=, service=, resolve, backup, drain and down',
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
