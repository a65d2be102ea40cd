/**
 * Data path. The client's side of HTTP/1.1: one connection, one exchange at a time. Bytes in become
 * an exchange that is handed to `serve`; what serves it answers through the Downstream methods.
 *
 *   IDLE ──first byte──▶ HEAD ──complete──▶ BODY ──complete──▶ SERVED ──response out──▶ IDLE
 *                          │ refused          │ answered early: DISCARD ─────────────────▲
 *                          ▼                  ▼                                          │
 *                       LINGER (FIN sent, rest of the input dropped until the client closes)
 *
 * Pipelined bytes wait in `#carry`, with reading held, until the exchange before them has ended.
 * Allocates per exchange only what its response text costs; objects come from the thread's lists.
 */

import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import { type Carry, carryOf } from '#src/bytes/carry.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { type BodySink, NEED_MORE } from '#src/codecs/codec.ts';
import { recordExchange } from '#src/exchange/access-record.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import {
  type Exchange,
  RESPONSE_ENDED,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import type { ListenerSettings } from '#src/listeners/listener.ts';
import {
  BYTES_IN,
  BYTES_OUT,
  CONNECTIONS_ACTIVE,
  REQUESTS,
  RESPONSES_1XX,
} from '#src/shared/thread-rows.ts';
import type { Connection, ConnectionOwner } from '#src/transport/connection.ts';
import type { HttpThread, RequestReader } from './http-thread.ts';
import {
  GAUGE_OF_PHASE,
  NO_GAUGE,
  P_BODY,
  P_CLOSED,
  P_DISCARD,
  P_HEAD,
  P_IDLE,
  P_LINGER,
  P_NEW,
  P_SERVED,
} from './phases.ts';
import { ResponseWriter } from './response-writer.ts';

/** A body that was answered early is read to its end when no more than this is to come. */
const MAX_DISCARD_BYTES = 64 * 1024;
/** While draining, a quiet connection stays this long: a request may be on its way to us. */
const DRAIN_QUIET_MS = 2_000;
/** Of a head that was refused, so much is kept for the log. */
const MAX_REFUSED_BYTES = 1024;

/** Who counts the connections. */
export interface ConnectionKeeper {
  onConnectionClosed(connection: Http1Connection): void;
}

