/**
 * Data path. One exchange on its way through an upstream: try after try, until one answers or none
 * may follow. What happens to the bodies stands in request-feed.ts and response-feed.ts; here is
 * which endpoint is asked, and what its answer, or its failure, leads to. Comes from a free list;
 * allocates what the head's text costs.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import type { Reusable } from '#src/base/free-list.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import { Block, type ByteBlock } from '#src/bytes/byte-copy.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { type Exchange, type ExchangeHandler, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { FieldEdits } from '#src/http/field-edits.ts';
import {
  F_X_ACCEL_BUFFERING,
  F_X_ACCEL_LIMIT_RATE,
  F_X_ACCEL_REDIRECT,
} from '#src/http/field-names.ts';
import { BODY_CHUNKED, BODY_NONE, RequestHead, type ResponseHead } from '#src/http/message.ts';
import type { ResponseLimits } from '#src/spool/response-store.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PendingName } from '#src/upstream/name-resolver.ts';
import type { PendingConnection } from '#src/upstream/pool/connector.ts';
import {
  FLOW_GO,
  FLOW_HOLD,
  type PoolClient,
  type ResponseSink,
  type UpstreamConnection,
} from '#src/upstream/pool/response-sink.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { QueueClient } from '#src/upstream/upstream-queue.ts';
import {
  keepsBody,
  limitsFor,
  mayUpgrade,
  overrideStatus,
  passesHints,
  restoreBody,
  takesTrailers,
} from './exchange-rules.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { type FeedOwner, RequestFeed } from './request-feed.ts';
import { type DeliveryOwner, ResponseFeed } from './response-feed.ts';
import {
  isFailureStatus,
  mayAskAnother,
  mayTryAgain,
  type RetryRules,
  type TryState,
} from './retry.ts';
import type { UpstreamSeeker } from './run-time-pass.ts';
import type { Shaping } from './shaping.ts';
import { Tries } from './tries.ts';

/** Of the statuses that occur, made once: a number becomes text on every exchange. */
const STATUS_TEXTS = Array.from({ length: 600 }, (_, status) => String(status));

function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}

/** Filled and encoded before the next exchange can need it: one per thread. */
const NO_LINES: ByteBlock = new Block('');
const outgoing = {
  head: new RequestHead(),
  target: undefined as string | undefined,
  edits: new FieldEdits([], []),
  added: NO_LINES,
  addedBytes: 0,
  minorVersion: 1,
};

/** Gives an attempt back when the exchange is done with it. */
export interface AttemptHome {
  readonly wheel: TimerWheel;
  releaseAttempt(attempt: Attempt): void;
  nowMs(): number;
  /** For the error log. `endpoint` is '' when there was none to try. */
  onAttemptFailed(exchange: Exchange, failure: FailureCode, endpoint: string): void;
  /** A temporary file could not be written or read; `errno`: 'ENOSPC' … */
  onSpoolFailed(exchange: Exchange, errno: string): void;
  /** The upstream that variables in `proxy_pass` name was not found. `detail`: which, and why. */
  onPassFailed(exchange: Exchange, failure: FailureCode, detail: string): void;
}

