/**
 * Data path. One exchange on its way through an upstream: try after try, until one answers or none
 * may follow. Bytes of the client go out, the answer comes in, backpressure holds whichever side is
 * ahead. Comes from a free list; allocates what the head's text costs.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import type { Reusable } from '#src/base/free-list.ts';
import { encodeRequest } from '#src/codecs/h1/encoder.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import {
  type Exchange,
  type ExchangeHandler,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import { AddedFields } from '#src/http/field-edits.ts';
import { BODY_CHUNKED, type ResponseHead } from '#src/http/message.ts';
import type { PickContext } from '#src/upstream/balancers/balancer.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PendingConnection } from '#src/upstream/pool/connector.ts';
import type {
  PoolClient,
  ResponseSink,
  UpstreamConnection,
} from '#src/upstream/pool/response-sink.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { mayTryAgain } from './retry.ts';

/** Of the statuses that occur, made once: a number becomes text on every exchange. */
const STATUS_TEXTS = Array.from({ length: 600 }, (_, status) => String(status));

function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}

/** Evaluated and encoded before the next exchange can need it: one per thread. */
const added = new AddedFields();

/** Gives an attempt back when the exchange is done with it. */
export interface AttemptHome {
  releaseAttempt(attempt: Attempt): void;
  nowMs(): number;
  /** For the error log. `endpoint` is '' when there was none to try. */
  onAttemptFailed(exchange: Exchange, failure: FailureCode, endpoint: string): void;
}

export class Attempt implements Reusable, ExchangeHandler, ResponseSink, PoolClient, PickContext {
  readonly #home: AttemptHome;
  #exchange: Exchange | undefined = undefined;
  #location: ProxiedLocation | undefined = undefined;
  #endpoint: Endpoint | undefined = undefined;
  #pending: PendingConnection | undefined = undefined;
  #connection: UpstreamConnection | undefined = undefined;
  #startedAtMs = 0;
  /** Bytes of the request's body that came before there was a connection. */
  #early: Buffer[] | undefined = undefined;
  #isClientHeld = false;
  /** Some of the request has left for the endpoint of this try. */
  #wasSent = false;
  #isRetryOfStale = false;
  /** Part of the response went out before its end came: the end has a time of its own. */
  #wasFlushed = false;
  /** Within `begin`: the client side flushes when it has handed over what it read. */
  #isBeginning = false;
  readonly #tried: Endpoint[] = [];

  constructor(home: AttemptHome) {
    this.#home = home;
  }

  reset(): void {
    this.#exchange = undefined;
    this.#location = undefined;
    this.#endpoint = undefined;
    this.#pending = undefined;
    this.#connection = undefined;
    this.#startedAtMs = 0;
    this.#early = undefined;
    this.#isClientHeld = false;
    this.#wasSent = false;
    this.#isRetryOfStale = false;
    this.#isBeginning = false;
    this.#wasFlushed = false;
    // Setting a length is a call into the engine; nearly every exchange succeeds at its first try.
    if (this.#tried.length > 0) this.#tried.length = 0;
  }

  /** Takes the exchange; it is answered through its downstream, now or later. */
  begin(exchange: Exchange, location: ProxiedLocation): void {
    this.#exchange = exchange;
    this.#location = location;
    exchange.handler = this;
    this.#isBeginning = true;
    this.#tryNext();
    this.#isBeginning = false;
  }

  // ---- PickContext -----------------------------------------------------------------------------

  hasTried(endpoint: Endpoint): boolean {
    return this.#tried.includes(endpoint);
  }

  nextTurn(): number {
    return this.#upstream.nextTurn();
  }

  // ---- Trying ----------------------------------------------------------------------------------

  #tryNext(): void {
    const endpoint = this.#upstream.pick(this);
    if (endpoint === undefined) {
      this.#home.onAttemptFailed(this.#exchange as Exchange, 'no_healthy_upstream', '');
      this.#giveUp('no_healthy_upstream');
      return;
    }
    this.#try(endpoint, false);
  }

  #try(endpoint: Endpoint, fresh: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.#endpoint = endpoint;
    this.#wasSent = false;
    this.#startedAtMs = fresh || !this.#isBeginning ? this.#home.nowMs() : exchange.startedAtMs;
    const { name } = endpoint.config;
    exchange.upstreamAddress =
      exchange.upstreamAddress === '' ? name : `${exchange.upstreamAddress}, ${name}`;
    const pool = this.#upstream.poolOf(endpoint);
    const idle = fresh ? undefined : pool.take();
    if (idle !== undefined) {
      exchange.upstreamConnectMs = 0;
      this.#send(idle);
      if (!this.#isBeginning && this.#connection === idle) this.#flushRequest();
    } else {
      this.#pending = pool.dial(this, (this.#location as ProxiedLocation).connectTimeoutMs);
    }
  }

  /** PoolClient. */
  onConnectionReady(connection: UpstreamConnection): void {
    const exchange = this.#exchange as Exchange;
    this.#pending = undefined;
    exchange.upstreamConnectMs = this.#sinceStart();
    this.#send(connection);
    if (this.#exchange === exchange && this.#connection === connection) this.#flushRequest();
  }

  /** PoolClient. */
  onConnectionFailed(failure: FailureCode): void {
    this.#pending = undefined;
    this.#connection = undefined;
    this.#failed(failure, false);
  }

  #send(connection: UpstreamConnection): void {
    const exchange = this.#exchange as Exchange;
    const location = this.#location as ProxiedLocation;
    const { plan } = location;
    this.#connection = connection;
    if (!plan.fill(exchange, added)) {
      this.#connection = undefined;
      connection.abort();
      this.#leave(false);
      this.#giveUp('field_value_malformed');
      return;
    }
    const { request } = exchange;
    const head = encodeRequest(request, plan.target(exchange), plan.edits, added);
    connection.start(this, head, request.framing === BODY_CHUNKED, location.timeouts);
    const early = this.#early;
    if (early !== undefined) {
      for (const bytes of early) connection.writeBody(bytes, 0, bytes.length, true);
    }
    if (exchange.requestEnded) connection.endRequest();
    else this.#downstream.askForBody();
  }

