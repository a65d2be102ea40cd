/** The words of `fault`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import {
  compileWord,
  parseInteger,
  parseSizeWord,
  parseTimeWord,
  reportInvalid,
} from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { type Place, placeOf } from '#src/schema/problem.ts';
import type { Word } from '#src/schema/tree.ts';

/** One `fault`: what happens to some of the requests that a location passes on. */
export interface FaultRule {
  /** `abort`; 0: it goes on. 444 closes the connection without an answer. */
  readonly status: number;
  /** `delay`; 0: none. */
  readonly delayMs: number;
  /** `rate` towards the client; 0: as fast as it can. */
  readonly bytesPerSec: number;
  /** 0 < … ≤ 100. */
  readonly percent: number;
  /** `if`: not while it is empty or `0`; undefined: always. */
  readonly condition: ComplexValue<Exchange> | undefined;
  readonly place: Place;
}

type Draft = { -readonly [K in keyof FaultRule]: FaultRule[K] };

const KNOWN = 'known are abort=, delay=, rate=, percent= and if=';
const PERCENT = /^\d{1,3}(?:\.\d{1,4})?$/;

/** Reads `off`, or the parameters in any order; undefined after reporting what is wrong. */
export function parseFault(
  words: readonly Word[],
  context: ParseContext,
): FaultRule | 'off' | undefined {
  const [first, second] = words;
  if (first === undefined) return undefined;
  if (first.text === 'off') {
    return second === undefined
      ? 'off'
      : reportInvalid(context, second, 'parameter', '"off" takes none');
  }
  const draft: Draft = {
    status: 0,
    delayMs: 0,
    bytesPerSec: 0,
    percent: 100,
    condition: undefined,
    place: placeOf(context.node),
  };
  const names = new Set<string>();
  for (const word of words) {
    const name = word.text.split('=', 1)[0] as string;
    if (names.has(name)) {
      return reportInvalid(context, word, 'parameter', `"${name}" stands here twice`);
    }
    names.add(name);
    if (!readParameter(name, word, draft, context)) return undefined;
  }
  if (draft.status > 0 || draft.delayMs > 0 || draft.bytesPerSec > 0) return draft;
  return reportInvalid(context, first, 'parameter', 'say what happens: abort=, delay= or rate=');
}

/** False after reporting a problem. */
function readParameter(name: string, word: Word, draft: Draft, context: ParseContext): boolean {
  const value = { ...word, text: word.text.slice(name.length + 1) };
  switch (value.text === '' ? '' : name) {
    case 'abort':
      return set(parseInteger(value, context, { min: 400, max: 599 }), (it) => (draft.status = it));
    case 'delay':
      return set(parseTimeWord(value, context, { min: '1ms' }), (it) => (draft.delayMs = it));
    case 'rate':
      return set(parseSizeWord(value, context, { min: '1' }), (it) => (draft.bytesPerSec = it));
    case 'percent':
      draft.percent = PERCENT.test(value.text) ? Number(value.text) : 0;
      if (draft.percent > 0 && draft.percent <= 100) return true;
      reportInvalid(context, word, 'percentage', 'it is above 0 and at most 100, such as 0.5');
      return false;
    case 'if':
      draft.condition = compileWord<Exchange>(value, context);
      return draft.condition !== undefined;
  }
  reportInvalid(context, word, 'parameter', KNOWN);
  return false;
}

function set(value: number | undefined, keep: (value: number) => void): boolean {
  if (value === undefined) return false;
  keep(value);
  return true;
}
