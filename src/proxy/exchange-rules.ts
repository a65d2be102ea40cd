/** Data path. Small decisions about one exchange that the attempt makes. */

import { keepChallenge } from '#src/exchange/answer.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { F_TE, F_UPGRADE, F_X_ACCEL_BUFFERING } from '#src/http/field-names.ts';
import { BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { reasonPhrase } from '#src/http/status.ts';
import type { ResponseLimits } from '#src/spool/response-store.ts';
import type { ProxiedLocation } from './proxied-location.ts';

/** `TE: trailers`: the client will take them (RFC 9110 §10.1.4). */
export function takesTrailers({ request: { fields } }: Exchange): boolean {
  return /(?:^|,)[ \t]*trailers[ \t]*(?:,|;|$)/i.test(fields.get(F_TE) ?? '');
}

/**
 * Whether the body can still go to an endpoint. It cannot when an error page is a GET, or when what
 * came before that page has used the body up; the request then has none.
 */
export function keepsBody(exchange: Exchange): boolean {
  const isUsedUp =
    exchange.requestStore === undefined && (exchange.requestBodyBytes > 0 || exchange.requestEnded);
  if (!isUsedUp && !exchange.dropsBody) return true;
  exchange.request.framing = BODY_NONE;
  return false;
}

/** A body that a location kept to itself (`proxy_pass_request_body off`) is its error page's again. */
export function restoreBody({ dropsBody, request, requestStore }: Exchange): void {
  if (request.framing !== BODY_NONE || dropsBody || requestStore === undefined) return;
  if (requestStore.bytes === 0) return;
  request.framing = BODY_LENGTH;
  request.bodyBytes = requestStore.bytes;
}

/** The 101 of the endpoint changes to what the client asked for (RFC 9110 §7.8, §16.7). */
export function mayUpgrade(exchange: Exchange, { plan }: ProxiedLocation): boolean {
  if (!plan.wantsUpgrade(exchange)) return false;
  const chosen = exchange.response.fields.get(F_UPGRADE) ?? '';
  return chosen.toLowerCase() === exchange.request.upgrade.toLowerCase();
}

/** Where a response waits for its client, by `X-Accel-Buffering` of the endpoint, too (nginx). */
export function limitsFor(
  { response: { fields } }: Exchange,
  { ignoresBufferingWish, responseLimits, wishedLimits }: ProxiedLocation,
): ResponseLimits | undefined {
  const isWished =
    !ignoresBufferingWish && fields.get(F_X_ACCEL_BUFFERING)?.toLowerCase() === 'yes';
  return isWished ? wishedLimits : responseLimits;
}

/** An error page that keeps the status of the error (`error_page` without `=`). */
export function overrideStatus(exchange: Exchange): void {
  const { isTunnel, response, statusOverride } = exchange;
  if (statusOverride === 0 || isTunnel) return;
  response.status = statusOverride;
  response.reason = reasonPhrase(statusOverride);
  keepChallenge(exchange);
}

/** `early_hints`: some value is neither empty nor "0". */
export function passesHints(exchange: Exchange, { earlyHints }: ProxiedLocation): boolean {
  return earlyHints.some((value) => {
    const text = value.constant ?? value.evaluate(exchange);
    return text !== '' && text !== '0';
  });
}
