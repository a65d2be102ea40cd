/**
 * Data path. Responses we make ourselves: for what fails, for `return`, for status pages. They go
 * the same way as an endpoint's answer, so every protocol sends them alike.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { PRODUCT, VERSION } from '#src/base/version.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { reasonPhrase } from '#src/http/status.ts';
import { type Exchange, RESPONSE_NONE } from './exchange.ts';

const HTML = 'text/html';

/**
 * Answers with that status and body (one char per byte). Nothing may have been answered before. `fields` are pairs of
 * name and value, clean of control bytes; Content-Type is set when there is a body.
 */
export function answer(
  exchange: Exchange,
  status: number,
  body: string,
  contentType: string,
  fields: readonly (readonly [name: string, value: string])[] = [],
): void {
  const { response, downstream } = exchange;
  if (downstream === undefined || exchange.responseState !== RESPONSE_NONE) return;
  exchange.handler = undefined;
  const bytes = Buffer.from(body, 'latin1');
  response.reset();
  response.status = status;
  response.reason = reasonPhrase(status);
  response.framing = bytes.length === 0 ? BODY_NONE : BODY_LENGTH;
  response.bodyBytes = bytes.length;
  if (bytes.length > 0)
    response.fields.append(fieldIdOf('content-type'), 'Content-Type', contentType);
  for (const [name, value] of fields) response.fields.append(fieldIdOf(name), name, value);
  downstream.startResponse();
  if (bytes.length > 0) downstream.writeBody(bytes, 0, bytes.length, true);
  downstream.endResponse();
  downstream.flush();
}

/** Answers for a failure with the status and reason of its table; the client sees no internals. */
export function refuse(exchange: Exchange, failure: FailureCode): void {
  exchange.reason = failure;
  const { source, status } = FAILURES[failure];
  // What is wrong with the framing leaves us blind to where the next request starts (H1-20).
  if (source === 'downstream' && status !== 404) exchange.closeAfter = true;
  answerStatus(exchange, status);
}

/** The usual page of a status. */
export function answerStatus(
  exchange: Exchange,
  status: number,
  fields: readonly (readonly [name: string, value: string])[] = [],
): void {
  answer(
    exchange,
    status,
    statusPage(status, exchange.limits.serverTokens !== 'off'),
    HTML,
    fields,
  );
}

/** Small on purpose: the status, and who says so. */
export function statusPage(status: number, showsVersion: boolean): string {
  if (status < 200 || status === 204 || status === 304) return '';
  const phrase = reasonPhrase(status);
  const title = phrase === '' ? String(status) : `${status} ${phrase}`;
  const product = showsVersion ? `${PRODUCT}/${VERSION}` : PRODUCT;
  return (
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n` +
    `<center><h1>${title}</h1></center>\r\n<hr><center>${product}</center>\r\n</body>\r\n</html>\r\n`
  );
}
