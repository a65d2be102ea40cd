/** Data path. Whether another attempt may follow a failed one (semantics.md §6). */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { type Exchange, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { isIdempotent } from '#src/http/method.ts';
import type { NextUpstream } from './next-upstream-argument.ts';

const KEY_FIELD = 'idempotency-key';

/** `proxy_next_upstream` and its bounds, of one location. */
export interface RetryRules {
  readonly on: NextUpstream;
  /** `idempotency_key`, and the field goes on to the endpoint as the client wrote it. */
  readonly honoursKey: boolean;
  /** All tries of an exchange; 0 is unlimited. */
  readonly maxTries: number;
  /** From the first try; 0 is unlimited. */
  readonly timeoutMs: number;
}

/** What the try before has left behind. */
export interface TryState {
  /** Some of the request has left for the endpoint. */
  readonly wasSent: boolean;
  /** We hold all that has to be sent again. */
  readonly isReplayable: boolean;
}

/**
 * After a failure: while nothing has gone to the client, for the kinds of failure that
 * `proxy_next_upstream` lists; once the request was sent only when it is held and idempotent
 * (RFC 9110 §9.2.2), or `non_idempotent` is listed, or `idempotency_key` and it has one.
 */
export function mayTryAgain(
  exchange: Exchange,
  failure: FailureCode,
  rules: RetryRules,
  state: TryState,
): boolean {
  if (FAILURES[failure].retry === 'never' || !isListed(failure, rules.on)) return false;
  return maySendAgain(exchange, rules, state);
}

/** Statuses that count against the endpoint when they lead to another try (nginx: not 403, 404). */
export function isFailureStatus(status: number): boolean {
  return status >= 500 || status === 429;
}

/** Whether the same request may go to another endpoint, for whatever reason. */
export function maySendAgain(
  exchange: Exchange,
  { honoursKey, on }: RetryRules,
  state: TryState,
): boolean {
  if (exchange.responseState !== RESPONSE_NONE || !state.isReplayable) return false;
  if (!state.wasSent || on.nonIdempotent || isIdempotent(exchange.request.method)) return true;
  return honoursKey && hasIdempotencyKey(exchange);
}

/**
 * By the key the endpoint knows a request that it has seen
 * (draft-ietf-httpapi-idempotency-key-header: one field, a string that is not empty).
 */
function hasIdempotencyKey({ request: { fields } }: Exchange): boolean {
  const key = fields.lookUp(KEY_FIELD);
  if (key === undefined || key === '' || key === '""') return false;
  return key === fields.joined(KEY_FIELD, ',');
}

function isListed(failure: FailureCode, on: NextUpstream): boolean {
  switch (failure) {
    case 'upstream_connect_timeout':
    case 'upstream_send_timeout':
    case 'upstream_header_timeout':
    case 'upstream_try_timeout':
      return on.timeout;
    case 'upstream_protocol_error':
    case 'upstream_head_too_large':
      return on.invalidHeader;
    default:
      return on.error;
  }
}

/** Whether a try that failed so was work for its endpoint: it had a connection. */
export function hasReached(failure: FailureCode): boolean {
  return FAILURES[failure].retry !== 'always';
}
