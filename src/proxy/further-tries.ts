/**
 * Data path. What a try that has failed, or its answer, leads to: another endpoint at once or after a
 * pause, the one that is asked beside it, or the end. Between asking.ts and attempt.ts, which have the
 * rest of the same object.
 */

import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { type Exchange, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import { Asking } from './asking.ts';
import type { Hedge } from './hedge.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import {
  hasReached,
  isFailureStatus,
  maySendAgain,
  mayTryAgain,
  type RetryRules,
} from './retry.ts';
import { retryAfterMs } from './try-clock.ts';

export abstract class FurtherTries extends Asking {
  // ---- ResponseOwner: the end of a try ---------------------------------------------------------

  /** A kept connection that had died says nothing about the endpoint (CE-10). */
  override onTryFailed(failure: FailureCode, isStale: boolean): void {
    const exchange = this.exchange as Exchange;
    const endpoint = this.tries.endpoint as Endpoint;
    const hedge = this.#hedgeBehind(failure);
    exchange.upstreamResponseMs = this.sinceStart();
    if (!isStale) this.home.onAttemptFailed(exchange, failure, endpoint.config.name);
    if (exchange.responseState !== RESPONSE_NONE) {
      // A tunnel that was idle too long blames nobody, nor does an answer that is very long.
      this.tries.leave(!exchange.isTunnel && failure !== 'upstream_total_timeout');
      this.cut(failure);
      return;
    }
    exchange.response.reset();
    this.tries.noteStatus(exchange, String(FAILURES[failure].status));
    const { retry } = this.location as ProxiedLocation;
    const mayTry = mayTryAgain(exchange, failure, retry, this);
    this.clock?.endTry();
    if (hedge !== undefined) {
      this.tries.leave(!isStale && this.#isToBlame(failure));
      this.#followHedge(hedge);
      return;
    }
    if (mayTry && isStale && this.tries.repeats(endpoint)) {
      this.ask(endpoint, true); // in between nobody else may take its place (max_conns)
      return;
    }
    this.tries.leave(!isStale && this.#isToBlame(failure));
    if (!mayTry) this.giveUp(failure);
    else if (this.#mayGoOn(endpoint, retry, 0, hasReached(failure))) this.#goOn();
    else this.giveUp(failure);
  }

  override asksAnother(status: number): boolean {
    const exchange = this.exchange as Exchange;
    const endpoint = this.tries.endpoint as Endpoint;
    const { retry } = this.location as ProxiedLocation;
    const isListed = retry.on.statuses.has(status);
    const { upstream } = this.tries;
    if (isListed && this.hedge?.isAsking === true) {
      this.cancelTry();
      this.tries.leave(isFailureStatus(status));
      this.#followHedge(this.hedge);
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
    if (this.times !== undefined && this.clock?.mayGoOn(this.times, retryAfter) === false) {
      return false;
    }
    if (!this.tries.mayGoOn(endpoint, retry, this.home.nowMs(), hasCost)) return false;
    const { rebinds } = this.location as ProxiedLocation;
    const { upstream } = this.tries;
    if (rebinds !== undefined && upstream !== undefined) {
      this.tries.goOnAt(rebinds.rebind(this.exchange as Exchange, upstream));
    }
    return true;
  }

  /** Another endpoint is asked, now or after a pause. */
  #goOn(): void {
    if (this.times === undefined || this.clock?.pause() !== true) this.tryNext();
  }

  /** What the endpoint asks for; only where it is obeyed. */
  #retryAfterMs(): number {
    if (this.times === undefined || this.times.backoff.baseMs === 0) return 0;
    return retryAfterMs((this.exchange as Exchange).response.fields.lookUp('retry-after'));
  }

  /** Whoever was asked only shortly before all time was over has done nothing wrong. */
  #isToBlame(failure: FailureCode): boolean {
    if (failure !== 'upstream_total_timeout') return FAILURES[failure].source === 'upstream';
    if (this.clock?.isOfClient === true) return false;
    return this.sinceStart() * 2 >= (this.times?.totalMs ?? 0);
  }

  // ---- HedgeOwner ------------------------------------------------------------------------------

  override onOvertaken(): void {
    const exchange = this.exchange as Exchange;
    exchange.upstreamResponseMs = this.sinceStart();
    this.times?.hedge?.note(exchange.upstreamResponseMs); // it takes longer than that
    this.cancelTry();
    this.tries.noteStatus(exchange, '-');
    this.tries.leave(false);
    this.response.isWatched = false;
  }

  /** ResponseOwner. Only while `isWatched`: the first try of one that may be hedged answers. */
  override onHead(status: number): void {
    this.response.isWatched = false;
    this.times?.hedge?.note(this.sinceStart());
    const { retry } = this.location as ProxiedLocation;
    if (this.hedge?.isAsking !== true || !retry.on.statuses.has(status)) this.hedge?.giveUp('-');
  }

  /** The hedge that goes on when the try fails so; what else there is of one is given up. */
  #hedgeBehind(failure: FailureCode): Hedge | undefined {
    const hedge = this.hedge;
    if (hedge?.isAsking === true && failure !== 'upstream_total_timeout') return hedge;
    hedge?.giveUp('-');
    return undefined;
  }

  /** The first try has failed; the one beside it is a try like any other from now on. */
  #followHedge(hedge: Hedge): void {
    hedge.lead();
    if (this.times !== undefined) this.clock?.beginTry(this.times, this.exchange as Exchange);
  }

  // ---- TryClockOwner ---------------------------------------------------------------------------

  override onPauseOver(): void {
    this.tryNext();
  }

  override onTryOver(): void {
    if (this.tries.endpoint === undefined || this.tries.hasHead) return; // it has come
    this.#cutTry('upstream_try_timeout');
  }

  override onTotalOver(): void {
    const exchange = this.exchange as Exchange;
    const failure = 'upstream_total_timeout';
    if (exchange.isTunnel) return;
    if (this.tries.endpoint !== undefined) this.#cutTry(failure);
    else if (exchange.responseState === RESPONSE_NONE) {
      this.abandon(false);
      this.home.onAttemptFailed(exchange, failure, '');
      this.giveUp(failure);
    }
  }

  #cutTry(failure: FailureCode): void {
    this.cancelTry();
    this.onTryFailed(failure, false);
  }

  /** Nothing more is sent to its endpoint or read from it. */
  protected cancelTry(): void {
    this.pending?.cancel();
    this.pending = undefined;
    if (this.hedge?.isAsking === false) this.hedge.cancelDial(); // it may lead, and be dialing
    this.response.drop();
    this.request.detach();
  }
}
