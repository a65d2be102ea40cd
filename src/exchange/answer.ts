/**
 * Data path. Responses we make ourselves: for what fails, for `return`, for status pages. They go
 * the same way as an endpoint's answer, so every protocol sends them alike.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { MAX_FIELDS } from '#src/http/header-map.ts';
import { BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { hasNoBody, reasonPhrase } from '#src/http/status.ts';
import { type Exchange, RESPONSE_NONE } from './exchange.ts';
import { hasPage, statusBody } from './status-body.ts';

/** Pairs of name and value. */
type Fields = readonly (readonly [name: string, value: string])[];

/** Lower-cased name of the field; it has no id. */
export const CHALLENGE = 'www-authenticate';

const NO_FIELDS: Fields = [];
/** What may be asked of one location or another; CONNECT and TRACE are refused everywhere. */
export const ALLOW = ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'] as const;
/** RFC 9110 §15.5.6: a 405 says which methods there are. */
const ONLY_ALLOW: Fields = [ALLOW];
/** The page depends on it (RFC 9110 §12.5.5): a cache must not give the one for the other. */
const VARIES = ['Vary', 'Accept'] as const;

/**
 * Answers with that status, or the one that an error page keeps, and body (one char per byte).
 * Nothing may have been answered before. `fields` are pairs of name and value, clean of control
 * bytes; `contentType` is '' for answers that have no text.
 */
export function answer(
  exchange: Exchange,
  status: number,
  body: string,
  contentType: string,
  fields: Fields = NO_FIELDS,
): void {
  const { response, downstream } = exchange;
  if (downstream === undefined || exchange.responseState !== RESPONSE_NONE) return;
  exchange.handler = undefined;
  response.reset();
  response.status = exchange.statusOverride || status;
  response.reason = reasonPhrase(response.status);
  const mayHaveText = !hasNoBody(response.status);
  const bytes = Buffer.from(mayHaveText ? body : '', 'latin1');
  // As in nginx an empty text has a type and a length, too: HEAD tells both.
  response.framing = mayHaveText ? BODY_LENGTH : BODY_NONE;
  response.bodyBytes = bytes.length;
  if (contentType !== '' && mayHaveText) {
    response.fields.append(fieldIdOf('content-type'), 'Content-Type', contentType);
  }
  for (const [name, value] of fields) response.fields.append(fieldIdOf(name), name, value);
  keepChallenge(exchange);
  downstream.startResponse();
  if (bytes.length > 0) downstream.writeBody(bytes, 0, bytes.length, true);
  downstream.endResponse();
  downstream.flush();
}

/** RFC 9110 §15.5.2: a 401 says how to authenticate, also when an error page stands for it. */
export function keepChallenge({ challenge, response }: Exchange): void {
  if (challenge === '' || response.status !== 401 || response.fields.count === MAX_FIELDS) return;
  if (response.fields.lookUp(CHALLENGE) === undefined) {
    response.fields.append(0, 'WWW-Authenticate', challenge);
  }
}

/**
 * Answers for a failure with the status and reason of its table, or by the `error_page` for that
 * status; the client sees no internals. `reason`: why the failure is the last word, if for another.
 */
export function refuse(
  exchange: Exchange,
  failure: FailureCode,
  reason: FailureCode = failure,
): void {
  exchange.reason = reason;
  const { source, status } = FAILURES[failure];
  // What is wrong with the framing leaves us blind to where the next request starts (H1-20).
  const isBodyLost = (source === 'downstream' && status !== 404) || failure === 'spool_failed';
  if (isBodyLost) exchange.closeAfter = true;
  answerWithPage(exchange, status, reason, status === 405 ? ONLY_ALLOW : NO_FIELDS);
}

/** As `refuse`, with a status of its own: the configuration says which. */
export function refuseWith(exchange: Exchange, status: number, reason: FailureCode): void {
  exchange.reason = reason;
  answerWithPage(exchange, status, reason, NO_FIELDS);
}

/** The `error_page` of a status, else its usual page. */
export function answerStatus(exchange: Exchange, status: number, fields = NO_FIELDS): void {
  answerWithPage(exchange, status, '', fields);
}

/** The usual page of a status, whatever `error_page` says. */
export function answerPlainly(exchange: Exchange, status: number, fields = NO_FIELDS): void {
  sendPage(exchange, status, '', fields);
}

function answerWithPage(
  exchange: Exchange,
  status: number,
  failure: FailureCode | '',
  fields: Fields,
): void {
  if (exchange.rescuer?.rescue(exchange, status) === true) return;
  sendPage(exchange, status, failure, fields);
}

/** nginx: an error of an error page, or a redirect, has the last word on the status. */
function sendPage(
  exchange: Exchange,
  status: number,
  failure: FailureCode | '',
  fields: Fields,
): void {
  if (hasPage(status)) exchange.statusOverride = 0;
  const { body, contentType } = statusBody(exchange, status, failure);
  const isChosen = status >= 400 && body !== '';
  answer(exchange, status, body, contentType, isChosen ? [...fields, VARIES] : fields);
}