export class Http1Connection
  implements ConnectionOwner, Downstream, BodySink, TimeoutOwner, ClientFacts
{
  readonly #thread: HttpThread;
  readonly #settings: ListenerSettings;
  readonly #keeper: ConnectionKeeper;
  readonly #connection: Connection;
  readonly #response: ResponseWriter;
  readonly #timer = new TimerEntry(this);
  readonly #openedAtMs: number;
  #phase = P_NEW;
  #exchange: Exchange | undefined = undefined;
  #reader: RequestReader | undefined = undefined;
  #carry: Carry | undefined = undefined;
  #isProcessing = false;
  #isReadingHeld = false;
  #mustClose = false;
  #clientEnded = false;
  #lingerUntilMs = 0;
  #idleTimeoutMs: number;
  #minIdleMs = 0;
  readonly connectionSerial: number;
  exchangeCount = 0;

  constructor(
    thread: HttpThread,
    settings: ListenerSettings,
    keeper: ConnectionKeeper,
    connection: Connection,
  ) {
    this.#thread = thread;
    this.#settings = settings;
    this.#keeper = keeper;
    this.#connection = connection;
    this.#response = new ResponseWriter(connection);
    this.connectionSerial = ++thread.connectionSerial;
    this.#openedAtMs = thread.host.clock.refresh();
    this.#idleTimeoutMs = settings.client.headerTimeoutMs;
    connection.owner = this;
    // Once the peer has reset the connection its name cannot be asked for: a log line needs it.
    if (settings.isLogged) connection.remoteAddress();
    this.#count(CONNECTIONS_ACTIVE, 1);
    this.#enter(P_IDLE);
    thread.host.wheel.arm(this.#timer, this.#idleTimeoutMs);
  }

  get facts(): ClientFacts {
    return this;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress();
  }

  get remotePort(): number {
    return this.#connection.remotePort();
  }

  get localAddress(): string {
    return this.#connection.localAddress();
  }

  get localPort(): number {
    return this.#connection.localPort();
  }

  get scheme(): 'http' {
    return 'http';
  }

  get isIdle(): boolean {
    return this.#phase === P_IDLE;
  }

  // ---- ConnectionOwner -------------------------------------------------------------------------

  onBytes(bytes: Buffer, length: number): void {
    this.#count(BYTES_IN, length);
    if (this.#phase === P_LINGER) return;
    if (this.#carry !== undefined) {
      this.#carry.append(bytes, 0, length);
      this.#processCarry();
      return;
    }
    const used = this.#process(bytes, length);
    if (used < length && this.#phase < P_LINGER) this.#carry = carryOf(bytes, used, length);
  }

  onEnd(): void {
    this.#clientEnded = true;
    switch (this.#phase) {
      case P_SERVED:
        // What was pipelined before the FIN is still answered; else the client has given up.
        if (this.#carry === undefined) this.#abandon('client_abort');
        break;
      case P_BODY:
        this.#abandon('client_abort');
        break;
      default:
        this.#close();
    }
  }

  onDrained(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    if (exchange.responseState === RESPONSE_ENDED) this.#finishExchange(exchange);
    else {
      this.#thread.host.wheel.disarm(this.#timer);
      exchange.handler?.onDownstreamWritable(exchange);
    }
  }

  onBroken(_errno: string): void {
    if (this.#exchange === undefined) this.#close();
    else this.#abandon('client_abort');
  }

  // ---- Request ---------------------------------------------------------------------------------

  /** Takes bytes[0..length) through the phases; how many were used, the rest must wait. */
  #process(bytes: Buffer, length: number): number {
    let at = 0;
    this.#isProcessing = true;
    try {
      while (at < length) {
        if (this.#phase === P_IDLE) this.#begin();
        const used = this.#take(bytes, at, length);
        if (used <= 0) break;
        at += used;
      }
      const exchange = this.#exchange;
      if (this.#phase === P_BODY) exchange?.handler?.onRequestFlush(exchange);
    } catch (error) {
      this.#onInternalError(error);
    }
    this.#isProcessing = false;
    return at;
  }

  /** > 0 bytes used · 0 the rest must wait. */
  #take(bytes: Buffer, at: number, length: number): number {
    switch (this.#phase) {
      case P_HEAD:
        return this.#takeHead(bytes, at, length);
      case P_BODY:
      case P_DISCARD:
        return this.#takeBody(bytes, at, length);
      case P_SERVED:
        this.#holdReading();
        return 0;
      default:
        return length - at; // closing: nobody wants them
    }
  }

  #begin(): void {
    const thread = this.#thread;
    const exchange = thread.exchanges.acquire();
    this.#exchange = exchange;
    this.#reader = thread.readers.acquire();
    const { client } = this.#settings;
    const { head } = this.#reader;
    head.maxRequestLineBytes = client.headerBuffers.bytes;
    head.maxFieldLineBytes = client.headerBuffers.bytes;
    head.maxHeadBytes = client.headerBuffers.bytes * client.headerBuffers.count;
    head.keepsUnderscores = client.underscoresInHeaders;
    this.#response.reset();
    exchange.downstream = this;
    exchange.limits = client;
    exchange.startedAtMs = thread.host.clock.refresh();
    this.exchangeCount += 1;
    this.#enter(P_HEAD);
    thread.host.wheel.arm(this.#timer, client.headerTimeoutMs);
  }

  #takeHead(bytes: Buffer, at: number, length: number): number {
    const exchange = this.#exchange as Exchange;
    const reader = this.#reader as RequestReader;
    const taken = reader.head.decodeHead(bytes, at, length, exchange.request);
    if (taken === NEED_MORE) return 0;
    this.#count(REQUESTS, 1);
    this.#thread.host.wheel.disarm(this.#timer);
    if (taken < 0) {
      this.#enter(P_SERVED);
      if (exchange.request.fields.text === '') {
        exchange.request.fields.text = latin1(bytes, at, Math.min(length, at + MAX_REFUSED_BYTES));
      }
      this.#mustClose = true;
      refuse(exchange, reader.head.failure ?? 'internal_error');
      return length - at;
    }
    const { request } = exchange;
    reader.body.start(request.framing, request.bodyBytes);
    exchange.requestEnded = reader.body.isDone;
    this.#enter(reader.body.isDone ? P_SERVED : P_BODY);
    this.#serve(exchange);
    if (this.#phase === P_BODY) {
      this.#thread.host.wheel.arm(this.#timer, exchange.limits.bodyTimeoutMs);
    }
    return taken;
  }

  /** An exception of ours costs this exchange a 500 and nobody else anything (CE-24). */
  #serve(exchange: Exchange): void {
    try {
      this.#thread.host.serve(exchange, this.#settings.key);
      if (exchange.requestEnded && this.#exchange === exchange) {
        exchange.handler?.onRequestEnd(exchange);
      }
    } catch (error) {
      this.#onInternalError(error);
    }
  }

  #onInternalError(error: unknown): void {
    this.#thread.host.onInternalError(error);
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.handler?.onDownstreamGone(exchange, 'internal_error');
    exchange.handler = undefined;
    this.#mustClose = true;
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, 'internal_error');
    else this.cut();
  }

  #takeBody(bytes: Buffer, at: number, length: number): number {
    const reader = this.#reader as RequestReader;
    const taken = reader.body.decode(bytes, at, length, this);
    if (this.#reader !== reader) return length - at; // closed meanwhile
    if (taken < 0) {
      this.#refuseBody(reader.body.failure ?? 'internal_error');
      return length - at;
    }
    if (reader.body.isDone) this.#endRequest();
    else if (this.#phase === P_BODY && !this.#isReadingHeld) {
      this.#thread.host.wheel.arm(this.#timer, this.#exchange?.limits.bodyTimeoutMs ?? 0);
    }
    return taken;
  }

  /** BodySink: a span of the body. */
  onBody(bytes: Buffer, start: number, end: number): void {
    const exchange = this.#exchange;
    if (exchange === undefined || this.#phase !== P_BODY) return;
    exchange.requestBodyBytes += end - start;
    const { maxBodyBytes } = exchange.limits;
    if (maxBodyBytes > 0 && exchange.requestBodyBytes > maxBodyBytes) {
      this.#refuseBody('body_too_large');
      return;
    }
    exchange.handler?.onRequestBody(exchange, bytes, start, end);
  }

  #endRequest(): void {
    if (this.#phase === P_DISCARD) {
      this.#becomeIdle();
      return;
    }
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#enter(P_SERVED);
    this.#thread.host.wheel.disarm(this.#timer);
    exchange.requestEnded = true;
    exchange.handler?.onRequestEnd(exchange);
  }

  /** The body cannot be read on: the endpoint's copy is dropped, the connection closes. */
  #refuseBody(failure: FailureCode): void {
    this.#mustClose = true;
    const exchange = this.#exchange;
    if (exchange === undefined) {
      this.#linger();
      return;
    }
    const { handler } = exchange;
    exchange.handler = undefined;
    handler?.onDownstreamGone(exchange, failure);
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, failure);
    else if (exchange.responseState === RESPONSE_STARTED) {
      exchange.reason = failure;
      this.cut();
    }
  }

  // ---- Downstream ------------------------------------------------------------------------------

  startResponse(): void {
    const exchange = this.#exchange as Exchange;
    this.#response.begin(exchange);
    const closes = this.#willClose(exchange);
    if (closes) this.#mustClose = true;
    exchange.responseState = RESPONSE_STARTED;
    this.#response.writeHead(exchange, closes, this.#thread.host.clock);
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) this.#response.writeBody(exchange, bytes, start, end, stable);
  }

  endResponse(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    this.#response.end(exchange);
    exchange.responseState = RESPONSE_ENDED;
    exchange.handler = undefined;
  }

  flush(): boolean {
    const exchange = this.#exchange;
    const isOut = this.#connection.flush();
    if (exchange === undefined) return isOut;
    if (!isOut) this.#thread.host.wheel.arm(this.#timer, exchange.limits.sendTimeoutMs);
    else if (exchange.responseState === RESPONSE_ENDED) this.#finishExchange(exchange);
    return isOut;
  }

  cut(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      exchange.responseState = RESPONSE_ENDED;
      exchange.handler = undefined;
      this.#release(exchange);
    }
    // A body that ends with the connection would look whole after a FIN; a counted one cannot.
    this.#close(this.#response.endsWithClose);
  }

  holdRequestBody(): void {
    this.#connection.holdReading();
    if (this.#phase === P_BODY) this.#thread.host.wheel.disarm(this.#timer);
  }

  letGoRequestBody(): void {
    if (this.#phase === P_CLOSED) return;
    this.#connection.letGoReading();
    const exchange = this.#exchange;
    if (this.#phase === P_BODY && exchange !== undefined) {
      this.#thread.host.wheel.arm(this.#timer, exchange.limits.bodyTimeoutMs);
    }
  }

  askForBody(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || !exchange.request.expectsContinue) return;
    exchange.request.expectsContinue = false;
    if (exchange.requestBodyBytes > 0 || this.#phase !== P_BODY) return;
    this.#connection.queueText('HTTP/1.1 100 Continue\r\n\r\n');
    this.#connection.flush();
  }

  // ---- End of an exchange ----------------------------------------------------------------------

  #willClose(exchange: Exchange): boolean {
    const { limits, request } = exchange;
    return (
      this.#mustClose ||
      exchange.closeAfter ||
      !request.keepAlive ||
      this.#response.endsWithClose ||
      this.#thread.host.isDraining ||
      limits.keepalive.timeoutMs === 0 ||
      this.exchangeCount >= limits.keepaliveRequests ||
      this.#thread.host.clock.nowMs - this.#openedAtMs > limits.keepaliveTimeMs ||
      (this.#phase === P_BODY && !this.#canDiscard(exchange))
    );
  }

  /** Whether what is left of the body is worth reading for the sake of the connection. */
  #canDiscard(exchange: Exchange): boolean {
    const reader = this.#reader;
    return (
      reader !== undefined &&
      exchange.request.framing === BODY_LENGTH &&
      reader.body.remaining <= MAX_DISCARD_BYTES &&
      !exchange.request.expectsContinue
    );
  }

  /** The response is out. */
  #finishExchange(exchange: Exchange): void {
    const wasComplete = exchange.requestEnded;
    const wantsClose = !exchange.request.keepAlive;
    this.#idleTimeoutMs = exchange.limits.keepalive.timeoutMs;
    this.#minIdleMs = exchange.limits.keepaliveMinTimeoutMs;
    const { lingeringTimeMs } = exchange.limits;
    this.#release(exchange);
    if (this.#mustClose) {
      // The client said close and has sent all: nothing can be on its way, no need to linger.
      if (wantsClose && wasComplete && this.#carry === undefined) this.#close();
      else {
        this.#lingerUntilMs = this.#thread.host.clock.nowMs + lingeringTimeMs;
        this.#linger();
      }
    } else if (!wasComplete) {
      this.#enter(P_DISCARD);
      this.#thread.host.wheel.arm(this.#timer, this.#settings.client.bodyTimeoutMs);
    } else this.#becomeIdle();
  }

  /** Records the exchange and gives it back; the connection has none afterwards. */
  #release(exchange: Exchange): void {
    const family = Math.floor(exchange.response.status / 100);
    if (family >= 1 && family <= 5) this.#count(RESPONSES_1XX + family - 1, 1);
    this.#count(BYTES_OUT, exchange.bytesSent);
    this.#exchange = undefined;
    if (exchange.reason !== '') this.#thread.host.onReason(exchange);
    if (exchange.logs.length > 0) {
      this.#thread.host.clock.refresh();
      recordExchange(exchange);
    }
    this.#thread.exchanges.release(exchange);
  }

  /** Ready for the next request, which may already lie in the carry. */
  #becomeIdle(): void {
    this.#enter(P_IDLE);
    this.#releaseReader();
    this.#thread.host.wheel.arm(this.#timer, this.#quietMs());
    this.#letGoReading();
    if (this.#isProcessing) return;
    if (this.#carry !== undefined) this.#processCarry();
    else if (this.#clientEnded) this.#close();
  }

  #quietMs(): number {
    if (!this.#thread.host.isDraining) return this.#idleTimeoutMs;
    return Math.min(this.#idleTimeoutMs, Math.max(DRAIN_QUIET_MS, this.#minIdleMs));
  }

  // ---- Bytes that wait -------------------------------------------------------------------------

  /** Goes on with what waits, unless it has to wait on. */
  #processCarry(): void {
    const carry = this.#carry;
    if (carry === undefined) return;
    if (this.#phase === P_SERVED) {
      this.#holdReading();
      return;
    }
    carry.consume(this.#process(carry.bytes, carry.length));
    if (carry.length === 0 || this.#phase >= P_LINGER) this.#carry = undefined;
    // The FIN had come before: what is not complete by now never will be.
    if (this.#clientEnded && this.#phase !== P_SERVED) this.onEnd();
  }

  #holdReading(): void {
    if (this.#isReadingHeld) return;
    this.#isReadingHeld = true;
    this.#connection.holdReading();
  }

  #letGoReading(): void {
    if (!this.#isReadingHeld) return;
    this.#isReadingHeld = false;
    this.#connection.letGoReading();
  }

  // ---- Time ------------------------------------------------------------------------------------

  onTimeout(): void {
    const exchange = this.#exchange;
    switch (this.#phase) {
      case P_HEAD:
        this.#mustClose = true;
        if (exchange !== undefined) {
          this.#enter(P_SERVED);
          refuse(exchange, 'client_header_timeout');
        }
        break;
      case P_BODY:
        if (this.#connection.isQueued) this.#abandon('client_send_timeout');
        else this.#refuseBody('client_body_timeout');
        break;
      case P_SERVED:
        if (this.#connection.isQueued) this.#abandon('client_send_timeout');
        break;
      case P_IDLE:
        this.#lingerUntilMs = this.#thread.host.clock.nowMs + DRAIN_QUIET_MS;
        this.#linger();
        break;
      default:
        this.#close();
    }
  }

  /** Draining has begun: a quiet connection goes after a while, a busy one after its response. */
  drain(): void {
    if (this.#phase === P_IDLE) this.#thread.host.wheel.arm(this.#timer, this.#quietMs());
  }

  /** Everything at once, whatever is in progress. */
  kill(): void {
    if (this.#exchange === undefined) this.#close();
    else this.#abandon('shutting_down');
  }

  // ---- Closing ---------------------------------------------------------------------------------

  /** The client is gone or given up: the exchange ends without a further byte. */
  #abandon(reason: FailureCode): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      const { handler } = exchange;
      exchange.handler = undefined;
      exchange.reason = reason;
      handler?.onDownstreamGone(exchange, reason);
      if (exchange.responseState === RESPONSE_NONE) exchange.response.status = 499;
      exchange.responseState = RESPONSE_ENDED;
      this.#release(exchange);
    }
    this.#close(this.#response.endsWithClose);
  }

  /**
   * Sends FIN and drops what still comes: a close with unread input would be a RST, and a RST can
   * destroy the answer before the client has read it (CE-13).
   */
  #linger(): void {
    this.#enter(P_LINGER);
    this.#carry = undefined;
    this.#releaseReader();
    this.#letGoReading();
    this.#connection.end();
    if (this.#clientEnded) {
      this.#close();
      return;
    }
    const left = this.#lingerUntilMs - this.#thread.host.clock.nowMs;
    this.#thread.host.wheel.arm(
      this.#timer,
      Math.min(this.#settings.client.lingeringTimeoutMs, Math.max(0, left)),
    );
  }

  #close(withReset = false): void {
    if (this.#phase === P_CLOSED) return;
    this.#enter(P_CLOSED);
    this.#count(CONNECTIONS_ACTIVE, -1);
    this.#thread.host.wheel.forget(this.#timer);
    this.#carry = undefined;
    this.#releaseReader();
    if (this.#exchange !== undefined) {
      const exchange = this.#exchange;
      this.#exchange = undefined;
      this.#thread.exchanges.release(exchange);
    }
    if (withReset) this.#connection.reset();
    else this.#connection.destroy();
    this.#keeper.onConnectionClosed(this);
  }

  #releaseReader(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    this.#thread.readers.release(reader);
  }

  /** Every change of phase: the gauges of the thread's row follow it. */
  #enter(phase: number): void {
    const left = GAUGE_OF_PHASE[this.#phase] as number;
    const entered = GAUGE_OF_PHASE[phase] as number;
    this.#phase = phase;
    if (left === entered) return;
    if (left !== NO_GAUGE) this.#count(left, -1);
    if (entered !== NO_GAUGE) this.#count(entered, 1);
  }

  #count(column: number, by: number): void {
    const { row } = this.#thread.host;
    row[column] = (row[column] ?? 0) + by;
  }
}
