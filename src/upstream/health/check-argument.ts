/** The words of `health_check`. */
import { MAX_PORT } from '#src/base/address.ts';
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';
import type { CheckConfig } from './check-config.ts';

/** A `health_check` line; what its location adds comes when that is built. */
export interface CheckArgument
  extends Pick<
    CheckConfig,
    | 'kind'
    | 'intervalMs'
    | 'jitterMs'
    | 'fails'
    | 'passes'
    | 'mandatory'
    | 'persistent'
    | 'port'
    | 'keepaliveMs'
  > {
  /** One char per byte. */
  readonly uri: string;
  /** Of a `match` block; undefined without one. */
  readonly match: Word | undefined;
}

type Draft = { -readonly [Key in keyof CheckArgument]: CheckArgument[Key] };

const KNOWN =
  'known are uri=, interval=, jitter=, fails=, passes=, mandatory, persistent, match=, port=, keepalive_time= and type=';
/** Of a request line: no blanks, no controls. */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/;

/** Reads the parameters; undefined after reporting what is wrong with them. */
export function parseCheck(
  words: readonly Word[],
  context: ParseContext,
): CheckArgument | undefined {
  const draft: Draft = {
    kind: 'http',
    uri: '/',
    intervalMs: 5_000,
    jitterMs: 0,
    fails: 1,
    passes: 1,
    mandatory: false,
    persistent: false,
    match: undefined,
    port: 0,
    keepaliveMs: 0,
  };
  let isGood = true;
  const seen = new Set<string>();
  for (const word of words) {
    const [name = ''] = word.text.split('=', 1);
    if (seen.has(name)) {
      reportInvalid(context, word, 'parameter', `"${name}" is given twice`);
      isGood = false;
    }
    seen.add(name);
    if (!readParameter(word, draft, context)) isGood = false;
  }
  return isGood && fitTogether(draft, words, context) ? draft : undefined;
}

/** False after reporting a problem. */
function readParameter(word: Word, draft: Draft, context: ParseContext): boolean {
  const equals = word.text.indexOf('=');
  if (equals < 0) return readFlag(word, draft, context);
  const name = word.text.slice(0, equals);
  const value = { text: word.text.slice(equals + 1), line: word.line, column: word.column };
  switch (name) {
    case 'uri': {
      draft.uri = Buffer.from(value.text, 'utf8').toString('latin1');
      if (TARGET.test(draft.uri)) return true;
      reportInvalid(context, word, 'URI', 'write a path that begins with "/", without blanks');
      return false;
    }
    case 'match':
      draft.match = value;
      if (value.text !== '') return true;
      break;
    case 'interval':
      return set(parseTimeWord(value, context, { min: '1ms' }), (ms) => (draft.intervalMs = ms));
    case 'jitter':
      return set(parseTimeWord(value, context), (ms) => (draft.jitterMs = ms));
    case 'keepalive_time':
      return set(parseTimeWord(value, context), (ms) => (draft.keepaliveMs = ms));
    case 'fails':
      return set(parseInteger(value, context, { min: 1 }), (count) => (draft.fails = count));
    case 'passes':
      return set(parseInteger(value, context, { min: 1 }), (count) => (draft.passes = count));
    case 'port': {
      const limits = { min: 1, max: MAX_PORT };
      return set(parseInteger(value, context, limits), (port) => (draft.port = port));
    }
    case 'type':
      return readType(value, draft, context);
    case 'grpc_service':
    case 'grpc_status':
      reportNotBuilt(`parameter "${name}" of "health_check"`, word, context);
      return false;
  }
  reportInvalid(context, word, 'parameter', KNOWN);
  return false;
}

function readFlag(word: Word, draft: Draft, context: ParseContext): boolean {
  if (word.text === 'mandatory' || word.text === 'persistent') {
    draft[word.text] = true;
    return true;
  }
  reportInvalid(context, word, 'parameter', KNOWN);
  return false;
}

function readType(value: Word, draft: Draft, context: ParseContext): boolean {
  if (value.text === 'grpc') {
    reportNotBuilt('"health_check type=grpc"', value, context);
    return false;
  }
  if (value.text !== 'http' && value.text !== 'tcp') {
    reportInvalid(context, value, 'type', 'it must be http or tcp');
    return false;
  }
  draft.kind = value.text;
  return true;
}

/** What is good alone and not together. */
function fitTogether(draft: Draft, words: readonly Word[], context: ParseContext): boolean {
  const find = (name: string) => words.find(({ text }) => text.split('=', 1)[0] === name);
  const persistent = find('persistent');
  if (persistent !== undefined && !draft.mandatory) {
    reportInvalid(context, persistent, 'parameter', '"persistent" needs "mandatory"');
    return false;
  }
  if (draft.kind === 'http') return true;
  const lost = find('uri') ?? find('keepalive_time');
  if (lost === undefined) return true;
  reportInvalid(context, lost, 'parameter', '"type=tcp" sends no request');
  return false;
}

function set(value: number | undefined, keep: (value: number) => void): boolean {
  if (value === undefined) return false;
  keep(value);
  return true;
}
