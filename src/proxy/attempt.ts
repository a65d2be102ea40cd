/**
 * Data path. One exchange on its way through an upstream: try after try, until one answers or none
 * may follow. Here is which endpoint is asked, and what its failure leads to; response-side.ts has
 * what its answer leads to, request-feed.ts and response-feed.ts what happens to the bodies. Comes
 * from a free list; allocates what the head's text costs.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import type { Reusable } from '#src/base/free-list.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { type Exchange, type ExchangeHandler, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { BODY_CHUNKED, BODY_NONE } from '#src/http/message.ts';
import { isIdempotent } from '#src/http/method.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PendingName } from '#src/upstream/name-resolver.ts';
import type { PendingConnection } from '#src/upstream/pool/connector.ts';
import type { PoolClient, UpstreamConnection } from '#src/upstream/pool/response-sink.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { QueueClient } from '#src/upstream/upstream-queue.ts';
import type { AttemptHome, ResponseOwner } from './attempt-home.ts';
import { keepsBody, restoreBody, takesTrailers } from './exchange-rules.ts';
import { Hedge, type HedgeOwner } from './hedge.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { type FeedOwner, RequestFeed } from './request-feed.ts';
import { ResponseSide } from './response-side.ts';
import {
  hasReached,
  isFailureStatus,
  maySendAgain,
  mayTryAgain,
  type RetryRules,
  type TryState,
} from './retry.ts';
import type { UpstreamSeeker } from './run-time-pass.ts';
import { sendHead } from './send-head.ts';
import { Tries } from './tries.ts';
import { retryAfterMs, TryClock, type TryClockOwner, type TryTimes } from './try-clock.ts';

export class Attempt
  implements
    Reusable,
    ExchangeHandler,
    ResponseOwner,
    PoolClient,
    FeedOwner,
    TryState,
    UpstreamSeeker,
    QueueClient,
    TryClockOwner,
    HedgeOwner
{
  readonly #home: AttemptHome<Attempt>;
  readonly #request = new RequestFeed(this);
  readonly #tries: Tries;
  readonly #response: ResponseSide;
  #exchange: Exchange | undefined = undefined;
  #location: ProxiedLocation | undefined = undefined;
  #pending: PendingConnection | undefined = undefined;
  /** The host of a `proxy_pass` with variables is being looked up; undefined whenever it is not. */
  #naming: PendingName | undefined = undefined;
  /** TryState. */
  wasSent = false;
  /** Within `begin`: the client side flushes when it has handed over what it read. */
  #isBeginning = false;
  /** Of the location, while the tries of an exchange are limited by them. */
  #times: TryTimes | undefined = undefined;
  /** `proxy_hedge`, and nothing has been hedged. */
  #mayHedge = false;
  /** Made when they are first needed. */
  #hedge: Hedge | undefined = undefined;
  #clock: TryClock | undefined = undefined;

  constructor(home: AttemptHome<Attempt>, tries = new Tries()) {
    this.#home = home;
    this.#tries = tries;
    this.#response = new ResponseSide(this, home, this.#tries, this.#request);
  }

  reset(): void {
    this.#exchange = undefined;
    this.#location = undefined;
    this.#pending = undefined;
    this.wasSent = false;
    this.#isBeginning = false;
    this.#response.reset();
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
    this.#response.begin(exchange, location);
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
    this.#tryFirst(location);
    this.#isBeginning = false;
  }

  /** TryState. */
  get isReplayable(): boolean {
    return this.#request.isReplayable;
  }

  // ---- Trying ----------------------------------------------------------------------------------

  #tryFirst({ times }: ProxiedLocation): void {
    if (times !== undefined) {
      this.#clock ??= new TryClock(this.#home.wheel, this);
      this.#times = times;
      if (!this.#clock.begin(times, this.#exchange as Exchange)) {
        this.onTotalOver();
        return;
      }
      this.#mayHedge = times.hedge !== undefined && this.#isHedgeable();
    }
    this.#tryNext();
  }

  #tryNext(): void {
    const endpoint = this.#tries.pick();
    if (endpoint === undefined) this.#noEndpoint();
    else this.#try(endpoint, false);
  }

  #beginTimes({ hedge }: TryTimes, exchange: Exchange): void {
    const times = this.#times as TryTimes;
    this.#clock?.beginTry(times, exchange);
    if (hedge === undefined || !this.#mayHedge) return;
    this.#mayHedge = false; // once
    this.#response.isWatched = true;
    if (hedge.delayMs === Number.POSITIVE_INFINITY) return;
    this.#hedge ??= new Hedge(this, this.#home, this.#tries, this.#response);
    this.#hedge.begin(exchange, this.#location as ProxiedLocation, hedge.delayMs);
  }

  /** It can be sent twice without anybody's noticing (RFC 9110 §9.2.2), and has no body to share. */
  #isHedgeable(): boolean {
    const exchange = this.#exchange as Exchange;
    const { own, plan } = this.#location as ProxiedLocation;
    const { method } = exchange.request;
    if (this.#request.isUsed || own !== undefined || !isIdempotent(method)) return false;
    return !plan.wantsUpgrade(exchange);
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

  /** UpstreamSeeker. */
  onSeekingBroken(): void {
    if (this.#exchange?.handler !== this) return; // it was answered before
    this.abandon(false);
    this.#giveUp('internal_error');
  }

  #try(endpoint: Endpoint, fresh: boolean): void {
    const exchange = this.#exchange as Exchange;
    this.wasSent = false;
    const isFirst = this.#isBeginning && !fresh;
    const nowMs = isFirst ? exchange.startedAtMs : this.#home.nowMs();
    const pool = this.#tries.start(exchange, endpoint, nowMs);
    if (this.#times !== undefined) this.#beginTimes(this.#times, exchange);
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
    this.#response.connection = undefined;
    this.onTryFailed(failure, false);
  }

  #send(connection: UpstreamConnection): void {
    const exchange = this.#exchange as Exchange;
    this.#response.connection = connection;
    if (!sendHead(exchange, this.#location as ProxiedLocation, connection, this.#response)) {
      this.#response.connection = undefined;
      connection.abort();
      this.#tries.leave(false);
      this.#giveUp('field_value_malformed');
      return;
    }
    if (this.#request.isUsed) {
      this.#request.attach(connection);
      // The client side hands over what it has read already: one write takes all.
      if (this.#isBeginning && !exchange.requestEnded) return;
      this.wasSent = true;
      this.#request.go();
    } else {
      this.wasSent = true;
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
    if (this.#response.connection !== undefined) this.wasSent = true;
    this.#request.onEnd();
    if (!this.#response.hasEnded) return;
    this.#response.noteTunnelBytes();
    this.#tries.leave(false); // a tunnel that has ended on both sides
    this.done();
  }

  onRequestFlush(): void {
    if (this.#response.connection !== undefined) this.wasSent = true;
    this.#request.onFlush();
  }

  onDownstreamWritable(): void {
    this.#response.onWritable();
  }

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.abandon(false);
    this.done();
  }

  // ---- FeedOwner -------------------------------------------------------------------------------

  onRequestWhole(): void {
    this.#dropUnwanted();
    this.#tryFirst(this.#location as ProxiedLocation);
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
    this.abandon(false);
    if (exchange.responseState === RESPONSE_NONE) this.#giveUp(failure);
    else this.cut(failure);
  }

  // ---- ResponseOwner: the end of a try ---------------------------------------------------------

  /** A kept connection that had died says nothing about the endpoint (CE-10). */
  onTryFailed(failure: FailureCode, isStale: boolean): void {
    const exchange = this.#exchange as Exchange;
    const endpoint = this.#tries.endpoint as Endpoint;
    const hedge = this.#hedgeBehind(failure);
    exchange.upstreamResponseMs = this.#sinceStart();
    if (!isStale) this.#home.onAttemptFailed(exchange, failure, endpoint.config.name);
    if (exchange.responseState !== RESPONSE_NONE) {
      // A tunnel that was idle too long blames nobody, nor does an answer that is very long.
      this.#tries.leave(!exchange.isTunnel && failure !== 'upstream_total_timeout');
      this.cut(failure);
      return;
    }
    exchange.response.reset();
    this.#tries.noteStatus(exchange, String(FAILURES[failure].status));
    const { retry } = this.#location as ProxiedLocation;
    const mayTry = mayTryAgain(exchange, failure, retry, this);
    this.#clock?.endTry();
    if (hedge !== undefined) {
      this.#tries.leave(!isStale && this.#isToBlame(failure));
      this.#followHedge(hedge);
      return;
    }
    if (mayTry && isStale && this.#tries.repeats(endpoint)) {
      this.#try(endpoint, true); // in between nobody else may take its place (max_conns)
      return;
    }
    this.#tries.leave(!isStale && this.#isToBlame(failure));
    if (!mayTry) this.#giveUp(failure);
    else if (this.#mayGoOn(endpoint, retry, 0, hasReached(failure))) this.#goOn();
    else this.#giveUp(failure);
  }

  asksAnother(status: number): boolean {
    const exchange = this.#exchange as Exchange;
    const endpoint = this.#tries.endpoint as Endpoint;
    const { retry } = this.#location as ProxiedLocation;
    const isListed = retry.on.statuses.has(status);
    const { upstream } = this.#tries;
    if (isListed && this.#hedge?.isAsking === true) {
      this.#cancelTry();
      this.#tries.leave(isFailureStatus(status));
      this.#followHedge(this.#hedge);
      return true;
    }
    const goesOn =
      isListed &&
      maySendAgain(exchange, retry, this) &&
      this.#mayGoOn(endpoint, retry, this.#retryAfterMs(), true);
    const isFailure = goesOn && isFailureStatus(status);
    if (isListed && !isFailure) upstream?.noteBadAnswer();
    if (!goesOn) return false;
    this.abandon(isFailure);
    exchange.response.reset();
    this.#goOn();
    return true;
  }

  /** `hasCost`: the try before was work for its endpoint, so another one needs budget. */
  #mayGoOn(endpoint: Endpoint, retry: RetryRules, retryAfter: number, hasCost: boolean): boolean {
    if (this.#times !== undefined && this.#clock?.mayGoOn(this.#times, retryAfter) === false) {
      return false;
    }
    if (!this.#tries.mayGoOn(endpoint, retry, this.#home.nowMs(), hasCost)) return false;
    const { rebinds } = this.#location as ProxiedLocation;
    const { upstream } = this.#tries;
    if (rebinds !== undefined && upstream !== undefined) {
      this.#tries.goOnAt(rebinds.rebind(this.#exchange as Exchange, upstream));
    }
    return true;
  }

  /** Another endpoint is asked, now or after a pause. */
  #goOn(): void {
    if (this.#times === undefined || this.#clock?.pause() !== true) this.#tryNext();
  }

  /** What the endpoint asks for; only where it is obeyed. */
  #retryAfterMs(): number {
    if (this.#times === undefined || this.#times.backoff.baseMs === 0) return 0;
    return retryAfterMs((this.#exchange as Exchange).response.fields.lookUp('retry-after'));
  }

  /** Whoever was asked only shortly before all time was over has done nothing wrong. */
  #isToBlame(failure: FailureCode): boolean {
    if (failure !== 'upstream_total_timeout') return FAILURES[failure].source === 'upstream';
    if (this.#clock?.isOfClient === true) return false;
    return this.#sinceStart() * 2 >= (this.#times?.totalMs ?? 0);
  }

  // ---- HedgeOwner ------------------------------------------------------------------------------

  onOvertaken(): void {
    const exchange = this.#exchange as Exchange;
    exchange.upstreamResponseMs = this.#sinceStart();
    this.#times?.hedge?.note(exchange.upstreamResponseMs); // it takes longer than that
    this.#cancelTry();
    this.#tries.noteStatus(exchange, '-');
    this.#tries.leave(false);
    this.#response.isWatched = false;
  }

  /** ResponseOwner. Only while `isWatched`: the first try of one that may be hedged answers. */
  onHead(status: number): void {
    this.#response.isWatched = false;
    this.#times?.hedge?.note(this.#sinceStart());
    const { retry } = this.#location as ProxiedLocation;
    if (this.#hedge?.isAsking !== true || !retry.on.statuses.has(status)) this.#hedge?.giveUp('-');
  }

  /** The hedge that goes on when the try fails so; what else there is of one is given up. */
  #hedgeBehind(failure: FailureCode): Hedge | undefined {
    const hedge = this.#hedge;
    if (hedge?.isAsking === true && failure !== 'upstream_total_timeout') return hedge;
    hedge?.giveUp('-');
    return undefined;
  }

  /** The first try has failed; the one beside it is a try like any other from now on. */
  #followHedge(hedge: Hedge): void {
    hedge.lead();
    if (this.#times !== undefined) this.#clock?.beginTry(this.#times, this.#exchange as Exchange);
  }

  // ---- TryClockOwner ---------------------------------------------------------------------------

  onPauseOver(): void {
    this.#tryNext();
  }

  onTryOver(): void {
    if (this.#tries.endpoint === undefined || this.#tries.hasHead) return; // it has come
    this.#cutTry('upstream_try_timeout');
  }

  onTotalOver(): void {
    const exchange = this.#exchange as Exchange;
    const failure = 'upstream_total_timeout';
    if (exchange.isTunnel) return;
    if (this.#tries.endpoint !== undefined) this.#cutTry(failure);
    else if (exchange.responseState === RESPONSE_NONE) {
      this.abandon(false);
      this.#home.onAttemptFailed(exchange, failure, '');
      this.#giveUp(failure);
    }
  }

  #cutTry(failure: FailureCode): void {
    this.#cancelTry();
    this.onTryFailed(failure, false);
  }

  /** Nothing more is sent to its endpoint or read from it. */
  #cancelTry(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
    if (this.#hedge?.isAsking === false) this.#hedge.cancelDial(); // it may lead, and be dialing
    this.#response.drop();
    this.#request.detach();
  }

  // ---- The end ---------------------------------------------------------------------------------

  abandon(isFailure: boolean): void {
    this.#naming?.cancel();
    this.#naming = undefined;
    this.#tries.stopWaiting(this.#home.nowMs());
    this.#hedge?.giveUp('-');
    this.#cancelTry();
    this.#tries.leave(isFailure);
  }

  #giveUp(failure: FailureCode): void {
    const exchange = this.#exchange as Exchange;
    const { lacksBudget } = this.#tries;
    this.done();
    if (exchange.responseState !== RESPONSE_NONE) return;
    refuse(exchange, failure, lacksBudget ? 'retry_budget' : failure);
  }

  cut(failure: FailureCode): void {
    const exchange = this.#exchange as Exchange;
    const downstream = exchange.downstream as Downstream;
    exchange.reason = failure;
    this.done();
    downstream.cut();
  }

  done(): void {
    const exchange = this.#exchange;
    if (this.#times !== undefined) {
      this.#times = undefined;
      this.#clock?.end();
      this.#hedge?.end();
    }
    this.#request.end();
    this.#response.end();
    if (exchange !== undefined && exchange.handler === this) exchange.handler = undefined;
    this.#home.releaseAttempt(this);
  }

  #sinceStart(): number {
    return this.#tries.sinceStart(this.#home.nowMs());
  }
}
