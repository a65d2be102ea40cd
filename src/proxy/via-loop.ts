/** Data path. Whether a request goes in circles: how often we stand in its Via (RFC 9110 §7.6.3). */

import { F_VIA } from '#src/http/field-names.ts';
import type { HeaderMap } from '#src/http/header-map.ts';

/** So many passages are no design any more. */
const MAX_PASSAGES = 10;

/** Whether that pseudonym has passed the request on ten times or more. */
export function isLooping(fields: HeaderMap, pseudonym: string): boolean {
  if (fields.countOf(F_VIA) === 0) return false;
  let passages = 0;
  for (let index = fields.find(F_VIA); index < fields.count; index++) {
    if (fields.idAt(index) === F_VIA) passages += mentions(fields.valueAt(index), pseudonym);
  }
  return passages >= MAX_PASSAGES;
}

/** `1.1 a, 1.1 b (comment)`: the name stands behind a blank and ends where a token does. */
function mentions(value: string, pseudonym: string): number {
  let count = 0;
  for (let at = value.indexOf(pseudonym); at >= 0; at = value.indexOf(pseudonym, at + 1)) {
    const before = value[at - 1];
    const after = value[at + pseudonym.length];
    const isWhole = after === undefined || after === ',' || after === ' ' || after === '\t';
    if (isWhole && (before === ' ' || before === '\t')) count += 1;
  }
  return count;
}
