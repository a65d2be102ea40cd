/**
 * Data path. The endpoints one exchange is sent to, one after the other: which is asked now, since
 * when, what its variables say of it, and whether another one may follow.
 */

import { NO_TIME } from '#src/base/clock.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { wanted } from '#src/exchange/wanted.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { Pool } from '#src/upstream/pool/pool.ts';
import type { Upstream } from '#src/upstream/upstream.ts';
import { keepBytes } from './earlier-tries.ts';
import type { RetryRules } from './retry.ts';
import { TryContext } from './try-context.ts';

const BEHIND_TRY = ', ';
/** `error_page` or X-Accel-Redirect have led to another location that passes on. */
const BEHIND_REDIRECT = ' : ';

/** A try beside another one that was not the one in the end. */
export interface LostTry {
  readonly endpoint: Endpoint;
  /** What stands for it in `$upstream_status`. */
  readonly status: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly connectMs: number;
  readonly tookMs: number;
}

export class Tries extends TryContext {
  #startedAtMs = NO_TIME;
  #firstAtMs = NO_TIME;
  #count = 0;
  #hasRepeated = false;
  /** What stands in front of this try in `$upstream_addr` and its like; nginx: a redirect is told. */
  #separator = BEHIND_REDIRECT;
  #isBegun = false;
  /** Of the try in progress: milliseconds to the head of an answer, −1 before it; what that was. */
  #headerMs = NO_TIME;
  #isErrorAnswer = false;
  /** Another try had followed, had `retry_budget` allowed it. */
  lacksBudget = false;
  /** The upstream counts its age. */
  #isAging = false;

  /** Undefined: which upstream it is will be found when the first try begins. */
  begin(upstream: Upstream | undefined, exchange: Exchange): void {
    this.upstream = upstream;
    this.exchange = exchange;
    this.#isBegun = false;
  }

  /** The next try goes to this one, which has the same endpoints. */
  goOnAt(upstream: Upstream): void {
    this.upstream = upstream;
  }

  get hasUpstream(): boolean {
    return this.upstream !== undefined;
  }

  reset(): void {
    this.upstream = undefined;
    this.exchange = undefined;
    this.endpoint = undefined;
    this.#startedAtMs = NO_TIME;
    this.#firstAtMs = NO_TIME;
    this.#count = 0;
    this.#hasRepeated = false;
    this.lacksBudget = false;
    // Setting a length is a call into the engine; nearly every exchange succeeds at its first try.
    if (this.tried.length > 0) this.tried.length = 0;
  }

  // ---- One try ---------------------------------------------------------------------------------

  /** Picks an endpoint; undefined when none is left, or there is no upstream yet. `start` follows, and `leave` at its end. */
  pick(): Endpoint | undefined {
    return this.upstream === undefined ? undefined : this.choose(this.upstream);
  }

  /** Every pick of an exchange comes by here, also that of a try beside another one. */
  protected choose(upstream: Upstream): Endpoint | undefined {
    return upstream.pick(this);
  }

