/**
 * Data path. A response on its way to an HTTP/1.1 client: head, body in the framing the client
 * understands, end. Gathers into the connection; nothing leaves before the connection is flushed.
 */

import type { Clock } from '#src/base/clock.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { CHUNK_END, chunkHead, encodeResponse, lastChunk } from '#src/codecs/h1/encoder.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { Connection } from '#src/transport/connection.ts';
import {
  framingToClient,
  RESPONSE_EDITS,
  responseLines,
  TO_CLIENT_CHUNKED,
  TO_CLIENT_CLOSE,
  TO_CLIENT_NONE,
  TO_CLIENT_TUNNEL,
} from './response-lines.ts';

/** Bodies up to this are sent as text, in one write with what is around them. */
const MAX_TEXT_BODY_BYTES = 8 * 1024;

export class ResponseWriter {
  readonly #connection: Connection;
  #framing = TO_CLIENT_NONE;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

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
    const lines = responseLines(exchange, this.#framing, closes, clock);
    const text = encodeResponse(exchange.response, RESPONSE_EDITS, lines);
    exchange.bytesSent += text.length;
    this.#connection.queueText(text);
  }

  /** A head in front of the final one (RFC 9110 §15.2). */
  writeInformational(exchange: Exchange): void {
    const text = encodeResponse(exchange.response, RESPONSE_EDITS, '');
    exchange.bytesSent += text.length;
    this.#connection.queueText(text);
  }

  /** For `stable` see exchange/downstream.ts. */
  writeBody(exchange: Exchange, bytes: Buffer, start: number, end: number, stable: boolean): void {
    if (this.#framing === TO_CLIENT_NONE || end === start) return;
    const length = end - start;
    const connection = this.#connection;
    exchange.bodyBytesSent += length;
    exchange.bytesSent += length;
    if (this.#framing === TO_CLIENT_CHUNKED) {
      const head = chunkHead(length);
      exchange.bytesSent += head.length + CHUNK_END.length;
      connection.queueText(head);
    }
    if (length <= MAX_TEXT_BODY_BYTES) connection.queueText(latin1(bytes, start, end));
    else {
      const view = bytes.subarray(start, end);
      connection.queueBytes(stable ? view : Buffer.from(view));
    }
    if (this.#framing === TO_CLIENT_CHUNKED) connection.queueText(CHUNK_END);
  }

  end(exchange: Exchange): void {
    if (this.#framing !== TO_CLIENT_CHUNKED) return;
    const last = lastChunk(exchange.keepsTrailers ? exchange.response.trailers : '');
    exchange.bytesSent += last.length;
    this.#connection.queueText(last);
  }
}
