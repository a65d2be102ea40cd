/**
 * Data path. What a client sends, taken apart: one request after another, each as start, head, body
 * spans, end. The next request waits until its owner asks for it (`next`), so pipelined bytes wait
 * in a carry with reading held, and a slow response bounds what a fast client can pile up.
 *
 *   IDLE ─first byte─▶ HEAD ─complete─▶ BODY ─complete─▶ COMPLETE ─next()─▶ IDLE
 *                        │                └─discardRest()─▶ DISCARD ─complete─▶ COMPLETE
 *                        └─ malformed, here or in BODY: the owner is told once ─▶ CLOSED
 *   COMPLETE ─startTunnel()─▶ TUNNEL: all that comes is body
 */

import type { FailureCode } from '#src/base/failure.ts';
import { CR, LF } from '#src/bytes/ascii.ts';
import { type Carry, carryOf } from '#src/bytes/carry.ts';
import { type BodySink, NEED_MORE } from '#src/codecs/codec.ts';
import { MAX_LEADING_LINES } from '#src/codecs/h1/limits.ts';
import { B_LENGTH } from '#src/codecs/h1/states.ts';
import type { RequestHead } from '#src/http/message.ts';
import { withoutConnectionNamed } from '#src/http/trailers.ts';
import type { Connection } from '#src/transport/connection.ts';
import type { ClientSettings } from './directives.ts';
import type { HttpThread, RequestReader } from './http-thread.ts';
import { NO_CONNECTION } from './no-connection.ts';

const I_IDLE = 0; //     between requests
const I_HEAD = 1; //     a head is coming
const I_BODY = 2; //     a body is coming
const I_DISCARD = 3; //  a body nobody wants is coming
const I_COMPLETE = 4; // the request has ended; what comes now belongs to the next
const I_TUNNEL = 5; //   another protocol: bytes as they are
const I_CLOSED = 6; //   terminal: what comes is dropped

const EMPTY_LINE_BYTES = 2;

/** Told what came, from within `take` and `next`; may close the intake from there. */
export interface IntakeOwner {
  /** The first byte of a request: returns where its head is put. */
  onRequestStart(): RequestHead;
  /** The head is complete; so is the request when `isComplete` says so. */
  onRequestHead(): void;
  onRequestBody(bytes: Buffer, start: number, end: number): void;
  /** The callback that brought body bytes ends, the body does not. */
  onRequestFlush(): void;
  /** The body was read, or dropped, to its end. Not called for a request without one. */
  onRequestEnd(): void;
  /** It cannot be read on; the intake has closed. */
  onRequestMalformed(failure: FailureCode): void;
  /** An exception of ours while one of the above ran (CE-24). */
  onInternalError(error: unknown): void;
}

export class Http1Intake implements BodySink {
  readonly #thread: HttpThread;
  readonly #client: ClientSettings;
  readonly #owner: IntakeOwner;
  #connection = NO_CONNECTION;
  #state = I_IDLE;
  #head: RequestHead | undefined = undefined;
  #reader: RequestReader | undefined = undefined;
  #carry: Carry | undefined = undefined;
  #isReadingHeld = false;
  #emptyLines = 0;
  #bodyCameWithHead = false;
  /** Within `take` or `next`: further bytes are looked at when the loop there comes to them. */
  #isTaking = false;

  constructor(thread: HttpThread, client: ClientSettings, owner: IntakeOwner) {
    this.#thread = thread;
    this.#client = client;
    this.#owner = owner;
  }

  /** Of a new client. */
  open(connection: Connection): void {
    this.#connection = connection;
  }

  /** Empty, for another client: it was closed, and neither `take` nor `next` is running. */
  reset(): void {
    this.close();
    this.#connection = NO_CONNECTION;
    this.#state = I_IDLE;
    this.#emptyLines = 0;
    this.#bodyCameWithHead = false;
    this.#isTaking = false;
  }

  get isComplete(): boolean {
    return this.#state === I_COMPLETE;
  }

  get isTaking(): boolean {
    return this.#isTaking;
  }

  /** Part of the body came in the same read as its head: the client does not wait for 100. */
  get bodyCameWithHead(): boolean {
    return this.#bodyCameWithHead;
  }

  /** Bytes of a later request have come already. */
  get hasWaiting(): boolean {
    return this.#carry !== undefined;
  }

  /** Bytes of the body that are still to come; Infinity when the client has not told how many. */
  get bodyRemaining(): number {
    const body = this.#reader?.body;
    if (body === undefined || body.isDone) return 0;
    return body.state === B_LENGTH ? body.remaining : Number.POSITIVE_INFINITY;
  }

