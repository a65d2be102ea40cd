/**
 * Data path. A compiled `log_format`: writes the line of an exchange as bytes. What stands in a head
 * is copied from there, numbers are written digit by digit; nothing is allocated unless a value has
 * to be escaped or is of no kind (line-pieces.ts).
 */

import type { Clock } from '#src/base/clock.ts';
import { SPACE } from '#src/bytes/ascii.ts';
import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import type { LineFormat } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { HeaderMap } from '#src/http/header-map.ts';
import type { RequestHead } from '#src/http/message.ts';
import type { LineEscape } from './escape.ts';
import {
  K_BODY_BYTES_SENT,
  K_BYTES_SENT,
  K_CONNECTION,
  K_CONNECTION_REQUESTS,
  K_FIELD,
  K_MSEC,
  K_READ,
  K_REMOTE_ADDR,
  K_REMOTE_USER,
  K_REQUEST,
  K_REQUEST_LENGTH,
  K_REQUEST_TIME,
  K_REQUEST_URI,
  K_SENT_FIELD,
  K_STATUS,
  K_TIME_ISO8601,
  K_TIME_LOCAL,
  K_UPSTREAM_CONNECT_TIME,
  K_UPSTREAM_FIELD,
  K_UPSTREAM_HEADER_TIME,
  K_UPSTREAM_RESPONSE_TIME,
  K_URI,
  type LinePiece,
  piecesOf,
} from './line-pieces.ts';
import { isOfEndpoint, statusOf } from './response-variables.ts';
import type { Part } from './text-with-variables.ts';
import { type LocalTime, writeSeconds, writeThreeDigits } from './time-text.ts';

/** No time, number or `-` is longer, nor the spaces of $request. */
const MAX_SHORT_BYTES = 32;
/** Longer values are copied by memcpy. */
const MAX_WORDS_BYTES = 512;
const HYPHEN = 0x2d;

export class LogLine implements LineFormat<Exchange> {
  readonly #pieces: readonly LinePiece[];
  readonly #changes: Uint8Array;
  readonly #escape: LineEscape['escape'];
  /** No value is `-`; else it is nothing. */
  readonly #showsNone: boolean;
  readonly #clock: Clock;
  readonly #localTime: LocalTime;
  /**
   * Bytes of the constants and of all values that are never long. There is room for them whenever
   * one begins: a value that may be long makes room for itself and for so much more.
   */
  readonly #room: number;

