/** Data path. Replacing the beginning, or the whole, of a value by what a directive says. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Rewrite } from './rewriting-arguments.ts';

/** By the first whose pattern the value begins with; undefined when none fits. */
export function rewritePrefix(
  exchange: Exchange,
  value: string,
  rewrites: readonly Rewrite[],
): string | undefined {
  for (const { pattern, replacement } of rewrites) {
    const prefix = pattern.constant ?? pattern.evaluate(exchange);
    if (!value.startsWith(prefix)) continue;
    return `${replacement.constant ?? replacement.evaluate(exchange)}${value.substring(prefix.length)}`;
  }
  return undefined;
}

/** By the first that names the domain, case ignored; a dot in front of it stays. */
export function rewriteDomain(
  exchange: Exchange,
  value: string,
  rewrites: readonly Rewrite[],
): string | undefined {
  const dot = value.startsWith('.') ? '.' : '';
  const domain = value.substring(dot.length).toLowerCase();
  for (const { pattern, replacement } of rewrites) {
    if ((pattern.constant ?? pattern.evaluate(exchange)).toLowerCase() !== domain) continue;
    return `${dot}${replacement.constant ?? replacement.evaluate(exchange)}`;
  }
  return undefined;
}
