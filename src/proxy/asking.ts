/**
 * Data path. An exchange on its way to an endpoint: which one is asked, over which connection, and the
 * request that goes there. The lowest of the three files of an attempt: attempt.ts is built on
 * further-tries.ts, and that on this. One object all the same, with all fields here.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_NONE } from '#src/http/message.ts';
import { isIdempotent } from '#src/http/method.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PendingName } from '#src/upstream/name-resolver.ts';
import type { PendingConnection } from '#src/upstream/pool/connector.ts';
import type { PoolClient, UpstreamConnection } from '#src/upstream/pool/response-sink.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import type { QueueClient } from '#src/upstream/upstream-queue.ts';
import type { AttemptHome, ResponseOwner } from './attempt-home.ts';
import { Hedge, type HedgeOwner } from './hedge.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { type FeedOwner, RequestFeed } from './request-feed.ts';
import { ResponseSide } from './response-side.ts';
import type { TryState } from './retry.ts';
import type { UpstreamSeeker } from './run-time-pass.ts';
import { sendHead } from './send-head.ts';
import type { Tries } from './tries.ts';
import { TryClock, type TryClockOwner, type TryTimes } from './try-clock.ts';

export abstract class Asking
  implements
    ResponseOwner,
    PoolClient,
    FeedOwner,
    TryState,
    UpstreamSeeker,
    QueueClient,
    TryClockOwner,
    HedgeOwner
{
  protected readonly home: AttemptHome;
  protected readonly request = new RequestFeed(this);
  protected readonly tries: Tries;
  protected readonly response: ResponseSide;
  protected exchange: Exchange | undefined = undefined;
  protected location: ProxiedLocation | undefined = undefined;
  protected pending: PendingConnection | undefined = undefined;
  /** The host of a `proxy_pass` with variables is being looked up; undefined whenever it is not. */
  protected naming: PendingName | undefined = undefined;
  /** TryState. */
  wasSent = false;
  /** Within `begin`: the client side flushes when it has handed over what it read. */
  protected isBeginning = false;
  /** Of the location, while the tries of an exchange are limited by them. */
  protected times: TryTimes | undefined = undefined;
  /** `proxy_hedge`, and nothing has been hedged. */
  #mayHedge = false;
  /** Made when they are first needed. */
  protected hedge: Hedge | undefined = undefined;
  protected clock: TryClock | undefined = undefined;

  constructor(home: AttemptHome, tries: Tries) {
    this.home = home;
    this.tries = tries;
    this.response = new ResponseSide(this, home, this.tries, this.request);
  }

  reset(): void {
    this.exchange = undefined;
    this.location = undefined;
    this.pending = undefined;
    this.wasSent = false;
    this.isBeginning = false;
    this.response.reset();
    this.tries.reset();
  }

  /** TryState. */
  get isReplayable(): boolean {
    return this.request.isReplayable;
  }

  // ---- What stands above -----------------------------------------------------------------------

  abstract onRequestWhole(): void;
  abstract onRequestLost(errno: string): void;
  abstract abandon(isFailure: boolean): void;
  abstract onHead(status: number): void;
  abstract asksAnother(status: number): boolean;
  abstract onTryFailed(failure: FailureCode, isStale: boolean): void;
  abstract done(): void;
  abstract cut(failure: FailureCode): void;
  abstract onTotalOver(): void;
  abstract onTryOver(): void;
  abstract onPauseOver(): void;
  abstract onOvertaken(): void;
  abstract onSeekingBroken(): void;
  /** The client gets an answer of ours that says so. */
  protected abstract giveUp(failure: FailureCode): void;

  // ---- Which endpoint --------------------------------------------------------------------------

  protected tryFirst({ times }: ProxiedLocation): void {
    if (times !== undefined) {
      this.clock ??= new TryClock(this.home.wheel, this);
      this.times = times;
      if (!this.clock.begin(times, this.exchange as Exchange)) {
        this.onTotalOver();
        return;
      }
      this.#mayHedge = times.hedge !== undefined && this.#isHedgeable();
    }
    this.tryNext();
  }

  protected tryNext(): void {
    const endpoint = this.tries.pick();
    if (endpoint === undefined) this.#noEndpoint();
    else this.ask(endpoint, false);
  }

  #beginTimes({ hedge }: TryTimes, exchange: Exchange): void {
    const times = this.times as TryTimes;
    this.clock?.beginTry(times, exchange);
    if (hedge === undefined || !this.#mayHedge) return;
    this.#mayHedge = false; // once
    this.response.isWatched = true;
    if (hedge.delayMs === Number.POSITIVE_INFINITY) return;
    this.hedge ??= new Hedge(this, this.home, this.tries, this.response);
    this.hedge.begin(exchange, this.location as ProxiedLocation, hedge.delayMs);
  }

  /** It can be sent twice without anybody's noticing (RFC 9110 §9.2.2), and has no body to share. */
  #isHedgeable(): boolean {
    const exchange = this.exchange as Exchange;
    const { own, plan } = this.location as ProxiedLocation;
    const { method } = exchange.request;
    if (this.request.isUsed || own !== undefined || !isIdempotent(method)) return false;
    return !plan.wantsUpgrade(exchange);
  }

  /** None is left, or variables say where the exchange goes and nobody has looked yet. */
  #noEndpoint(): void {
    const exchange = this.exchange as Exchange;
    const { pass } = this.location as ProxiedLocation;
    if (pass !== undefined && !this.tries.hasUpstream) {
      const naming = pass.find(exchange, this);
      if (naming !== undefined) this.naming = naming; // else it was told, and may be another's now
      return;
    }
    const failure = this.tries.wait(this);
    if (failure === undefined) return;
    this.home.onAttemptFailed(exchange, failure, '');
    this.giveUp(failure);
  }

  /** QueueClient. */
  onPlace(endpoint: Endpoint): void {
    this.tries.noteWaited(this.home.nowMs());
    this.ask(endpoint, false);
  }

  /** QueueClient. */
  onNoPlace(failure: FailureCode): void {
    this.tries.noteWaited(this.home.nowMs());
    this.home.onAttemptFailed(this.exchange as Exchange, failure, '');
    this.giveUp(failure);
  }

  /** UpstreamSeeker. */
  onUpstreamFound(upstream: Upstream): void {
    this.naming = undefined;
    this.tries.begin(upstream, this.exchange as Exchange);
    this.tryNext();
  }

  /** UpstreamSeeker. */
  onUpstreamMissing(failure: FailureCode, detail: string): void {
    this.naming = undefined;
    this.home.onPassFailed(this.exchange as Exchange, failure, detail);
    this.giveUp(failure);
  }

  // ---- The request -----------------------------------------------------------------------------

  protected ask(endpoint: Endpoint, fresh: boolean): void {
    const exchange = this.exchange as Exchange;
    this.wasSent = false;
    const isFirst = this.isBeginning && !fresh;
    const nowMs = isFirst ? exchange.startedAtMs : this.home.nowMs();
    const pool = this.tries.start(exchange, endpoint, nowMs);
    if (this.times !== undefined) this.#beginTimes(this.times, exchange);
    const { connectTimeoutMs, traits } = this.location as ProxiedLocation;
    const idle = fresh || traits.closes ? undefined : pool.take();
    if (idle !== undefined) {
      exchange.upstreamConnectMs = 0;
      this.#send(idle);
    } else this.pending = pool.dial(this, connectTimeoutMs);
  }

  /** PoolClient. */
  onConnectionReady(connection: UpstreamConnection): void {
    const exchange = this.exchange as Exchange;
    this.pending = undefined;
    exchange.upstreamConnectMs = this.sinceStart();
    this.#send(connection);
  }

  /** PoolClient. */
  onConnectionFailed(failure: FailureCode): void {
    this.pending = undefined;
    this.response.connection = undefined;
    this.onTryFailed(failure, false);
  }

  #send(connection: UpstreamConnection): void {
    const exchange = this.exchange as Exchange;
    this.response.connection = connection;
    if (!sendHead(exchange, this.location as ProxiedLocation, connection, this.response)) {
      this.response.connection = undefined;
      connection.abort();
      this.tries.leave(false);
      this.giveUp('field_value_malformed');
      return;
    }
    if (this.request.isUsed) {
      this.request.attach(connection);
      // The client side hands over what it has read already: one write takes all.
      if (this.isBeginning && !exchange.requestEnded) return;
      this.wasSent = true;
      this.request.go();
    } else {
      this.wasSent = true;
      connection.endRequest('');
      connection.flush();
    }
  }

  /** `proxy_pass_request_body off`: it is whole, and goes no further. */
  protected dropUnwanted(): void {
    if ((this.location as ProxiedLocation).passRequestBody) return;
    (this.exchange as Exchange).request.framing = BODY_NONE;
    this.request.end();
  }

  protected sinceStart(): number {
    return this.tries.sinceStart(this.home.nowMs());
  }
}