  /** A try begins; returns where its connection comes from. */
  start(exchange: Exchange, endpoint: Endpoint, nowMs: number): Pool {
    this.endpoint = endpoint;
    this.#startedAtMs = nowMs;
    this.#headerMs = NO_TIME;
    this.#isErrorAnswer = false;
    if (this.#count++ === 0) this.#firstAtMs = nowMs;
    const { name } = endpoint.config;
    const upstream = this.upstream as Upstream;
    exchange.upstreamPolicy = upstream.config.policy.name;
    if (wanted.inFlight) exchange.upstreamInFlight = upstream.inFlight(endpoint);
    this.#separator = this.#isBegun ? BEHIND_TRY : BEHIND_REDIRECT;
    this.#isBegun = true;
    if (exchange.upstreamAddress === '') exchange.upstreamAddress = name;
    else {
      exchange.upstreamAddress += `${this.#separator}${name}`;
      keepBytes(exchange, this.#separator === BEHIND_REDIRECT);
    }
    if (upstream.agesUntil !== 'none') {
      this.#isAging = true;
      upstream.noteBegin(endpoint, nowMs);
    }
    return upstream.poolOf(endpoint);
  }

  /**
   * Whether the endpoint gets the same once more: a kept connection had died, which says nothing
   * about it. nginx gives one such try that does not count (semantics.md §6). True: the exchange
   * keeps its place there, and `start` follows.
   */
  repeats(endpoint: Endpoint): boolean {
    if (this.#hasRepeated) return false;
    this.#hasRepeated = true;
    this.#count -= 1;
    const { upstreamReceivedBytes, upstreamSentBytes } = this.exchange as Exchange;
    const upstream = this.upstream as Upstream;
    upstream.repeat(endpoint, upstreamSentBytes, upstreamReceivedBytes);
    return true;
  }

  /** Milliseconds that this try has taken. */
  sinceStart(nowMs: number): number {
    return nowMs - this.#startedAtMs;
  }

  /** What the endpoint answered, or the status that stands for its failure. */
  noteStatus(exchange: Exchange, status: string): void {
    exchange.upstreamStatus =
      exchange.upstreamStatus === ''
        ? status
        : `${exchange.upstreamStatus}${this.#separator}${status}`;
  }

  /** The try in progress has brought the head of an answer. */
  get hasHead(): boolean {
    return this.#headerMs >= 0;
  }

  /** The head of an answer came; an error of the endpoint is no good answer, however fast it was. */
  noteAnswer(headerMs: number, status: number): void {
    this.#headerMs = headerMs;
    this.#isErrorAnswer = status >= 500;
    // Whole milliseconds: a fraction that is handed over costs heap.
    this.upstream?.noteAnswer(this.endpoint as Endpoint, status, (headerMs + 0.5) | 0);
    if (this.#isAging && this.upstream?.agesUntil === 'header') this.#stopAging();
  }

  #stopAging(): void {
    this.#isAging = false;
    this.upstream?.noteEnd(this.endpoint as Endpoint, this.#startedAtMs);
  }

  /** The endpoint has the exchange no longer. */
  leave(isFailure: boolean): void {
    const { endpoint } = this;
    if (endpoint === undefined) return;
    if (this.#isAging) this.#stopAging();
    this.endpoint = undefined;
    const upstream = this.upstream as Upstream;
    if (upstream.recordsTimes) this.#record(upstream, endpoint, isFailure);
    const { upstreamReceivedBytes, upstreamSentBytes } = this.exchange as Exchange;
    const startedAtMs = this.#startedAtMs;
    upstream.finish(endpoint, isFailure, startedAtMs, upstreamSentBytes, upstreamReceivedBytes);
  }

  /** A try that ended without an answer says nothing, unless that was the endpoint's fault. */
  #record(upstream: Upstream, endpoint: Endpoint, isFailure: boolean): void {
    const headerMs = this.#headerMs;
    if (headerMs < 0 && !isFailure) return;
    const isError = this.#isErrorAnswer;
    upstream.record(endpoint, this.#startedAtMs, headerMs, isFailure || isError);
    if (!isError) upstream.noteOutcome(endpoint, !isFailure);
  }

  // ---- A try beside the one in progress (`proxy_hedge`) ----------------------------------------

  /** An endpoint for it, if there is one with time, tries and budget; `startBeside` follows. */
  pickBeside({ maxTries }: RetryRules): Endpoint | undefined {
    const upstream = this.upstream as Upstream;
    if (maxTries > 0 && this.#count >= maxTries) return undefined;
    this.tried.push(this.endpoint as Endpoint);
    const endpoint =
      upstream.hasUntried(this) && upstream.takeRetry() ? this.choose(upstream) : undefined;
    if (endpoint !== undefined) this.#count += 1;
    return endpoint;
  }

  /** It begins; `leaveBeside` or `goOnBeside` must follow once. */
  startBeside(endpoint: Endpoint, nowMs: number): Pool {
    const upstream = this.upstream as Upstream;
    if (upstream.agesUntil !== 'none') upstream.noteBegin(endpoint, nowMs);
    return upstream.poolOf(endpoint);
  }

  /** It has answered, and is not the one all the same: `leaveBeside` follows. */
  noteAnswerBeside(endpoint: Endpoint, status: number, headerMs: number): void {
    this.upstream?.noteAnswer(endpoint, status, headerMs);
  }

  /** It is over, and was not the one. */
  leaveBeside(
    { endpoint, receivedBytes, sentBytes }: LostTry,
    isFailure: boolean,
    startedAtMs: number,
  ): void {
    const upstream = this.upstream as Upstream;
    this.tried.push(endpoint);
    if (upstream.agesUntil !== 'none') upstream.noteEnd(endpoint, startedAtMs);
    if (isFailure && upstream.recordsTimes) upstream.noteOutcome(endpoint, false);
    upstream.finish(endpoint, isFailure, startedAtMs, sentBytes, receivedBytes);
  }

  /** The one in progress has been left: this one goes on in its place. */
  goOnBeside(exchange: Exchange, endpoint: Endpoint, startedAtMs: number): void {
    this.endpoint = endpoint;
    this.#startedAtMs = startedAtMs;
    this.#headerMs = NO_TIME;
    this.#isErrorAnswer = false;
    this.#separator = BEHIND_TRY;
    this.#isAging = (this.upstream as Upstream).agesUntil !== 'none';
    exchange.upstreamAddress += `${BEHIND_TRY}${endpoint.config.name}`;
    keepBytes(exchange, false);
  }

  /** It stands in front of the one in progress, which is the last as ever. */
  noteLost(exchange: Exchange, lost: LostTry): void {
    const { name } = (this.endpoint as Endpoint).config;
    const before = exchange.upstreamAddress.slice(0, -name.length);
    exchange.upstreamAddress = `${before}${lost.endpoint.config.name}${BEHIND_TRY}${name}`;
    this.noteStatus(exchange, lost.status);
    this.#separator = BEHIND_TRY;
    exchange.upstreamEarlier ??= [];
    exchange.upstreamEarlier.push(lost.receivedBytes, lost.sentBytes, 0);
    exchange.upstreamEarlier.push(lost.connectMs, -1, lost.tookMs, 0);
  }

  /** Notes the endpoint as tried; whether there is another one, and time, tries and, if it `hasCost`, budget for it. */
  mayGoOn(
    endpoint: Endpoint,
    { maxTries, timeoutMs }: RetryRules,
    nowMs: number,
    hasCost: boolean,
  ): boolean {
    this.tried.push(endpoint);
    if (maxTries > 0 && this.#count >= maxTries) return false;
    if (timeoutMs > 0 && nowMs - this.#firstAtMs >= timeoutMs) return false;
    const upstream = this.upstream as Upstream;
    if (!upstream.hasUntried(this)) return false;
    this.lacksBudget = hasCost && !upstream.takeRetry();
    return !this.lacksBudget;
  }
}
