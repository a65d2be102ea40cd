/**
 * Data path. One HTTP/1.1 connection to an endpoint. Lent to one sink at a time; goes back to its
 * pool only when request and response ended exactly where they said (H1-13): bytes nobody asked
 * for, or a rest that nobody read, close it (CVE-2026-48931, response-queue poisoning).
 *
 *   IDLE ──start──▶ HEAD ──complete──▶ BODY ──complete, reusable──▶ IDLE
 *                     ├── 101 that was asked for ──▶ TUNNEL ──both sides ended──▶ CLOSED
 *                     └── failed, surplus, not reusable ──▶ CLOSED
 */

import type { ConnectionEnd } from '#src/base/connection-end.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { type Carry, carryOf } from '#src/bytes/carry.ts';
import { type BodySink, NEED_MORE } from '#src/codecs/codec.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import {
  CHUNK_END,
  chunkHead,
  encodeRequest,
  lastChunk,
  type OutgoingRequest,
  roomForRequest,
} from '#src/codecs/h1/encoder.ts';
import { MAX_HEAD_BYTES } from '#src/codecs/h1/limits.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { B_UNTIL_CLOSE } from '#src/codecs/h1/states.ts';
import { BODY_CHUNKED } from '#src/http/message.ts';
import { withoutConnectionNamed } from '#src/http/trailers.ts';
import type { Connection, ConnectionOwner } from '#src/transport/connection.ts';
import {
  acquireRelayBuffer,
  acquireWideBuffer,
  isWideBuffer,
  releaseRelayBuffer,
} from '#src/transport/relay-buffers.ts';
import {
  FLOW_GO,
  FLOW_HOLD,
  type ResponseSink,
  type UpstreamConnection,
  type UpstreamTraits,
} from './response-sink.ts';

const U_IDLE = 0; //   in the pool
const U_HEAD = 1; //   a response head is awaited
const U_BODY = 2; //   its body is coming
const U_TUNNEL = 3; // another protocol, relayed as it is
const U_CLOSED = 4; // terminal

/**
 * Bytes that may stay where they are are copied behind what is around them up to this length; one
 * write takes all either way. Others are copied in any case.
 */
const MAX_STABLE_COPIED_BYTES = 8 * 1024;
/** Around a chunk: its size in hexadecimal digits, and two ends of lines. */
const CHUNK_BYTES = 16;
/** A read of more than this is bulk. */
const BULK_BYTES = 8 * 1024;
/** Informational responses in front of the final one (reliability.md §5). */
const MAX_INFORMATIONAL = 8;
const NO_TRAITS: UpstreamTraits = {
  readTimeoutMs: 0,
  sendTimeoutMs: 0,
  maxHeadBytes: MAX_HEAD_BYTES,
  closes: true,
};

/** Where a connection came from and goes back to. */
export interface ConnectionHome {
  readonly wheel: TimerWheel;
  /** The response ended cleanly. False: there is no room; the connection closes. */
  takeBack(connection: H1Connection): boolean;
  /** It closed while idle in the pool. */
  onIdleClosed(connection: H1Connection): void;
  /** It has ended, for this reason. */
  countEnd(end: ConnectionEnd): void;
  /** An exception of ours while a response was handled (CE-24). */
  onInternalError(error: unknown): void;
}

export class H1Connection implements UpstreamConnection, ConnectionOwner, BodySink, TimeoutOwner {
  readonly #home: ConnectionHome;
  readonly #connection: Connection;
  readonly #head = new ResponseDecoder();
  readonly #body = new BodyDecoder();
  readonly #timer = new TimerEntry(this);
  readonly openedAtMs: number;
  /** Requests sent on it so far. */
  requestCount = 0;
  sentBytes = 0;
  receivedBytes = 0;
  #phase = U_IDLE;
  #sink: ResponseSink | undefined = undefined;
  #traits = NO_TRAITS;
  #isChunked = false;
  #requestEnded = false;
  /** Of a tunnel: the endpoint has sent FIN. */
  #responseEnded = false;
  #sawBytes = false;
  #informationalCount = 0;
  /** Writes on the connection before those of this request. */
  #writesBefore = 0;
  #carry: Carry | undefined = undefined;
  #relay: Buffer | undefined = undefined;
  #isStable = false;
  #isHeld = false;

  constructor(home: ConnectionHome, connection: Connection) {
    this.#home = home;
    this.#connection = connection;
    this.openedAtMs = home.wheel.clock.nowMs;
    connection.owner = this;
  }

