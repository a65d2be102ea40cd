/** Data path. Fields that a location adds to its answers, whoever made them (`add_header`). */

import { HIDDEN_IDS } from '#src/http/field-edits.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP, MAX_FIELDS } from '#src/http/header-map.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { Exchange } from './exchange.ts';

/** One `add_header`. */
export interface AddedField {
  readonly name: string;
  readonly value: ComplexValue<Exchange>;
  /** Whatever the status is. */
  readonly always: boolean;
  /** In place of a field: changes the head. False: the body of the response must not go with it. */
  readonly edit?: (exchange: Exchange) => boolean;
}

declare module './exchange.ts' {
  interface ExchangeLimits {
    /** What `add_header` adds to responses; absent where it adds nothing. */
    readonly addedFields?: readonly AddedField[];
  }
}

/** nginx: statuses whose answers get fields without `always`. */
const ADDED_STATUSES: ReadonlySet<number> = new Set([
  200, 201, 204, 206, 301, 302, 303, 304, 307, 308,
]);
/** Of these there is one: an added one takes the place of what is there, an empty one removes it. */
const REPLACED_NAMES: ReadonlySet<string> = new Set(['etag', 'last-modified']);
/** Splits a head, or is no text at all (RFC 9110 §5.5). */
const UNCLEAN = /[\0-\x08\x0a-\x1f\x7f]/;

/** Fields without `always` are for such answers. */
export function isUsualStatus({ response: { status } }: Exchange): boolean {
  return ADDED_STATUSES.has(status);
}

/** What variables came to cannot be sent. */
export function isUnclean(text: string): boolean {
  return UNCLEAN.test(text);
}

/**
 * Behind what is there. A head that is full (100 fields) gets none.
 * @returns false: the head stands alone now, and the body must not follow
 */
export function addFields(exchange: Exchange, added: readonly AddedField[]): boolean {
  const { fields } = exchange.response;
  const isUsual = isUsualStatus(exchange);
  for (const { always, edit, name, value } of added) {
    if (edit?.(exchange) === false) return false;
    if (!isUsual && !always) continue;
    const text = value.constant ?? value.evaluate(exchange);
    if (value.constant === undefined && isUnclean(text)) continue;
    const id = fieldIdOf(name);
    if (REPLACED_NAMES.has(name.toLowerCase())) dropAll(fields, id);
    if (text === '' || fields.count === MAX_FIELDS) continue;
    // Id 0: what is added goes on, also where the endpoint's field of that name does not.
    fields.append(HIDDEN_IDS.includes(id) || HOP_BY_HOP_IDS.includes(id) ? 0 : id, name, text);
  }
  return true;
}

function dropAll(fields: HeaderMap, id: number): void {
  for (let index = 0; index < fields.count; index++) {
    if (fields.idAt(index) === id) fields.mark(index, MARK_DROP);
  }
}
