/** The words of `server` in an `upstream` block. */
import { parseInteger, parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Word } from '#src/schema/tree.ts';

/** A `server` line; its address is resolved when the upstream is built. */
export interface ServerArgument {
  readonly address: Word;
  readonly weight: number;
  readonly maxConns: number;
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  readonly backup: boolean;
  readonly down: boolean;
}

type Draft = { -readonly [Key in keyof ServerArgument]: ServerArgument[Key] };

/** Parameters of nginx that this version has not: named, so that none is ignored. */
const NOT_BUILT = ['backup', 'max_conns', 'slow_start', 'resolve', 'service', 'route', 'drain'];

/** Reads a `server` line; undefined after reporting what is wrong with it. */
export function parseServer(
  words: readonly Word[],
  context: ParseContext,
): ServerArgument | undefined {
  const [address, ...parameters] = words;
  if (address === undefined) return undefined;
  const draft: Draft = {
    address,
    weight: 1,
    maxConns: 0,
    maxFails: 1,
    failTimeoutMs: 10_000,
    backup: false,
    down: false,
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
  if (name === 'down' && equals < 0) {
    draft.down = true;
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
    'known are weight=, max_fails=, fail_timeout= and down',
  );
  return false;
}

function set(value: number | undefined, keep: (value: number) => void): boolean {
  if (value === undefined) return false;
  keep(value);
  return true;
}