  constructor(
    parts: readonly Part[],
    { changes, escape }: LineEscape,
    clock: Clock,
    localTime: LocalTime,
  ) {
    this.#pieces = piecesOf(parts);
    this.#changes = changes;
    this.#escape = escape;
    this.#showsNone = escape(undefined) !== '';
    this.#clock = clock;
    this.#localTime = localTime;
    this.#room = this.#pieces.reduce((sum, piece) => {
      return sum + piece.constant.length + MAX_SHORT_BYTES;
    }, 0);
  }

  write(exchange: Exchange, out: ByteWriter): void {
    const pieces = this.#pieces;
    out.reserve(this.#room);
    for (let at = 0; at < pieces.length; at++) {
      const piece = pieces[at] as LinePiece;
      out.block(piece.constant);
      this.#value(piece, exchange, out);
    }
  }

  #value(piece: LinePiece, exchange: Exchange, out: ByteWriter): void {
    const { request, downstream } = exchange;
    switch (piece.kind) {
      case K_READ:
        this.#textOrNone(piece.read(exchange), out);
        return;
      case K_FIELD:
        this.#field(request.fields, piece, exchange, out);
        return;
      case K_SENT_FIELD:
        this.#field(exchange.response.fields, piece, exchange, out);
        return;
      case K_UPSTREAM_FIELD:
        if (isOfEndpoint(exchange)) this.#field(exchange.response.fields, piece, exchange, out);
        else this.#none(out);
        return;
      case K_REMOTE_ADDR:
        this.#textOrNone(downstream?.facts.remoteAddress, out);
        return;
      case K_REMOTE_USER:
        if (request.fields.countOf(piece.field) === 0) this.#none(out);
        else this.#textOrNone(piece.read(exchange), out);
        return;
      case K_TIME_LOCAL:
        out.block(this.#localTime.commonBlock);
        return;
      case K_TIME_ISO8601:
        out.block(this.#localTime.isoBlock);
        return;
      case K_REQUEST:
        this.#request(exchange, piece, out);
        return;
      case K_REQUEST_URI:
        if (exchange.clientTarget !== '') this.#text(exchange.clientTarget, out);
        else if (request.sameTargetStart < 0) this.#textOrNone(piece.read(exchange), out);
        else this.#target(request, out);
        return;
      case K_URI:
        if (request.pathBytes !== request.fields.bytes || request.pathEnd < 0) {
          this.#textOrNone(piece.read(exchange), out);
        } else this.#span(request.fields, request.pathStart, request.pathEnd, out);
        return;
      case K_STATUS:
        writeStatus(statusOf(exchange), out);
        return;
      case K_BODY_BYTES_SENT:
        out.decimal(exchange.bodyBytesSent);
        return;
      case K_BYTES_SENT:
        out.decimal(exchange.bytesSent);
        return;
      case K_REQUEST_LENGTH:
        out.decimal(request.headBytes + exchange.requestBodyBytes);
        return;
      case K_CONNECTION:
        if (downstream === undefined) this.#none(out);
        else out.decimal(downstream.facts.connectionSerial);
        return;
      case K_CONNECTION_REQUESTS:
        if (downstream === undefined) this.#none(out);
        else out.decimal(downstream.facts.exchangeCount);
        return;
      case K_REQUEST_TIME:
        writeSeconds(this.#clock.refresh() - exchange.startedAtMs, out);
        return;
      case K_MSEC:
        writeSeconds(this.#clock.wallMs(), out);
        return;
      case K_UPSTREAM_CONNECT_TIME:
        this.#attemptTime(exchange, exchange.upstreamConnectMs, piece, out);
        return;
      case K_UPSTREAM_HEADER_TIME:
        this.#attemptTime(exchange, exchange.upstreamHeaderMs, piece, out);
        return;
      case K_UPSTREAM_RESPONSE_TIME:
        this.#attemptTime(exchange, exchange.upstreamResponseMs, piece, out);
        return;
    }
  }

  #none(out: ByteWriter): void {
    if (this.#showsNone) out.byte(HYPHEN);
  }

  #attemptTime(exchange: Exchange, ms: number, piece: LinePiece, out: ByteWriter): void {
    if (exchange.upstreamAddress === '') this.#none(out);
    else if (exchange.upstreamEarlier !== undefined) this.#textOrNone(piece.read(exchange), out);
    else if (ms < 0) out.byte(HYPHEN);
    else writeSeconds(ms, out);
  }

  /** In one piece, as it came, unless an internal redirect has made another of it. */
  #request(exchange: Exchange, piece: LinePiece, out: ByteWriter): void {
    const { clientMethod, request } = exchange;
    const start = request.sameLineStart;
    if (clientMethod === '' && start >= 0) {
      this.#span(request.fields, start, request.sameLineEnd, out);
      return;
    }
    if (request.method === '') {
      this.#textOrNone(piece.read(exchange), out);
      return;
    }
    this.#text(clientMethod || request.method, out);
    out.byte(SPACE);
    if (request.sameTargetStart < 0) this.#text(request.target, out);
    else this.#target(request, out);
    out.byte(SPACE);
    this.#text(request.protocol, out);
  }

  #target({ fields, sameTargetEnd, sameTargetStart }: RequestHead, out: ByteWriter): void {
    this.#span(fields, sameTargetStart, sameTargetEnd, out);
  }

  /** A known field; several of that name are joined by the reader. */
  #field(fields: HeaderMap, piece: LinePiece, exchange: Exchange, out: ByteWriter): void {
    const count = fields.countOf(piece.field);
    if (count === 0) this.#none(out);
    else if (count !== 1) this.#textOrNone(piece.read(exchange), out);
    else {
      const index = fields.find(piece.field);
      this.#span(fields, fields.valueStart(index), fields.valueEnd(index), out);
    }
  }

  /**
   * A value that is fields.bytes[start..spanEnd). Of a head that did not come whole there are spans
   * and no bytes yet: what stands there is another request's.
   */
  #span(fields: HeaderMap, start: number, spanEnd: number, out: ByteWriter): void {
    const { bytes } = fields;
    const end = Math.min(spanEnd, fields.length);
    if (start >= end) return;
    const changes = this.#changes;
    let changed = 0;
    for (let at = start; at < end; at++) changed |= changes[bytes[at] as number] as number;
    if (changed !== 0) {
      this.#checked(this.#escape(latin1(bytes, start, end)), out);
      return;
    }
    const length = end - start;
    out.reserve(length + this.#room);
    if (length > MAX_WORDS_BYTES) out.copyBuffer(bytes, start, end);
    else out.copy(fields.view, start, end);
  }

  #textOrNone(value: string | undefined, out: ByteWriter): void {
    if (value === undefined) this.#none(out);
    else this.#text(value, out);
  }

  #text(value: string, out: ByteWriter): void {
    const changes = this.#changes;
    let changed = 0;
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      // A char above 255 is no byte: for the escape to say.
      changed |= (changes[code & 0xff] as number) | (code >> 8);
    }
    this.#checked(changed === 0 ? value : this.#escape(value), out);
  }

  #checked(value: string, out: ByteWriter): void {
    out.reserve(value.length + this.#room);
    out.text(value);
  }
}

function writeStatus(status: number, out: ByteWriter): void {
  if (status < 1_000) writeThreeDigits(status, out);
  else out.decimal(status);
}
