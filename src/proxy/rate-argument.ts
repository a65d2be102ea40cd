/** The word of `limit_rate` and its like. */
import { parseSize } from '#src/base/units.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, custom, reportInvalid } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';

/** Bytes, or bytes per second; as text when variables say how many. */
export type Rate = number | ComplexValue<Exchange>;

/** A size that may hold variables; 0 unless written. */
export const rate = custom({
  usage: 'size',
  minWords: 1,
  maxWords: 1,
  default: ['0'],
  parse: parseRate,
});

function parseRate([word]: readonly Word[], context: ParseContext): Rate | undefined {
  if (word === undefined) return undefined;
  const value = compileWord<Exchange>(word, context);
  if (value?.constant === undefined) return value;
  const advice = 'write a number of bytes, with k or m if you like';
  return parseSize(value.constant) ?? reportInvalid(context, word, 'size', advice);
}
