/**
 * Data path. One exchange on its way through an upstream: try after try, until one answers or none
 * may follow. Here are its beginning, what comes from the client, and its end; asking.ts has which
 * endpoint is asked, further-tries.ts what its failure leads to, response-side.ts what its answer leads
 * to, request-feed.ts and response-feed.ts what happens to the bodies. Comes from a free list;
 * allocates what the head's text costs.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Reusable } from '#src/base/free-list.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { type Exchange, type ExchangeHandler, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { BODY_CHUNKED, BODY_NONE } from '#src/http/message.ts';
import type { AttemptHome } from './attempt-home.ts';
import { keepsBody, restoreBody, takesTrailers } from './exchange-rules.ts';
import { FurtherTries } from './further-tries.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import { Tries } from './tries.ts';

export class Attempt extends FurtherTries implements Reusable, ExchangeHandler {
  readonly #releaser: AttemptHome<Attempt>;

  constructor(home: AttemptHome<Attempt>, tries = new Tries()) {
    super(home, tries);
    this.#releaser = home;
  }

  /**
   * Takes the exchange; it is answered through its downstream, now or later. `isLate`: not within
   * the callback that brought its head.
   */
  begin(exchange: Exchange, location: ProxiedLocation, isLate: boolean): void {
    this.exchange = exchange;
    this.location = location;
    exchange.handler = this;
    this.response.begin(exchange, location);
    this.tries.begin(location.upstream, exchange);
    const { request } = exchange;
    exchange.keepsTrailers = location.passTrailers && takesTrailers(exchange);
    restoreBody(exchange);
    if (request.framing !== BODY_NONE && keepsBody(exchange)) {
      const needsLength = location.traits.closes && request.framing === BODY_CHUNKED;
      const limits = needsLength ? location.heldLimits : location.requestLimits;
      this.request.begin(exchange, limits, location.passTrailers);
      if (this.request.isCollecting) return;
      this.dropUnwanted();
    }
    this.isBeginning = exchange.redirects === 0 && !isLate;
    this.tryFirst(location);
    this.isBeginning = false;
  }

  // ---- ExchangeHandler: the client's side ------------------------------------------------------

  get ignoresAbort(): boolean {
    const exchange = this.exchange as Exchange;
    const { ignoreClientAbort, plan } = this.location as ProxiedLocation;
    return ignoreClientAbort && exchange.requestEnded && !plan.wantsUpgrade(exchange);
  }

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.request.onBody(bytes, start, end);
  }

  onRequestEnd(): void {
    if (this.response.connection !== undefined) this.wasSent = true;
    this.request.onEnd();
    if (!this.response.hasEnded) return;
    this.response.noteTunnelBytes();
    this.tries.leave(false); // a tunnel that has ended on both sides
    this.done();
  }

  onRequestFlush(): void {
    if (this.response.connection !== undefined) this.wasSent = true;
    this.request.onFlush();
  }

  onDownstreamWritable(): void {
    this.response.onWritable();
  }

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.abandon(false);
    this.done();
  }

  // ---- FeedOwner -------------------------------------------------------------------------------

  override onRequestWhole(): void {
    this.dropUnwanted();
    this.tryFirst(this.location as ProxiedLocation);
  }

  override onRequestLost(errno: string): void {
    const failure = 'spool_failed';
    const exchange = this.exchange as Exchange;
    this.home.onSpoolFailed(exchange, errno);
    exchange.closeAfter = true;
    exchange.dropsBody = true;
    this.abandon(false);
    if (exchange.responseState === RESPONSE_NONE) this.giveUp(failure);
    else this.cut(failure);
  }

  // ---- The end ---------------------------------------------------------------------------------

  /** UpstreamSeeker. */
  override onSeekingBroken(): void {
    if (this.exchange?.handler !== this) return; // it was answered before
    this.abandon(false);
    this.giveUp('internal_error');
  }

  override abandon(isFailure: boolean): void {
    this.naming?.cancel();
    this.naming = undefined;
    this.tries.stopWaiting(this.home.nowMs());
    this.hedge?.giveUp('-');
    this.cancelTry();
    this.tries.leave(isFailure);
  }

  protected override giveUp(failure: FailureCode): void {
    const exchange = this.exchange as Exchange;
    const { lacksBudget } = this.tries;
    this.done();
    if (exchange.responseState !== RESPONSE_NONE) return;
    refuse(exchange, failure, lacksBudget ? 'retry_budget' : failure);
  }

  override cut(failure: FailureCode): void {
    const exchange = this.exchange as Exchange;
    const downstream = exchange.downstream as Downstream;
    exchange.reason = failure;
    this.done();
    downstream.cut();
  }

  override done(): void {
    const exchange = this.exchange;
    if (this.times !== undefined) {
      this.times = undefined;
      this.clock?.end();
      this.hedge?.end();
    }
    this.request.end();
    this.response.end();
    if (exchange !== undefined && exchange.handler === this) exchange.handler = undefined;
    this.#releaser.releaseAttempt(this);
  }
}