  /** bytes[start..end) have come; they are used or copied when this returns. */
  take(bytes: Buffer, start: number, end: number): void {
    if (this.#state === I_CLOSED) return;
    if (this.#carry !== undefined) {
      this.#carry.append(bytes, start, end);
      this.#takeCarry();
      return;
    }
    const at = this.#run(bytes, start, end);
    if (at < end && !this.#isClosed()) this.#carry = carryOf(bytes, at, end);
  }

  /** The request has been answered: goes on with the next, which may have come already. */
  next(): void {
    if (this.#isClosed()) return;
    this.#state = I_IDLE;
    this.#head = undefined;
    this.#releaseReader();
    if (this.#isReadingHeld) {
      this.#isReadingHeld = false;
      this.#connection.letGoReading();
    }
    if (!this.#isTaking) this.#takeCarry();
  }

  /** The request was answered before its end: the rest of the body is read and dropped. */
  discardRest(): void {
    if (this.#state !== I_BODY) return;
    this.#state = I_DISCARD;
    this.#head = undefined; // it was the exchange's, which has another one by now
  }

  /** What comes from here on is not HTTP; `takeWaiting` hands over what came already. */
  startTunnel(): void {
    this.#state = I_TUNNEL;
    this.#head = undefined;
    this.#releaseReader();
  }

  /** Of a tunnel: what the client sent before it began. */
  takeWaiting(): void {
    if (this.#isReadingHeld) {
      this.#isReadingHeld = false;
      this.#connection.letGoReading();
    }
    if (!this.#isTaking) this.#takeCarry();
  }

  /** What still comes is dropped. */
  close(): void {
    this.#state = I_CLOSED;
    this.#head = undefined;
    this.#carry = undefined;
    this.#releaseReader();
    if (!this.#isReadingHeld) return;
    this.#isReadingHeld = false;
    this.#connection.letGoReading();
  }

  /** BodySink. */
  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#state === I_BODY) this.#owner.onRequestBody(bytes, start, end);
  }

  #isClosed(): boolean {
    return this.#state === I_CLOSED;
  }

  #takeCarry(): void {
    const carry = this.#carry;
    if (carry === undefined) return;
    if (this.#state === I_COMPLETE) {
      this.#holdReading();
      return;
    }
    carry.consume(this.#run(carry.bytes, 0, carry.length));
    if (carry.length === 0 || this.#isClosed()) this.#carry = undefined;
  }

  /** Takes bytes[start..length) as far as they go; where the first unused one is. */
  #run(bytes: Buffer, start: number, length: number): number {
    let at = start;
    this.#isTaking = true;
    try {
      while (at < length) {
        const used = this.#step(bytes, at, length);
        if (used <= 0) break;
        at += used;
      }
      if (this.#state === I_BODY || this.#state === I_TUNNEL) this.#owner.onRequestFlush();
    } catch (error) {
      this.#owner.onInternalError(error);
    }
    this.#isTaking = false;
    return at;
  }

  /** > 0 bytes used · 0 the rest must wait. */
  #step(bytes: Buffer, at: number, length: number): number {
    switch (this.#state) {
      case I_IDLE:
        if (bytes[at] === CR && bytes[at + 1] === LF && at + 1 < length) return this.#skipLine();
        this.#start();
        return this.#stepHead(bytes, at, length);
      case I_HEAD:
        return this.#stepHead(bytes, at, length);
      case I_BODY:
      case I_DISCARD:
        return this.#stepBody(bytes, at, length);
      case I_COMPLETE:
        this.#holdReading();
        return 0;
      case I_TUNNEL:
        this.#owner.onRequestBody(bytes, at, length);
        return length - at;
      default:
        return length - at; // closed: nobody wants them
    }
  }

  /** RFC 9112 §2.2: an empty line between requests starts none; a flood of them is one, malformed. */
  #skipLine(): number {
    if (++this.#emptyLines <= MAX_LEADING_LINES) return EMPTY_LINE_BYTES;
    this.#start();
    this.#refuse('request_line_malformed');
    return EMPTY_LINE_BYTES;
  }

  #start(): void {
    this.#emptyLines = 0;
    const reader = this.#thread.readers.acquire();
    const { bytes, count } = this.#client.headerBuffers;
    reader.head.maxRequestLineBytes = bytes;
    reader.head.maxFieldLineBytes = bytes;
    reader.head.maxHeadBytes = bytes * count;
    reader.head.maxFields = this.#client.maxHeaders;
    reader.head.mergesSlashes = this.#client.mergesSlashes;
    reader.head.keepsUnderscores = this.#client.underscoresInHeaders;
    reader.body.keepsUnderscores = this.#client.underscoresInHeaders;
    this.#reader = reader;
    this.#state = I_HEAD;
    this.#head = this.#owner.onRequestStart();
  }

  #stepHead(bytes: Buffer, at: number, length: number): number {
    const reader = this.#reader as RequestReader;
    const head = this.#head as RequestHead;
    const used = reader.head.decodeHead(bytes, at, length, head);
    if (used === NEED_MORE) return 0;
    if (used < 0) {
      if (head.fields.length === 0) {
        head.fields.take(bytes, at, Math.min(length, at + reader.head.maxHeadBytes));
      }
      this.#refuse(reader.head.failure);
      return length - at;
    }
    reader.body.start(head.framing, head.bodyBytes);
    this.#state = reader.body.isDone ? I_COMPLETE : I_BODY;
    this.#bodyCameWithHead = at + used < length;
    this.#owner.onRequestHead();
    return used;
  }

  #stepBody(bytes: Buffer, at: number, length: number): number {
    const reader = this.#reader as RequestReader;
    const used = reader.body.decode(bytes, at, length, this);
    if (this.#reader !== reader) return length - at; // closed meanwhile
    if (used < 0) {
      this.#refuse(reader.body.failure);
      return length - at;
    }
    if (reader.body.isDone) {
      this.#state = I_COMPLETE;
      const head = this.#head;
      if (head !== undefined) {
        head.trailers = withoutConnectionNamed(reader.body.trailers, head.fields);
      }
      this.#owner.onRequestEnd();
    }
    return used;
  }

  #refuse(failure: FailureCode | undefined): void {
    this.close();
    this.#owner.onRequestMalformed(failure ?? 'internal_error');
  }

  #holdReading(): void {
    if (this.#isReadingHeld) return;
    this.#isReadingHeld = true;
    this.#connection.holdReading();
  }

  #releaseReader(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#reader = undefined;
    this.#thread.readers.release(reader);
  }
}
