/**
 * Data path. `proxy_force_ranges`: clients may ask for a part of an answer whose endpoint gives it
 * whole. Only locations with the directive have one.
 */

import { answerStatus } from '#src/exchange/answer.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { HIDDEN_IDS, MARK_PASSED } from '#src/http/field-edits.ts';
import { F_CONTENT_LENGTH, F_ETAG, F_LAST_MODIFIED, F_RANGE } from '#src/http/field-names.ts';
import { type HeaderMap, MARK_DROP, MAX_FIELDS } from '#src/http/header-map.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import { parseHttpTime } from '#src/http/http-time.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { reasonPhrase } from '#src/http/status.ts';
import { parseRange } from './byte-range.ts';
import { RangeBody } from './range-body.ts';

const OK = 200;
const PARTIAL = 206;
const UNSATISFIABLE = 416;
const ACCEPT_RANGES = 'accept-ranges';
/** What is behind the part is read up to this length, for the sake of the connection. */
const MAX_REST_BYTES = 64 * 1024;
/** They describe the content, which a 416 has not; or are written anew, or are none of the client's. */
const OF_CONTENT: ReadonlySet<string> = new Set([
  ACCEPT_RANGES,
  'content-encoding',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
]);

export class ForcedRanges {
  readonly #givesParts: boolean;
  readonly #maxRestBytes: number;

  /**
   * `givesParts`: false after `max_ranges 0`. `readsAll`: somebody needs the body as a whole,
   * whatever the client wants.
   */
  constructor(givesParts: boolean, readsAll: boolean) {
    this.#givesParts = givesParts;
    this.#maxRestBytes = readsAll ? Number.MAX_SAFE_INTEGER : MAX_REST_BYTES;
  }

  /**
   * Makes a 206 of the answer where the client asks for a part of it. `isPaced`: a rate would slow
   * down what nobody gets.
   * @returns bytes in front of that part; −1: there is no such part
   */
  apply(exchange: Exchange, isPaced: boolean): number {
    const { downstream, request, response } = exchange;
    const { fields } = response;
    dropAcceptRanges(fields);
    if (!this.#givesParts || response.status !== OK || fields.find(F_CONTENT_LENGTH) < 0) return 0;
    const totalBytes = response.bodyBytes;
    const wanted = request.fields.get(F_RANGE);
    const range =
      wanted === undefined || !isFresh(exchange) ? 'whole' : parseRange(wanted, totalBytes);
    if (range === 'unsatisfiable') return -1;
    if (fields.count === MAX_FIELDS) return 0; // what a part is of could not be told
    if (range === 'whole' || downstream === undefined) {
      fields.append(0, 'Accept-Ranges', 'bytes');
      return 0;
    }
    const { end, start } = range;
    fields.append(0, 'Content-Range', `bytes ${start}-${end - 1}/${totalBytes}`);
    response.status = PARTIAL;
    response.reason = reasonPhrase(PARTIAL);
    response.bodyBytes = end - start;
    if (response.framing !== BODY_LENGTH) return 0; // of HEAD: there is no body
    const maxRestBytes = isPaced && this.#maxRestBytes === MAX_REST_BYTES ? 0 : this.#maxRestBytes;
    exchange.downstream = new RangeBody(exchange, downstream, range, totalBytes, maxRestBytes);
    return start;
  }

  /** Answers 416, with the fields of the endpoint that are not about its content. */
  refuse(exchange: Exchange): void {
    const { bodyBytes, fields } = exchange.response;
    const kept: (readonly [string, string])[] = [];
    for (let index = 0; index < fields.count; index++) {
      const name = fields.nameAt(index);
      if (goesOn(fields, index) && !OF_CONTENT.has(name.toLowerCase())) {
        kept.push([name, fields.valueAt(index)]);
      }
    }
    kept.push(['Content-Range', `bytes */${bodyBytes}`]);
    answerStatus(exchange, UNSATISFIABLE, kept);
  }
}

function goesOn(fields: HeaderMap, index: number): boolean {
  const id = fields.idAt(index);
  const marks = fields.marksAt(index);
  if ((marks & MARK_DROP) !== 0 || HOP_BY_HOP_IDS.includes(id)) return false;
  return !HIDDEN_IDS.includes(id) || (marks & MARK_PASSED) !== 0;
}

/** What the endpoint says about ranges does not hold here. */
function dropAcceptRanges(fields: HeaderMap): void {
  for (let index = 0; index < fields.count; index++) {
    if (fields.nameEquals(index, ACCEPT_RANGES)) fields.mark(index, MARK_DROP);
  }
}

/** If-Range (RFC 9110 §13.1.5): the client has parts of this very content, or does not say. */
function isFresh({ request, response: { fields } }: Exchange): boolean {
  const asked = request.fields.lookUp('if-range');
  if (asked === undefined) return true;
  if (asked.length >= 2 && asked.endsWith('"')) return asked === shown(fields, F_ETAG);
  const modified = parseHttpTime(shown(fields, F_LAST_MODIFIED) ?? '');
  return modified !== undefined && modified === parseHttpTime(asked);
}

/** The value, unless the client does not get it. */
function shown(fields: HeaderMap, id: number): string | undefined {
  const index = fields.find(id);
  if (index < 0 || (fields.marksAt(index) & MARK_DROP) !== 0) return undefined;
  return fields.valueAt(index);
}
