/**
 * Data path. OPTIONS where we are the recipient: `OPTIONS *` asks the server as a whole (RFC 9110
 * §9.3.7), and Max-Forwards may say that nobody behind us is meant (§7.6.2).
 */

import { ALLOW, answer } from '#src/exchange/answer.ts';
import type { Exchange } from '#src/exchange/exchange.ts';

const MAX_FORWARDS = 'max-forwards';
const DIGITS = /^\d{1,9}$/;

/** 200 with `Allow` and no body. */
export function answerOptions(exchange: Exchange): void {
  answer(exchange, 200, '', '', [ALLOW]);
}

/**
 * For OPTIONS on its way to an endpoint: true when Max-Forwards was used up and it was answered.
 * Else one is taken off; a value that is no number is left alone (it means nothing).
 */
export function endsHere(exchange: Exchange): boolean {
  const { fields } = exchange.request;
  for (let index = 0; index < fields.count; index++) {
    if (!fields.nameEquals(index, MAX_FORWARDS)) continue;
    const value = fields.valueAt(index);
    if (!DIGITS.test(value)) continue;
    if (Number(value) === 0) {
      answerOptions(exchange);
      return true;
    }
    fields.setValue(index, String(Number(value) - 1).padStart(value.length, '0'));
  }
  return false;
}
