/**
 * Data path. How the requests of one location look to its upstream: which fields go on, which are
 * set, what the target becomes. Compiled when the configuration loads.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { type AddedFields, FieldEdits } from '#src/http/field-edits.ts';
import { F_EXPECT, F_HOST } from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { escapePath } from '#src/http/target.ts';
import type { Location, ProxyHandler } from '#src/routing/model.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type {} from './directives.ts';

interface SetField {
  readonly name: string;
  readonly value: ComplexValue<Exchange>;
}

const TAB = 0x09;
const SPACE = 0x20;
const DELETE = 0x7f;

/** A value with a control byte would split the head (H1-14): `$uri` holds decoded bytes. */
function isClean(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if ((code < SPACE && code !== TAB) || code === DELETE) return false;
  }
  return true;
}

export class RequestPlan {
  readonly edits: FieldEdits;
  readonly #fields: readonly SetField[];
  /** Length of the location's prefix that `uri` replaces. */
  readonly #prefixLength: number;
  readonly #uri: string | undefined;

  constructor(location: Location, handler: ProxyHandler) {
    const { setHeaders } = location.proxy;
    const setNames = setHeaders.map(([name]) => name);
    this.edits = new FieldEdits([...HOP_BY_HOP_IDS, F_EXPECT, F_HOST], setNames);
    const isHostSet = setNames.some((name) => name.toLowerCase() === 'host');
    const host: SetField = { name: 'Host', value: constant(handler.hostHeader) };
    this.#fields = [
      ...(isHostSet ? [] : [host]),
      ...setHeaders.map(([name, value]) => ({ name, value })),
    ].filter(({ value }) => value.constant !== ''); // an empty value removes the field
    this.#prefixLength = location.match.path.length;
    this.#uri = handler.uri;
  }

  /** Evaluates the fields to set into `into`. False: a value would split the head. */
  fill(exchange: Exchange, into: AddedFields): boolean {
    into.clear();
    const fields = this.#fields;
    for (let at = 0; at < fields.length; at++) {
      const { name, value } = fields[at] as SetField;
      const text = value.constant ?? value.evaluate(exchange);
      if (text === '') continue;
      if (value.constant === undefined && !isClean(text)) return false;
      into.add(name, text);
    }
    return true;
  }

  /** The target: as it came, or with the URI of proxy_pass for the prefix (semantics.md §2). */
  target(exchange: Exchange): string {
    const { request } = exchange;
    if (this.#uri === undefined) return request.originTarget;
    const rest = escapePath(request.path.substring(this.#prefixLength));
    const query = request.queryAt < 0 ? '' : request.originTarget.substring(request.queryAt);
    return `${this.#uri}${rest}${query}`;
  }
}

function constant(text: string): ComplexValue<Exchange> {
  return { constant: text, evaluate: () => text };
}
