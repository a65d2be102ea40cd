/** Data path. Whether another attempt may follow a failed one (semantics.md §6). */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { type Exchange, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { BODY_NONE } from '#src/http/message.ts';
import { isIdempotent } from '#src/http/method.ts';

/**
 * nginx's default set, `error timeout`: while nothing has gone to the client; after the request was
 * sent only what is idempotent (RFC 9110 §9.2.2) and has no body, which we do not hold any more.
 * An answer that makes no sense is not asked for again: nginx's `invalid_header` is off by default.
 */
export function mayTryAgain(exchange: Exchange, failure: FailureCode, wasSent: boolean): boolean {
  if (exchange.responseState !== RESPONSE_NONE) return false;
  const { retry } = FAILURES[failure];
  if (retry === 'never') return false;
  if (retry === 'always' || !wasSent) return true;
  if (failure === 'upstream_protocol_error' || failure === 'upstream_head_too_large') return false;
  return exchange.request.framing === BODY_NONE && isIdempotent(exchange.request.method);
}