  /** Nothing came while it was idle, not even what we have read and not looked at. */
  get mayBeLent(): boolean {
    return !this.#connection.hasUnread;
  }

  get isReused(): boolean {
    return this.requestCount > 0;
  }

  // ---- UpstreamConnection ----------------------------------------------------------------------

  start(sink: ResponseSink, request: OutgoingRequest, traits: UpstreamTraits): void {
    this.#sink = sink;
    this.#traits = traits;
    this.#isChunked = request.head.framing === BODY_CHUNKED;
    this.#requestEnded = false;
    this.#sawBytes = false;
    this.#informationalCount = 0;
    this.#phase = U_HEAD;
    this.#writesBefore = this.#connection.writeCount;
    this.#head.reset();
    this.#head.maxHeadBytes = traits.maxHeadBytes;
    this.#home.wheel.disarm(this.#timer);
    this.receivedBytes = 0;
    const out = this.#connection.room(roomForRequest(request));
    const start = out.at;
    encodeRequest(out, request);
    this.sentBytes = out.at - start;
    this.#connection.commit();
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    const connection = this.#connection;
    const length = end - start;
    const isChunked = this.#isChunked;
    this.sentBytes += length;
    if (stable && length > MAX_STABLE_COPIED_BYTES) {
      if (isChunked) connection.queueText(chunkHead(length));
      connection.queueBytes(bytes.subarray(start, end));
      if (isChunked) connection.queueText(CHUNK_END);
      return;
    }
    const out = connection.room(length + CHUNK_BYTES);
    if (isChunked) out.text(chunkHead(length));
    out.copyBuffer(bytes, start, end);
    if (isChunked) out.crlf();
    connection.commit();
  }

