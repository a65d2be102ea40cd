/**
 * Data path. A response on its way to an HTTP/1.1 client: head, body in the framing the client
 * understands, end. Gathers into the connection; nothing leaves before the connection is flushed.
 */

import type { Clock } from '#src/base/clock.ts';
import {
  CHUNK_END,
  chunkHead,
  encodeKept,
  encodeStatusLine,
  lastChunk,
  roomForResponse,
} from '#src/codecs/h1/encoder.ts';
import { addedTrailerLines } from '#src/exchange/added-trailers.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { Connection } from '#src/transport/connection.ts';
import { NO_CONNECTION } from './no-connection.ts';
import {
  encodeLines,
  framingToClient,
  RESPONSE_EDITS,
  roomForLines,
  TO_CLIENT_CHUNKED,
  TO_CLIENT_CLOSE,
  TO_CLIENT_NONE,
  TO_CLIENT_TUNNEL,
} from './response-lines.ts';

/**
 * Bytes that may stay where they are are copied behind what is around them up to this length; one
 * write takes all either way. Others are copied in any case.
 */
const MAX_STABLE_COPIED_BYTES = 8 * 1024;
/** Around a chunk: its size in hexadecimal digits, and two ends of lines. */
const CHUNK_BYTES = 16;

export class ResponseWriter {
  #connection = NO_CONNECTION;
  #framing = TO_CLIENT_NONE;

  /** To a new client. */
  open(connection: Connection): void {
    this.#connection = connection;
  }

  /** To nobody. */
  close(): void {
    this.#connection = NO_CONNECTION;
    this.reset();
  }

  /** For the next response to the same client. */
  reset(): void {
    this.#framing = TO_CLIENT_NONE;
  }

  /** The client learns the end of the body from the end of the connection: HTTP/1.0, tunnels. */
  get endsWithClose(): boolean {
    return this.#framing === TO_CLIENT_CLOSE || this.#framing === TO_CLIENT_TUNNEL;
  }

  /** Decides the framing; `endsWithClose` holds from here on. */
  begin(exchange: Exchange): void {
    this.#framing = framingToClient(exchange);
  }

  writeHead(exchange: Exchange, closes: boolean, clock: Clock): void {
    const { response } = exchange;
    const room = roomForResponse(response) + roomForLines(response);
    const out = this.#connection.room(room);
    const start = out.at;
    encodeStatusLine(out, response);
    encodeLines(out, exchange, this.#framing, closes, clock);
    encodeKept(out, response.fields, RESPONSE_EDITS);
    out.crlf();
    exchange.bytesSent += out.at - start;
    this.#connection.commit();
  }

  /** A head in front of the final one (RFC 9110 §15.2). */
  writeInformational(exchange: Exchange): void {
    const { response } = exchange;
    const out = this.#connection.room(roomForResponse(response));
    const start = out.at;
    encodeStatusLine(out, response);
    encodeKept(out, response.fields, RESPONSE_EDITS);
    out.crlf();
    exchange.bytesSent += out.at - start;
    this.#connection.commit();
  }

  /** For `stable` see exchange/downstream.ts. */
  writeBody(exchange: Exchange, bytes: Buffer, start: number, end: number, stable: boolean): void {
    if (this.#framing === TO_CLIENT_NONE || end === start) return;
    const length = end - start;
    const connection = this.#connection;
    exchange.bodyBytesSent += length;
    exchange.bytesSent += length;
    const isChunked = this.#framing === TO_CLIENT_CHUNKED;
    const head = isChunked ? chunkHead(length) : '';
    if (isChunked) exchange.bytesSent += head.length + CHUNK_END.length;
    if (stable && length > MAX_STABLE_COPIED_BYTES) {
      if (isChunked) connection.queueText(head);
      connection.queueBytes(bytes.subarray(start, end));
      if (isChunked) connection.queueText(CHUNK_END);
      return;
    }
    if (!isChunked && !stable) {
      connection.lendBytes(bytes, start, end);
      return;
    }
    const out = connection.room(length + CHUNK_BYTES);
    if (isChunked) out.text(head);
    out.copyBuffer(bytes, start, end);
    if (isChunked) out.crlf();
    connection.commit();
  }

  end(exchange: Exchange): void {
    if (this.#framing !== TO_CLIENT_CHUNKED) return;
    const { addedTrailers } = exchange.limits;
    const added = addedTrailers === undefined ? '' : addedTrailerLines(exchange);
    const passed = exchange.keepsTrailers ? exchange.response.trailers : '';
    const last = lastChunk(`${passed}${added}`);
    exchange.bytesSent += last.length;
    this.#connection.queueText(last);
  }
}