  #flushRequest(): void {
    const connection = this.#connection as UpstreamConnection;
    this.#wasSent = true;
    if (connection.flush()) this.#letGoClient();
    else this.#holdClient();
  }

  // ---- ExchangeHandler: the client's side ------------------------------------------------------

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    if (this.#connection !== undefined) {
      this.#connection.writeBody(bytes, start, end, false);
      return;
    }
    // Not connected yet: what this read brought is kept, more is not read.
    this.#early ??= [];
    this.#early.push(Buffer.from(bytes.subarray(start, end)));
    this.#holdClient();
  }

  onRequestEnd(): void {
    const connection = this.#connection;
    if (connection === undefined) return; // `#send` will see that the request has ended
    connection.endRequest();
    this.#flushRequest();
  }

  onRequestFlush(): void {
    if (this.#connection !== undefined) this.#flushRequest();
  }

  onDownstreamWritable(): void {
    this.#connection?.resumeResponse();
  }

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.#pending?.cancel();
    this.#connection?.abort();
    this.#leave(false);
    this.#done();
  }

  // ---- ResponseSink: the endpoint's side -------------------------------------------------------

  get responseHead(): ResponseHead {
    return (this.#exchange as Exchange).response;
  }

  get requestMethod(): string {
    return (this.#exchange as Exchange).request.method;
  }

  onResponseHead(): void {
    const exchange = this.#exchange as Exchange;
    exchange.upstreamHeaderMs = this.#sinceStart();
    exchange.upstreamResponseMs = exchange.upstreamHeaderMs;
    this.#noteStatus(exchange, statusText(exchange.response.status));
    this.#downstream.startResponse();
  }

  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    this.#downstream.writeBody(bytes, start, end, stable);
  }

  onResponseEnd(): void {
    const exchange = this.#exchange as Exchange;
    if (this.#wasFlushed) exchange.upstreamResponseMs = this.#sinceStart();
    this.#connection = undefined;
    this.#leave(false);
    this.#downstream.endResponse();
  }

  flushResponse(): boolean {
    const downstream = this.#downstream;
    // Given back before the response leaves: the client's next exchange may begin inside `flush`.
    if (this.#connection === undefined) this.#done();
    else this.#wasFlushed = true;
    return downstream.flush();
  }

  onRequestDrained(): void {
    this.#letGoClient();
  }

  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void {
    const isStale =
      !sawBytes && failure === 'upstream_reset' && (this.#connection?.isReused ?? false);
    this.#connection = undefined;
    this.#failed(failure, isStale);
  }

  // ---- The end of a try ------------------------------------------------------------------------

  /** `isStale`: a kept connection had died; that says nothing about the endpoint (CE-10). */
  #failed(failure: FailureCode, isStale: boolean): void {
    const exchange = this.#exchange as Exchange;
    const endpoint = this.#endpoint as Endpoint;
    exchange.upstreamResponseMs = this.#sinceStart();
    if (!isStale) this.#home.onAttemptFailed(exchange, failure, endpoint.config.name);
    if (exchange.responseState === RESPONSE_STARTED) {
      this.#leave(true);
      exchange.reason = failure;
      const downstream = this.#downstream;
      this.#done();
      downstream.cut();
      return;
    }
    exchange.response.reset();
    this.#noteStatus(exchange, String(FAILURES[failure].status));
    this.#leave(!isStale);
    if (!mayTryAgain(exchange, failure, this.#wasSent)) {
      this.#giveUp(failure);
    } else if (isStale && !this.#isRetryOfStale) {
      // nginx gives one extra try that does not count; the endpoint gets a fresh connection.
      this.#isRetryOfStale = true;
      this.#upstream.restart(endpoint);
      this.#try(endpoint, true);
    } else {
      this.#tried.push(endpoint);
      if (this.#upstream.hasUntried(this)) this.#tryNext();
      else this.#giveUp(failure);
    }
  }

  /** The endpoint has this exchange no longer. */
  #leave(isFailure: boolean): void {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return;
    this.#endpoint = undefined;
    this.#upstream.finish(endpoint, isFailure);
  }

  #giveUp(failure: FailureCode): void {
    const exchange = this.#exchange as Exchange;
    this.#done();
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, failure);
  }

  /** The exchange goes on without this attempt. */
  #done(): void {
    this.#letGoClient();
    const exchange = this.#exchange;
    if (exchange !== undefined && exchange.handler === this) exchange.handler = undefined;
    this.#home.releaseAttempt(this);
  }

  // ---- Helpers ---------------------------------------------------------------------------------

  get #upstream(): Upstream {
    return (this.#location as ProxiedLocation).upstream;
  }

  get #downstream(): Downstream {
    return (this.#exchange as Exchange).downstream as Downstream;
  }

  #sinceStart(): number {
    return this.#home.nowMs() - this.#startedAtMs;
  }

  #noteStatus(exchange: Exchange, status: string): void {
    exchange.upstreamStatus =
      exchange.upstreamStatus === '' ? status : `${exchange.upstreamStatus}, ${status}`;
  }

  #holdClient(): void {
    if (this.#isClientHeld) return;
    this.#isClientHeld = true;
    this.#downstream.holdRequestBody();
  }

  #letGoClient(): void {
    if (!this.#isClientHeld) return;
    this.#isClientHeld = false;
    this.#downstream.letGoRequestBody();
  }
}