  endRequest(trailers: string): void {
    this.#requestEnded = true;
    if (this.#isChunked) this.#connection.queueText(lastChunk(trailers));
    if (this.#phase !== U_TUNNEL) return;
    if (this.#responseEnded) this.abort();
    else this.#connection.end();
  }

  flush(): boolean {
    if (this.#phase === U_CLOSED) return true;
    const isOut = this.#connection.flush();
    if (!isOut) this.#home.wheel.arm(this.#timer, this.#traits.sendTimeoutMs);
    else this.#awaitResponse();
    return isOut;
  }

  resumeResponse(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#awaitResponse();
    this.#narrowBuffer();
    this.#connection.letGoReading();
  }

  abort(isOfTunnel = false): void {
    this.#sink = undefined;
    // A tunnel has no framing: after a plain close the endpoint would take a part for the whole.
    const hasEnded = this.#requestEnded && this.#responseEnded;
    const isTunnel = isOfTunnel || this.#phase === U_TUNNEL;
    const end = isTunnel ? 'upstream_tunnel_ended' : 'upstream_given_up';
    this.#close(end, isOfTunnel || (this.#phase === U_TUNNEL && !hasEnded));
  }

  // ---- Pool ------------------------------------------------------------------------------------

  /** In the pool: closes when the endpoint does, when it talks unasked, and after that time. */
  rest(idleTimeoutMs: number): void {
    this.#home.wheel.arm(this.#timer, idleTimeoutMs);
  }

  /** The pool gives it up. */
  discard(end: ConnectionEnd): void {
    this.#close(end);
  }

  // ---- ConnectionOwner -------------------------------------------------------------------------

  onBytes(bytes: Buffer, start: number, end: number): void {
    const sink = this.#sink;
    if (sink === undefined) {
      this.#closeIdle('endpoint_unasked');
      return;
    }
    if (this.#phase === U_HEAD && this.#connection.writesWhenRead === this.#writesBefore) {
      // What was read before our request had left answers none (response-queue poisoning).
      this.#connection.dropUnsent();
      this.fail('upstream_reset');
      return;
    }
    this.#sawBytes = true;
    this.receivedBytes += end - start;
    try {
      if (this.#phase === U_TUNNEL) {
        this.#relayTunnel(sink, bytes, start, end);
        return;
      }
      const carry = this.#carry;
      if (carry === undefined) this.#take(sink, bytes, start, end);
      else {
        carry.append(bytes, start, end);
        this.#take(sink, carry.bytes, 0, carry.length);
      }
    } catch (error) {
      this.#home.onInternalError(error);
      this.fail('internal_error');
    }
  }

  onEnd(): void {
    if (this.#sink === undefined) this.#closeIdle('endpoint_idle');
    else if (this.#phase === U_TUNNEL) this.#endTunnel(this.#sink);
    else if (this.#phase === U_BODY && this.#body.state === B_UNTIL_CLOSE) this.#finish(false);
    else this.fail(this.#phase === U_BODY ? 'upstream_truncated' : 'upstream_reset');
  }

  onDrained(): void {
    if (this.#sink === undefined) return; // rests in the pool, by its own timeout
    this.#awaitResponse();
    this.#sink.onRequestDrained();
  }

  onBroken(_errno: string): void {
    if (this.#sink === undefined) this.#closeIdle('endpoint_idle');
    else this.fail(this.#phase === U_HEAD ? 'upstream_reset' : 'upstream_truncated');
  }

  onTimeout(): void {
    if (this.#sink === undefined) this.#closeIdle('upstream_idle_timeout');
    else if (this.#connection.isQueued) this.fail('upstream_send_timeout');
    else if (this.#phase === U_HEAD) this.fail('upstream_header_timeout');
    else this.fail('upstream_read_timeout');
  }

  /** BodySink. */
  onBody(bytes: Buffer, start: number, end: number): void {
    this.#sink?.onResponseBody(bytes, start, end, this.#isStable);
  }

  // ---- Response --------------------------------------------------------------------------------

  #take(sink: ResponseSink, bytes: Buffer, start: number, length: number): void {
    let at = start;
    while (this.#phase === U_HEAD && at < length) {
      const used = this.#takeHead(sink, bytes, at, length);
      if (used <= 0) return;
      at += used;
    }
    this.#carry = undefined; // what is left of it is taken now
    if (this.#sink !== sink) return; // given up meanwhile
    if (this.#phase === U_TUNNEL) this.#relayTunnel(sink, bytes, at, length);
    if (this.#phase !== U_BODY) return;
    if (at < length && !this.#body.isDone) {
      this.#isStable = bytes === this.#relay;
      const used = this.#body.decode(bytes, at, length, this);
      if (this.#sink !== sink) return; // given up meanwhile
      if (used < 0) {
        this.fail('upstream_protocol_error');
        return;
      }
      at += used;
    }
    if (this.#body.isDone) {
      this.#finish(at === length);
      return;
    }
    this.#flushResponse(sink, length - start);
  }

  /** What a read of that length brought goes on. */
  #flushResponse(sink: ResponseSink, length: number): void {
    const flow = sink.flushResponse();
    if (this.#sink !== sink) return;
    this.#chooseBuffer(flow, length);
    if (flow === FLOW_HOLD) this.#holdResponse();
    else this.#awaitResponse();
  }

  #relayTunnel(sink: ResponseSink, bytes: Buffer, at: number, length: number): void {
    if (at < length) sink.onResponseBody(bytes, at, length, bytes === this.#relay);
    if (this.#sink === sink) this.#flushResponse(sink, length - at);
  }

  /** FIN of the endpoint; the client's side of the tunnel may go on. */
  #endTunnel(sink: ResponseSink): void {
    this.#responseEnded = true;
    sink.onResponseEnd();
    if (this.#requestEnded) this.abort();
    sink.flushResponse();
  }

  /** > 0 bytes of a head · ≤ 0 nothing more to do now. */
  #takeHead(sink: ResponseSink, bytes: Buffer, at: number, length: number): number {
    const head = sink.responseHead;
    const used = this.#head.decodeHead(bytes, at, length, head, sink.requestMethod);
    if (used === NEED_MORE) {
      if (this.#carry === undefined) this.#carry = carryOf(bytes, at, length);
      else this.#carry.consume(at); // `bytes` are its bytes
      this.#awaitResponse();
      return 0;
    }
    if (used < 0) {
      const { failure } = this.#head;
      const isLarge = failure === 'request_head_too_large' || failure === 'request_field_count';
      this.fail(isLarge ? 'upstream_head_too_large' : 'upstream_protocol_error');
      return -1;
    }
    if (head.status < 200) return this.#takeInformational(sink, used);
    this.#phase = U_BODY;
    this.#body.start(head.framing, head.bodyBytes);
    sink.onResponseHead();
    return used;
  }

  /** 1xx are not the answer; 101 is one when it was asked for (CVE-2026-2833). */
  #takeInformational(sink: ResponseSink, used: number): number {
    const head = sink.responseHead;
    if (head.status === 101) {
      if (!sink.onSwitch()) {
        if (this.#sink === sink) this.fail('upstream_protocol_error');
        return -1;
      }
      this.#phase = U_TUNNEL;
      this.#isChunked = false;
      this.#requestEnded = false;
      this.#responseEnded = false;
      return used;
    }
    this.#informationalCount += 1;
    if (this.#informationalCount > MAX_INFORMATIONAL) {
      this.fail('upstream_protocol_error');
      return -1;
    }
    sink.onInformational();
    if (this.#sink !== sink) return -1;
    head.reset();
    this.#head.reset();
    return used;
  }

  /**
   * Where the next read goes. What comes in bulk comes into a relay buffer, where it may wait in a
   * write; what trickles (events, frames) is copied anyway, and ten thousand such connections must
   * not hold a buffer each. What fills a buffer, and is gone at once, gets a wide one.
   */
  #chooseBuffer(flow: number, length: number): void {
    const relay = this.#relay;
    const isBulk = length > BULK_BYTES;
    const isFast = relay !== undefined && flow === FLOW_GO && length >= relay.length;
    if (relay !== undefined) {
      const isEnough = !isFast || isWideBuffer(relay);
      if (flow === FLOW_HOLD || (flow === FLOW_GO && isBulk && isEnough)) return;
      if (flow === FLOW_GO) releaseRelayBuffer(relay);
      this.#relay = undefined;
    }
    if (isBulk) this.#relay = isFast ? acquireWideBuffer() : acquireRelayBuffer();
    this.#connection.readInto(this.#relay);
  }

  /** The client was slow and its write is through: next time less is to wait for it. */
  #narrowBuffer(): void {
    const relay = this.#relay;
    if (relay === undefined || !isWideBuffer(relay)) return;
    releaseRelayBuffer(relay);
    this.#relay = acquireRelayBuffer();
    this.#connection.readInto(this.#relay);
  }

  #holdResponse(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#home.wheel.disarm(this.#timer); // the client is slow, not the endpoint
    this.#connection.holdReading();
  }

  /**
   * Progress: the endpoint has `readTimeoutMs` from now; not while its request is under way, nor
   * while the client is slow. What still queues towards it has its own timeout, which part of an
   * answer, or talk in a tunnel, does not end.
   */
  #awaitResponse(): void {
    if (this.#connection.isQueued && this.#phase !== U_BODY) return;
    if (!this.#isHeld && (this.#requestEnded || this.#phase >= U_BODY)) {
      this.#home.wheel.arm(this.#timer, this.#traits.readTimeoutMs);
    } else this.#home.wheel.disarm(this.#timer);
  }

  /** The response is complete. `isExact`: not a byte more has come than it declared. */
  #finish(isExact: boolean): void {
    const sink = this.#sink as ResponseSink;
    const relay = this.#relay;
    const wasSent = this.#requestEnded && !this.#connection.isQueued;
    const head = sink.responseHead;
    let end: ConnectionEnd | undefined;
    if (!isExact) end = 'endpoint_unasked';
    else if (!wasSent) end = 'upstream_unfinished';
    else if (!head.keepAlive) end = 'endpoint_closes';
    else if (this.#traits.closes) end = 'upstream_not_kept';
    head.trailers = withoutConnectionNamed(this.#body.trailers, head.fields);
    this.#sink = undefined;
    this.#carry = undefined;
    this.#relay = undefined;
    this.requestCount += 1;
    sink.onResponseEnd();
    // Back in the pool before the response leaves: the client's next request may want it.
    this.#connection.readInto(undefined);
    this.#phase = U_IDLE;
    if (end === undefined && !this.#home.takeBack(this)) end = 'upstream_not_kept';
    if (end !== undefined) this.#close(end);
    const flow = sink.flushResponse();
    if (relay !== undefined && flow === FLOW_GO) releaseRelayBuffer(relay);
  }

  /** Closes it and tells its sink; false when it had none to tell. */
  fail(failure: FailureCode): boolean {
    const sink = this.#sink;
    const sawBytes = this.#sawBytes;
    this.#sink = undefined;
    this.#close('endpoint_failed', this.#phase === U_TUNNEL && this.#connection.isQueued);
    sink?.onUpstreamFailed(failure, sawBytes);
    return sink !== undefined;
  }

  #closeIdle(end: ConnectionEnd): void {
    if (this.#phase === U_CLOSED) return;
    this.#close(end);
    this.#home.onIdleClosed(this);
  }

  /** A relay buffer may still wait in a write to the client: it is left to the garbage collector. */
  #close(end: ConnectionEnd, withReset = false): void {
    if (this.#phase === U_CLOSED) return;
    this.#phase = U_CLOSED;
    this.#home.countEnd(end);
    this.#carry = undefined;
    this.#relay = undefined;
    this.#home.wheel.forget(this.#timer);
    if (withReset) this.#connection.reset();
    else this.#connection.destroy();
  }
}