export class Attempt
  implements
    Reusable,
    ExchangeHandler,
    ResponseSink,
    PoolClient,
    FeedOwner,
    DeliveryOwner,
    TryState,
    UpstreamSeeker,
    QueueClient
{
  readonly #home: AttemptHome;
  readonly #request = new RequestFeed(this);
  readonly #response = new ResponseFeed(this);
  readonly #tries = new Tries();
  #exchange: Exchange | undefined = undefined;
  #location: ProxiedLocation | undefined = undefined;
  #pending: PendingConnection | undefined = undefined;
  /** The host of a `proxy_pass` with variables is being looked up; undefined whenever it is not. */
  #naming: PendingName | undefined = undefined;
  #connection: UpstreamConnection | undefined = undefined;
  #wasSent = false;
  /** Part of the response went out before its end came: the end has a time of its own. */
  #wasFlushed = false;
  /** Of a tunnel: the endpoint has sent FIN. */
  #responseEnded = false;
  /** The endpoint is done; the client still has to take what is stored. */
  #isDelivering = false;
  /** Within `begin`: the client side flushes when it has handed over what it read. */
  #isBeginning = false;

  constructor(home: AttemptHome) {
    this.#home = home;
  }

  reset(): void {
    this.#exchange = undefined;
    this.#location = undefined;
    this.#pending = undefined;
    this.#connection = undefined;
    this.#wasSent = false;
    this.#isBeginning = false;
    this.#wasFlushed = false;
    this.#responseEnded = false;
    this.#isDelivering = false;
    this.#tries.reset();
  }

  /**
   * Takes the exchange; it is answered through its downstream, now or later. `isLate`: not within
   * the callback that brought its head.
   */
  begin(exchange: Exchange, location: ProxiedLocation, isLate: boolean): void {
    this.#exchange = exchange;
    this.#location = location;
    exchange.handler = this;
    this.#tries.begin(location.upstream, exchange);
    const { request } = exchange;
    exchange.keepsTrailers = location.passTrailers && takesTrailers(exchange);
    restoreBody(exchange);
    if (request.framing !== BODY_NONE && keepsBody(exchange)) {
      const needsLength = location.traits.closes && request.framing === BODY_CHUNKED;
      const limits = needsLength ? location.heldLimits : location.requestLimits;
      this.#request.begin(exchange, limits, location.passTrailers);
      if (this.#request.isCollecting) return;
      this.#dropUnwanted();
    }
    this.#isBeginning = exchange.redirects === 0 && !isLate;
    this.#tryNext();
    this.#isBeginning = false;
  }

  // ---- TryState -------------------------------------------------------------------

  get wasSent(): boolean {
    return this.#wasSent;
  }

  get isReplayable(): boolean {
    return this.#request.isReplayable;
  }

  /** UpstreamSeeker. */
  onSeekingBroken(): void {
    if (this.#exchange?.handler !== this) return; // it was answered before
    this.#drop();
    this.#tries.leave(false);
    this.#giveUp('internal_error');
  }

  // ---- Trying ----------------------------------------------------------------------------------

  #tryNext(): void {
    const endpoint = this.#tries.pick();
    if (endpoint === undefined) this.#noEndpoint();
    else this.#try(endpoint, false);
  }

  /** None is left, or variables say where the exchange goes and nobody has looked yet. */
  #noEndpoint(): void {
    const exchange = this.#exchange as Exchange;
    const { pass } = this.#location as ProxiedLocation;
    if (pass !== undefined && !this.#tries.hasUpstream) {
      const naming = pass.find(exchange, this);
      if (naming !== undefined) this.#naming = naming; // else it was told, and may be another's now
      return;
    }
    const failure = this.#tries.wait(this);
    if (failure === undefined) return;
    this.#home.onAttemptFailed(exchange, failure, '');
    this.#giveUp(failure);
  }

  /** QueueClient. */
  onPlace(endpoint: Endpoint): void {
    this.#tries.noteWaited(this.#home.nowMs());
    this.#try(endpoint, false);
  }

  /** QueueClient. */
  onNoPlace(failure: FailureCode): void {
    this.#tries.noteWaited(this.#home.nowMs());
    this.#home.onAttemptFailed(this.#exchange as Exchange, failure, '');
    this.#giveUp(failure);
  }

  /** UpstreamSeeker. */
  onUpstreamFound(upstream: Upstream): void {
    this.#naming = undefined;
    this.#tries.begin(upstream, this.#exchange as Exchange);
    this.#tryNext();
  }

  /** UpstreamSeeker. */
  onUpstreamMissing(failure: FailureCode, detail: string): void {
    this.#naming = undefined;
    this.#home.onPassFailed(this.#exchange as Exchange, failure, detail);
    this.#giveUp(failure);
  }

  #try(endpoint: Endpoint, fresh: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.#wasSent = false;
    const isFirst = this.#isBeginning && !fresh;
    const nowMs = isFirst ? exchange.startedAtMs : this.#home.nowMs();
    const pool = this.#tries.start(exchange, endpoint, nowMs);
    const { connectTimeoutMs, traits } = this.#location as ProxiedLocation;
    const idle = fresh || traits.closes ? undefined : pool.take();
    if (idle !== undefined) {
      exchange.upstreamConnectMs = 0;
      this.#send(idle);
    } else this.#pending = pool.dial(this, connectTimeoutMs);
  }

  /** PoolClient. */
  onConnectionReady(connection: UpstreamConnection): void {
    const exchange = this.#exchange as Exchange;
    this.#pending = undefined;
    exchange.upstreamConnectMs = this.#sinceStart();
    this.#send(connection);
  }

  /** PoolClient. */
  onConnectionFailed(failure: FailureCode): void {
    this.#pending = undefined;
    this.#connection = undefined;
    this.#failed(failure, false);
  }

  #send(connection: UpstreamConnection): void {
    const exchange = this.#exchange as Exchange;
    const { own, plan, traits } = this.#location as ProxiedLocation;
    this.#connection = connection;
    const { request } = exchange;
    const lines = plan.lines(exchange);
    if (lines === undefined) {
      this.#connection = undefined;
      connection.abort();
      this.#tries.leave(false);
      this.#giveUp('field_value_malformed');
      return;
    }
    // Without a 101, what the client sends behind its request may be HTTP or not: never guessed.
    if (plan.wantsUpgrade(exchange)) exchange.closeAfter = true;
    if (traits.closes) this.#downstream().askForBody(); // 1.0 has no 100 to wait for
    outgoing.head = request;
    outgoing.target = plan.target(exchange);
    outgoing.edits = plan.edits;
    outgoing.added = lines;
    outgoing.addedBytes = lines.at;
    outgoing.minorVersion = plan.minorVersion;
    if (own === undefined) connection.start(this, outgoing, traits);
    else own.start(connection, this, outgoing, traits, exchange);
    if (this.#request.isUsed) {
      this.#request.attach(connection);
      // The client side hands over what it has read already: one write takes all.
      if (this.#isBeginning && !exchange.requestEnded) return;
      this.#wasSent = true;
      this.#request.go();
    } else {
      this.#wasSent = true;
      connection.endRequest('');
      connection.flush();
    }
  }

  // ---- ExchangeHandler: the client's side ------------------------------------------------------

  get ignoresAbort(): boolean {
    const exchange = this.#exchange as Exchange;
    const { ignoreClientAbort, plan } = this.#location as ProxiedLocation;
    return ignoreClientAbort && exchange.requestEnded && !plan.wantsUpgrade(exchange);
  }

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.#request.onBody(bytes, start, end);
  }

  onRequestEnd(): void {
    if (this.#connection !== undefined) this.#wasSent = true;
    this.#request.onEnd();
    if (!this.#responseEnded) return;
    this.#tries.leave(false); // a tunnel that has ended on both sides
    this.#done();
  }

  onRequestFlush(): void {
    if (this.#connection !== undefined) this.#wasSent = true;
    this.#request.onFlush();
  }

  onDownstreamWritable(): void {
    this.#response.onWritable();
  }

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.#drop();
    this.#tries.leave(false);
    this.#done();
  }

  // ---- FeedOwner -------------------------------------------------------------------------------

  onRequestWhole(): void {
    this.#dropUnwanted();
    this.#tryNext();
  }

  /** `proxy_pass_request_body off`: it is whole, and goes no further. */
  #dropUnwanted(): void {
    if ((this.#location as ProxiedLocation).passRequestBody) return;
    (this.#exchange as Exchange).request.framing = BODY_NONE;
    this.#request.end();
  }

  onRequestLost(errno: string): void {
    const failure = 'spool_failed';
    const exchange = this.#exchange as Exchange;
    this.#home.onSpoolFailed(exchange, errno);
    exchange.closeAfter = true;
    exchange.dropsBody = true;
    this.#drop();
    this.#tries.leave(false);
    if (exchange.responseState === RESPONSE_NONE) this.#giveUp(failure);
    else this.#cut(failure);
  }

  // ---- ResponseSink: the endpoint's side -------------------------------------------------------

  get responseHead(): ResponseHead {
    return (this.#exchange as Exchange).response;
  }

  get requestMethod(): string {
    const exchange = this.#exchange as Exchange;
    return (this.#location as ProxiedLocation).own?.method(exchange) ?? exchange.request.method;
  }

  onInformational(): void {
    const exchange = this.#exchange as Exchange;
    if (exchange.response.status === 100) {
      this.#downstream().askForBody();
      return;
    }
    if (passesHints(exchange, this.#location as ProxiedLocation))
      this.#downstream().sendInformational();
  }

  onSwitch(): boolean {
    const exchange = this.#exchange as Exchange;
    if (!mayUpgrade(exchange, this.#location as ProxiedLocation)) return false;
    exchange.isTunnel = true;
    exchange.requestEnded = false;
    this.#request.beginTunnel(exchange, this.#connection as UpstreamConnection);
    this.#noteHead(exchange);
    this.#passHead(exchange, undefined, undefined);
    return this.#exchange === exchange;
  }

  onResponseHead(): void {
    const exchange = this.#exchange as Exchange;
    const location = this.#location as ProxiedLocation;
    this.#noteHead(exchange);
    if (location.watchesStatus && this.#takesOver(exchange, location)) return;
    const { fields } = exchange.response;
    const wishes =
      fields.countOf(F_X_ACCEL_REDIRECT) +
      fields.countOf(F_X_ACCEL_LIMIT_RATE) +
      fields.countOf(F_X_ACCEL_BUFFERING);
    if (wishes > 0) this.#obey(exchange, location);
    else this.#passHead(exchange, location.shaping, location.responseLimits);
  }

  /** The endpoint has a wish. */
  #obey(exchange: Exchange, location: ProxiedLocation): void {
    const { accel, shaping, wished } = location;
    const { fields } = exchange.response;
    const target = fields.get(F_X_ACCEL_REDIRECT);
    if (target === undefined || accel === undefined) {
      const hasRate = fields.countOf(F_X_ACCEL_LIMIT_RATE) > 0;
      this.#passHead(exchange, hasRate ? wished : shaping, limitsFor(exchange, location));
      return;
    }
    this.#drop();
    this.#tries.leave(false);
    this.#done();
    accel.redirect(exchange, target);
  }

  #noteHead(exchange: Exchange): void {
    exchange.upstreamHeaderMs = this.#sinceStart();
    exchange.upstreamResponseMs = exchange.upstreamHeaderMs;
    const { status } = exchange.response;
    this.#tries.noteAnswer(exchange.upstreamHeaderMs, status);
    this.#tries.noteStatus(exchange, statusText(status));
  }

  /** Before the connection goes: what it has carried of this try. */
  #noteBytes(exchange: Exchange): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    exchange.upstreamReceivedBytes = connection.receivedBytes;
    exchange.upstreamSentBytes = connection.sentBytes;
  }

  /** Without `limits` the endpoint waits for the client. */
  #passHead(
    exchange: Exchange,
    shaping: Shaping | undefined,
    limits: ResponseLimits | undefined,
  ): void {
    const { answer, ignoresBufferingWish } = this.#location as ProxiedLocation;
    const connection = this.#connection as UpstreamConnection;
    this.#response.begin(exchange, connection, limits, ignoresBufferingWish);
    answer.apply(exchange);
    this.#tries.noteHead(exchange);
    overrideStatus(exchange);
    if (shaping !== undefined && !this.#shape(exchange, shaping)) return;
    this.#downstream().startResponse();
  }

  /** False: the client has another answer. */
  #shape(exchange: Exchange, shaping: Shaping): boolean {
    if (shaping.begin(exchange, this.#response, this.#home.wheel)) return true;
    this.#drop();
    this.#tries.leave(false);
    this.#done();
    shaping.refuse(exchange);
    return false;
  }

  /** Another endpoint is asked, or a page of ours answers, in place of this answer. */
  #takesOver(exchange: Exchange, location: ProxiedLocation): boolean {
    const { status } = exchange.response;
    const endpoint = this.#tries.endpoint as Endpoint;
    const { retry } = location;
    if (mayAskAnother(exchange, status, retry, this) && this.#mayGoOn(endpoint, retry)) {
      this.#drop();
      this.#tries.leave(isFailureStatus(status));
      exchange.response.reset();
      this.#tryNext();
      return true;
    }
    const { rescuer } = exchange;
    if (!location.interceptErrors || status < 300 || rescuer?.covers(exchange, status) !== true) {
      return false;
    }
    this.#drop();
    this.#tries.leave(false);
    this.#done();
    rescuer.rescue(exchange, status); // which reads and empties the head
    return true;
  }

  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    (this.#exchange as Exchange).upstreamBodyBytes += end - start;
    this.#response.write(bytes, start, end, stable);
  }

  onResponseEnd(): void {
    const exchange = this.#exchange as Exchange;
    if (this.#wasFlushed) exchange.upstreamResponseMs = this.#sinceStart();
    if (exchange.isTunnel) {
      this.#responseEnded = true;
      this.#downstream().endResponse();
      if (!exchange.requestEnded) return; // the client may go on
    }
    this.#noteBytes(exchange);
    this.#connection = undefined;
    this.#request.end(); // what still comes of it is dropped: the client may read only after it
    this.#tries.noteEnd(exchange);
    this.#tries.leave(false);
    if (exchange.isTunnel) return;
    if (this.#response.complete()) this.#downstream().endResponse();
    else this.#isDelivering = true;
  }

  flushResponse(): number {
    if (this.#isDelivering) {
      this.#response.go();
      return FLOW_GO;
    }
    if (this.#connection !== undefined) {
      this.#wasFlushed = true;
      return this.#response.flush();
    }
    // Given back before the response leaves: the client's next exchange may begin inside `flush`.
    const downstream = this.#downstream();
    this.#done();
    return downstream.flush() ? FLOW_GO : FLOW_HOLD;
  }

  onRequestDrained(): void {
    this.#request.onDrained();
  }

  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void {
    const isStale =
      !sawBytes && failure === 'upstream_reset' && (this.#connection?.isReused ?? false);
    this.#noteBytes(this.#exchange as Exchange);
    this.#connection = undefined;
    this.#request.detach();
    this.#failed(failure, isStale);
  }

  // ---- DeliveryOwner ---------------------------------------------------------------------------

  onDelivered(): void {
    const downstream = this.#downstream();
    downstream.endResponse();
    this.#done();
    downstream.flush();
  }

  onResponseLost(errno: string): void {
    this.#home.onSpoolFailed(this.#exchange as Exchange, errno);
    this.#drop();
    this.#tries.leave(false);
    this.#cut('spool_failed');
  }

  // ---- The end of a try ------------------------------------------------------------------------

  /** `isStale`: a kept connection had died; that says nothing about the endpoint (CE-10). */
  #failed(failure: FailureCode, isStale: boolean): void {
    const exchange = this.#exchange as Exchange;
    const endpoint = this.#tries.endpoint as Endpoint;
    exchange.upstreamResponseMs = this.#sinceStart();
    if (!isStale) this.#home.onAttemptFailed(exchange, failure, endpoint.config.name);
    if (exchange.responseState !== RESPONSE_NONE) {
      this.#tries.leave(!exchange.isTunnel); // a tunnel that was idle too long blames nobody
      this.#cut(failure);
      return;
    }
    exchange.response.reset();
    this.#tries.noteStatus(exchange, String(FAILURES[failure].status));
    const { retry } = this.#location as ProxiedLocation;
    const mayTry = mayTryAgain(exchange, failure, retry, this);
    if (mayTry && isStale && this.#tries.repeats(endpoint)) {
      this.#try(endpoint, true); // in between nobody else may take its place (max_conns)
      return;
    }
    this.#tries.leave(!isStale && FAILURES[failure].source === 'upstream');
    if (!mayTry) this.#giveUp(failure);
    else if (this.#mayGoOn(endpoint, retry)) this.#tryNext();
    else this.#giveUp(failure);
  }

  #mayGoOn(endpoint: Endpoint, retry: RetryRules): boolean {
    if (!this.#tries.mayGoOn(endpoint, retry, this.#home.nowMs())) return false;
    const { rebinds } = this.#location as ProxiedLocation;
    const { upstream } = this.#tries;
    if (rebinds !== undefined && upstream !== undefined) {
      this.#tries.goOnAt(rebinds.rebind(this.#exchange as Exchange, upstream));
    }
    return true;
  }

  /** Nothing more is sent to the endpoint or read from it. */
  #drop(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
    this.#naming?.cancel();
    this.#naming = undefined;
    this.#tries.stopWaiting(this.#home.nowMs());
    const exchange = this.#exchange as Exchange;
    const { upgrade } = exchange.request;
    this.#noteBytes(exchange);
    this.#connection?.abort(upgrade !== '');
    this.#connection = undefined;
    this.#request.detach();
  }

  #giveUp(failure: FailureCode): void {
    const exchange = this.#exchange as Exchange;
    this.#done();
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, failure);
  }

  /** Part of the response has left: its end must not look like one. */
  #cut(failure: FailureCode): void {
    const exchange = this.#exchange as Exchange;
    const downstream = this.#downstream();
    exchange.reason = failure;
    this.#done();
    downstream.cut();
  }

  /** The exchange goes on without this attempt. */
  #done(): void {
    const exchange = this.#exchange;
    this.#request.end();
    this.#response.reset();
    if (exchange !== undefined && exchange.handler === this) exchange.handler = undefined;
    this.#home.releaseAttempt(this);
  }

  // ---- Helpers ---------------------------------------------------------------------------------

  #downstream(): Downstream {
    return (this.#exchange as Exchange).downstream as Downstream;
  }

  #sinceStart(): number {
    return this.#tries.sinceStart(this.#home.nowMs());
  }
}
