/** Data path. Replacing the beginning, or the whole, of a value by what a directive says. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Rewrite } from './rewriting-arguments.ts';

/** nginx: a regular expression that matches somewhere replaces all of the value. */
function rewriteMatch(
  exchange: Exchange,
  value: string,
  regex: CapturingPattern<Exchange>,
  replacement: ComplexValue<Exchange>,
): string | undefined {
  const captures = regex.exec(value);
  if (captures === undefined) return undefined;
  regex.keep(exchange, captures);
  return replacement.constant ?? replacement.evaluate(exchange);
}

/** By the first whose pattern the value begins with, or matches; undefined when none fits. */
export function rewritePrefix(
  exchange: Exchange,
  value: string,
  rewrites: readonly Rewrite[],
): string | undefined {
  for (const { pattern, regex, replacement } of rewrites) {
    if (regex !== undefined) {
      const whole = rewriteMatch(exchange, value, regex, replacement);
      if (whole !== undefined) return whole;
      continue;
    }
    const prefix = pattern.constant ?? pattern.evaluate(exchange);
    if (!value.startsWith(prefix)) continue;
    return `${replacement.constant ?? replacement.evaluate(exchange)}${value.substring(prefix.length)}`;
  }
  return undefined;
}

/** By the first that names or matches the domain, case ignored; of a name, a dot in front of it stays. */
export function rewriteDomain(
  exchange: Exchange,
  value: string,
  rewrites: readonly Rewrite[],
): string | undefined {
  const dot = value.startsWith('.') ? '.' : '';
  const domain = value.substring(dot.length).toLowerCase();
  for (const { pattern, regex, replacement } of rewrites) {
    if (regex !== undefined) {
      const whole = rewriteMatch(exchange, value, regex, replacement);
      if (whole !== undefined) return whole;
      continue;
    }
    if ((pattern.constant ?? pattern.evaluate(exchange)).toLowerCase() !== domain) continue;
    return `${dot}${replacement.constant ?? replacement.evaluate(exchange)}`;
  }
  return undefined;
}
