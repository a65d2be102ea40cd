/**
 * Data path. Where a body ends (RFC 9112 §6): the smuggling rules live here, once. What two
 * readers could read in two ways is refused, never repaired.
 */

import type { FailureCode } from '#src/base/failure.ts';
import { parseDecimal } from '#src/bytes/numbers.ts';
import { F_CONTENT_LENGTH, F_TRANSFER_ENCODING } from './field-names.ts';
import type { HeaderMap } from './header-map.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_UNTIL_CLOSE,
  type RequestHead,
  type ResponseHead,
} from './message.ts';
import { hasNoBody } from './status.ts';

/** The value is `chunked`, alone and once, in any case. */
const CODING_CHUNKED = 1;
/** A list with something after, before or beside a `chunked`: readers differ about it. */
const CODING_MALFORMED = 2;
/** A coding we do not have. */
const CODING_UNKNOWN = 3;

/** Sets framing and length of a request, or says why it must be refused and the connection closed. */
export function frameRequest(head: RequestHead): FailureCode | undefined {
  const { fields } = head;
  const codings = fields.countOf(F_TRANSFER_ENCODING);
  const lengths = fields.countOf(F_CONTENT_LENGTH);
  if (codings === 0 && lengths === 0) {
    head.framing = BODY_NONE; // RFC 9112 §6.3 rule 7
    return undefined;
  }
  if (codings > 0) {
    // §6.3 rule 3: the pair ought to be handled as an error. Were the next hop to believe the
    // length instead, what is left over would be read as another client's request (§11.2).
    if (lengths > 0) return 'framing_ambiguous';
    // §6.1: a 1.0 sender does not know chunked, so its framing is faulty (CVE-2026-2835).
    if (head.minorVersion === 0) return 'transfer_encoding_http10';
    if (codings > 1) return 'transfer_encoding_malformed';
    const coding = codingOf(fields);
    if (coding === CODING_MALFORMED) return 'transfer_encoding_malformed';
    if (coding === CODING_UNKNOWN) return 'transfer_encoding_unknown';
    head.framing = BODY_CHUNKED;
    return undefined;
  }
  if (lengths > 1) return 'content_length_repeated';
  const bodyBytes = lengthOf(fields);
  if (bodyBytes < 0) return 'content_length_malformed';
  head.framing = bodyBytes === 0 ? BODY_NONE : BODY_LENGTH;
  head.bodyBytes = bodyBytes;
  return undefined;
}

/**
 * Sets framing and length of a response to a request with that method. False: the endpoint cannot
 * be understood, its connection is closed and the client gets 502.
 */
export function frameResponse(head: ResponseHead, method: string): boolean {
  const { fields } = head;
  const codings = fields.countOf(F_TRANSFER_ENCODING);
  const lengths = fields.countOf(F_CONTENT_LENGTH);
  if (codings > 0) {
    if (lengths > 0 || codings > 1 || head.minorVersion === 0) return false;
    if (codingOf(fields) !== CODING_CHUNKED) return false;
  } else if (lengths > 0) {
    if (lengths > 1) return false;
    head.bodyBytes = lengthOf(fields);
    if (head.bodyBytes < 0) return false;
  }
  if (framesNothing(head.status, codings, head.bodyBytes)) return false;
  if (method === 'HEAD' || hasNoBody(head.status)) {
    head.framing = BODY_NONE; // rule 1; the fields stay as they are
  } else if (codings > 0) head.framing = BODY_CHUNKED;
  else if (lengths > 0) head.framing = head.bodyBytes === 0 ? BODY_NONE : BODY_LENGTH;
  else head.framing = BODY_UNTIL_CLOSE; // rule 8
  return true;
}

/**
 * §6.1: no coding in 1xx and 204. Who believes one, or the length of an interim response, takes the
 * next response, or the first bytes of a tunnel, for a body.
 */
function framesNothing(status: number, codings: number, bodyBytes: number): boolean {
  if (status < 200) return codings > 0 || bodyBytes > 0;
  return status === 204 && codings > 0;
}

function lengthOf(fields: HeaderMap): number {
  const index = fields.find(F_CONTENT_LENGTH);
  return parseDecimal(fields.bytes, fields.valueStart(index), fields.valueEnd(index));
}

function codingOf(fields: HeaderMap): number {
  const value = fields.valueAt(fields.find(F_TRANSFER_ENCODING)).toLowerCase();
  if (value === 'chunked') return CODING_CHUNKED;
  return value === '' || /chunked|[^a-z0-9, -]/.test(value) ? CODING_MALFORMED : CODING_UNKNOWN;
}
