/** Data path. Fields that a location adds behind the body of its answers (`add_trailer`). */

import { BODY_CHUNKED } from '#src/http/message.ts';
import { hasNoBody } from '#src/http/status.ts';
import { type AddedField, isUnclean, isUsualStatus } from './added-fields.ts';
import type { Exchange } from './exchange.ts';

declare module './exchange.ts' {
  interface ExchangeLimits {
    /** What `add_trailer` adds to responses; absent where it adds nothing. */
    readonly addedTrailers?: readonly AddedField[];
  }
}

/** Where `add_header` would add its field: the answer is chunked when it gets one of them. */
export function makesRoomFor(trailers: readonly AddedField[]): AddedField {
  return {
    name: '',
    value: NOTHING,
    always: true,
    edit: (exchange) => {
      if (takesAdded(exchange, trailers)) exchange.response.framing = BODY_CHUNKED;
      return true;
    },
  };
}

const NOTHING = { constant: '', isOfConnection: true, evaluate: () => '' };

/** The lines `Name: value␍␊` that the end of the answer gets by `add_trailer`; '' when none. */
export function addedTrailerLines(exchange: Exchange): string {
  const { addedTrailers } = exchange.limits;
  if (addedTrailers === undefined || !takesAdded(exchange, addedTrailers)) return '';
  const isUsual = isUsualStatus(exchange);
  let lines = '';
  for (const { always, name, value } of addedTrailers) {
    if (!isUsual && !always) continue;
    const text = value.constant ?? value.evaluate(exchange);
    if (text !== '' && !isUnclean(text)) lines += `${name}: ${text}\r\n`;
  }
  return lines;
}

/** nginx: what the client knows of chunks, and whether there is a body, decide. */
function takesAdded(exchange: Exchange, trailers: readonly AddedField[]): boolean {
  const { isTunnel, limits, request, response } = exchange;
  if (request.minorVersion === 0 || !limits.chunkedToClient || isTunnel) return false;
  if (request.method === 'HEAD' || hasNoBody(response.status)) return false;
  return isUsualStatus(exchange) || trailers.some(({ always }) => always);
}
