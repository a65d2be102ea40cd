/** Data path. The lines we put into every response to an HTTP/1.1 client. */

import type { Clock } from '#src/base/clock.ts';
import { PRODUCT, VERSION } from '#src/base/version.ts';
import { Block } from '#src/bytes/byte-copy.ts';
import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import { encodeLength } from '#src/codecs/h1/encoder.ts';
import { addFields } from '#src/exchange/added-fields.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { httpDate } from '#src/http/date.ts';
import { FieldEdits, HIDDEN_IDS, MARK_PASSED } from '#src/http/field-edits.ts';
import { F_CONTENT_LENGTH, F_DATE, F_SERVER, F_TRAILER, F_UPGRADE } from '#src/http/field-names.ts';
import { HOP_BY_HOP_IDS } from '#src/http/hop-by-hop.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_UNTIL_CLOSE,
  type ResponseHead,
} from '#src/http/message.ts';
import { hasNoBody } from '#src/http/status.ts';

/** Fields that do not go on, unless they carry MARK_PASSED. */
export const RESPONSE_EDITS = new FieldEdits([...HOP_BY_HOP_IDS, ...HIDDEN_IDS], []);

/** Its Upgrade says which protocol is wanted; it is no change to one (RFC 9110 §15.5.22). */
const UPGRADE_REQUIRED = 426;

/** How the body's end is told to this client (RFC 9112 §6.3). */
export const TO_CLIENT_NONE = 0;
export const TO_CLIENT_LENGTH = 1;
export const TO_CLIENT_CHUNKED = 2;
export const TO_CLIENT_CLOSE = 3;
/** Another protocol: bytes as they are, until FIN. */
export const TO_CLIENT_TUNNEL = 4;

/** Framing towards the client; a 1.0 client does not know chunked. */
export function framingToClient(exchange: Exchange): number {
  const { limits, request, response } = exchange;
  // Here, as it is the first thing of every response and nothing of it was measured yet.
  if (limits.addedFields !== undefined && !addFields(exchange, limits.addedFields)) {
    return TO_CLIENT_NONE;
  }
  if (exchange.isTunnel) return TO_CLIENT_TUNNEL;
  if (request.method === 'HEAD' || hasNoBody(response.status)) return TO_CLIENT_NONE;
  if (response.framing === BODY_CHUNKED || response.framing === BODY_UNTIL_CLOSE) {
    const isChunked = request.minorVersion === 1 && limits.chunkedToClient;
    return isChunked ? TO_CLIENT_CHUNKED : TO_CLIENT_CLOSE;
  }
  return TO_CLIENT_LENGTH;
}

/** No lines of `encodeLines` are longer; values of fields are repeated in some. */
export function roomForLines({ fields }: ResponseHead): number {
  return OWN_LINES_BYTES + fields.length;
}

const OWN_LINES_BYTES = 512;
const CHUNKED = new Block('Transfer-Encoding: chunked\r\n');
const KEEP_ALIVE = new Block('Connection: keep-alive\r\n');
const CLOSE = new Block('Connection: close\r\n');

/** The lines, each ended by CRLF; `closes` announces the end of the connection. */
export function encodeLines(
  out: ByteWriter,
  exchange: Exchange,
  framing: number,
  closes: boolean,
  clock: Clock,
): void {
  const { response } = exchange;
  const { keepalive, serverTokens } = exchange.limits;
  const showsServer = !isPassed(response, F_SERVER);
  const showsDate = !isPassed(response, F_DATE);
  if (showsServer && showsDate) out.block(serverAndDate(serverTokens !== 'off', clock));
  else {
    if (showsServer) out.text(serverTokens === 'off' ? PLAIN_SERVER : FULL_SERVER);
    if (showsDate) out.text(`Date: ${httpDate(clock)}\r\n`);
  }
  if (framing === TO_CLIENT_LENGTH) {
    encodeLength(out, response.framing === BODY_LENGTH ? response.bodyBytes : 0);
  } else if (framing === TO_CLIENT_CHUNKED) {
    out.block(CHUNKED);
    const trailer = exchange.keepsTrailers ? response.fields.get(F_TRAILER) : undefined;
    if (trailer !== undefined) out.text(`Trailer: ${trailer}\r\n`);
  } else if (framing === TO_CLIENT_TUNNEL) {
    const protocol = response.fields.get(F_UPGRADE) ?? '';
    out.text(`Connection: upgrade\r\nUpgrade: ${protocol}\r\n`);
    return;
  } else if (framing === TO_CLIENT_NONE && response.status >= 200 && response.status !== 204) {
    // HEAD and 304: the length the body would have had, when the endpoint told it (RFC 9110 §8.6).
    const isTold = response.fields.find(F_CONTENT_LENGTH) >= 0;
    if (isTold || response.framing === BODY_LENGTH) encodeLength(out, response.bodyBytes);
  }
  if (response.status === UPGRADE_REQUIRED && response.fields.find(F_UPGRADE) >= 0) {
    const wanted = response.fields.joined('upgrade', ', ');
    out.text(`Upgrade: ${wanted}\r\nConnection: upgrade\r\n`);
  }
  if (closes) {
    out.block(CLOSE);
    return;
  }
  if (keepalive.headerSec > 0) out.text(`Keep-Alive: timeout=${keepalive.headerSec}\r\n`);
  out.block(KEEP_ALIVE);
}

/** `proxy_pass_header`: that of the endpoint stands in place of ours. */
function isPassed({ fields }: ResponseHead, id: number): boolean {
  const index = fields.find(id);
  return index >= 0 && (fields.marksAt(index) & MARK_PASSED) !== 0;
}

const FULL_SERVER = `Server: ${PRODUCT}/${VERSION}\r\n`;
const PLAIN_SERVER = `Server: ${PRODUCT}\r\n`;

let madeForDate = '';
let withVersion = new Block('');
let withoutVersion = withVersion;

function serverAndDate(showsVersion: boolean, clock: Clock): Block {
  const date = httpDate(clock);
  if (date !== madeForDate) {
    madeForDate = date;
    withVersion = new Block(`${FULL_SERVER}Date: ${date}\r\n`);
    withoutVersion = new Block(`${PLAIN_SERVER}Date: ${date}\r\n`);
  }
  return showsVersion ? withVersion : withoutVersion;
}
