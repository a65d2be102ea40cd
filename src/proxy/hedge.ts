/**
 * Data path. A second try beside the first, when that one takes longer than most (`proxy_hedge`).
 * Whoever answers first is the one the client hears of; the other is dropped, and counted in flight
 * no longer. It has a head of its own to decode into, until it is the one; from then on it passes on
 * what comes to the side of the response. Part of its attempt, made when it is first needed.
 *
 *   IDLE ──begin──▶ WAITS ──delay over──▶ ASKS ──answers, or the first try fails──▶ LEADS
 *     ▲               │                    │ fails, or the first try answers          │
 *     └───────────────┴────────────────────┴──────────────── end ─────────────────────┘
 */

import { NO_TIME } from '#src/base/clock.ts';
import { FAILURES, type FailureCode } from '#src/base/failure.ts';
import { LONGEST_SHORT_MS, type ShortTimers } from '#src/base/short-timers.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { ResponseHead } from '#src/http/message.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PendingConnection } from '#src/upstream/pool/connector.ts';
import type {
  PoolClient,
  ResponseSink,
  UpstreamConnection,
} from '#src/upstream/pool/response-sink.ts';
import type { AttemptHome } from './attempt-home.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import type { ResponseSide } from './response-side.ts';
import { sendHead } from './send-head.ts';
import type { Tries } from './tries.ts';

/** The attempt. */
export interface HedgeOwner extends PoolClient {
  /** The first try is given up: the hedge has an answer. */
  onOvertaken(): void;
}

const IDLE = 0;
const WAITS = 1;
const ASKS = 2;
const LEADS = 3;

export class Hedge implements ResponseSink, PoolClient, TimeoutOwner {
  readonly #owner: HedgeOwner;
  readonly #home: AttemptHome;
  readonly #tries: Tries;
  readonly #side: ResponseSide;
  readonly #timer = new TimerEntry(this);
  #isShort = false;
  #head = new ResponseHead();
  #state = IDLE;
  #exchange: Exchange | undefined = undefined;
  #location: ProxiedLocation | undefined = undefined;
  #endpoint: Endpoint | undefined = undefined;
  #pending: PendingConnection | undefined = undefined;
  #connection: UpstreamConnection | undefined = undefined;
  #startedAtMs = NO_TIME;
  #connectMs = NO_TIME;

  constructor(owner: HedgeOwner, home: AttemptHome, tries: Tries, side: ResponseSide) {
    this.#owner = owner;
    this.#home = home;
    this.#tries = tries;
    this.#side = side;
  }

  /** The first try has begun; `end` must follow once. */
  begin(exchange: Exchange, location: ProxiedLocation, delayMs: number): void {
    this.#exchange = exchange;
    this.#location = location;
    this.#state = WAITS;
    this.#isShort = delayMs <= LONGEST_SHORT_MS;
    this.#timers.arm(this.#timer, delayMs);
  }

  /** Where its delay runs. */
  get #timers(): ShortTimers | TimerWheel {
    return this.#isShort ? this.#home.shortTimers : this.#home.wheel;
  }

  /** It is under way beside the first try. */
  get isAsking(): boolean {
    return this.#state === ASKS;
  }

  /** Nothing of it goes on. */
  end(): void {
    this.#timers.forget(this.#timer);
    this.giveUp('-');
    this.cancelDial();
    this.#state = IDLE;
    this.#exchange = undefined;
    this.#location = undefined;
  }

  /** It will not be the one; `status` is what stands for it in `$upstream_status`. */
  giveUp(status: string, isFailure = false): void {
    if (this.#state === WAITS) this.#state = IDLE;
    if (this.#state !== ASKS) return;
    this.#state = IDLE;
    this.cancelDial();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.abort();
    const endpoint = this.#endpoint as Endpoint;
    this.#endpoint = undefined;
    const exchange = this.#exchange as Exchange;
    const tookMs = this.#home.nowMs() - this.#startedAtMs;
    const { receivedBytes = 0, sentBytes = 0 } = connection ?? {};
    const lost = { endpoint, status, receivedBytes, sentBytes, connectMs: this.#connectMs, tookMs };
    this.#tries.noteLost(exchange, lost);
    this.#tries.leaveBeside(lost, isFailure, this.#startedAtMs);
    this.#head.reset();
  }

  /** A connection that is being made is not wanted any more. */
  cancelDial(): void {
    this.#pending?.cancel();
    this.#pending = undefined;
  }

  /** The first try is over, and has left its endpoint: this is the one now. */
  lead(): void {
    const exchange = this.#exchange as Exchange;
    this.#state = LEADS;
    this.#tries.goOnBeside(exchange, this.#endpoint as Endpoint, this.#startedAtMs);
    this.#endpoint = undefined;
    exchange.upstreamConnectMs = this.#connectMs;
    const head = exchange.response;
    head.reset();
    exchange.response = this.#head;
    this.#head = head;
    this.#side.connection = this.#connection;
    this.#connection = undefined;
  }

  // ---- TimeoutOwner ----------------------------------------------------------------------------

  onTimeout(): void {
    const { retry, connectTimeoutMs, traits } = this.#location as ProxiedLocation;
    const exchange = this.#exchange as Exchange;
    if (this.#state !== WAITS) return;
    this.#state = IDLE;
    if (this.#tries.endpoint === undefined || this.#tries.hasHead) return;
    const endpoint = this.#tries.pickBeside(retry);
    if (endpoint === undefined) return;
    this.#state = ASKS;
    this.#endpoint = endpoint;
    this.#startedAtMs = this.#home.nowMs();
    const pool = this.#tries.startBeside(endpoint, this.#startedAtMs);
    const idle = traits.closes ? undefined : pool.take();
    this.#connectMs = idle === undefined ? NO_TIME : 0;
    if (idle === undefined) this.#pending = pool.dial(this, connectTimeoutMs);
    else this.#send(exchange, idle);
  }

  // ---- PoolClient ------------------------------------------------------------------------------

  onConnectionReady(connection: UpstreamConnection): void {
    this.#pending = undefined;
    this.#connectMs = this.#home.nowMs() - this.#startedAtMs;
    const exchange = this.#exchange as Exchange;
    if (this.#state === LEADS) exchange.upstreamConnectMs = this.#connectMs;
    this.#send(exchange, connection);
  }

  onConnectionFailed(failure: FailureCode): void {
    this.#pending = undefined;
    if (this.#state === LEADS) this.#owner.onConnectionFailed(failure);
    else this.#fail(failure, false);
  }

  #send(exchange: Exchange, connection: UpstreamConnection): void {
    const location = this.#location as ProxiedLocation;
    const isLeading = this.#state === LEADS;
    if (!sendHead(exchange, location, connection, this)) {
      connection.abort();
      if (isLeading) this.#owner.onConnectionFailed('field_value_malformed');
      else this.giveUp('-');
      return;
    }
    if (isLeading) this.#side.connection = connection;
    else this.#connection = connection;
    connection.endRequest('');
    connection.flush();
  }

  // ---- ResponseSink ----------------------------------------------------------------------------

  get responseHead(): ResponseHead {
    return this.#state === LEADS ? this.#side.responseHead : this.#head;
  }

  get requestMethod(): string {
    return this.#side.requestMethod;
  }

  onInformational(): void {
    if (this.#state === LEADS) this.#side.onInformational();
  }

  onSwitch(): boolean {
    return false; // what asks for an upgrade is not hedged
  }

  /** An answer that would lead to another try is no reason to give up the first one. */
  onResponseHead(): void {
    if (this.#state !== LEADS) {
      const { status } = this.#head;
      if ((this.#location as ProxiedLocation).retry.on.statuses.has(status)) {
        const headerMs = this.#home.nowMs() - this.#startedAtMs;
        this.#tries.noteAnswerBeside(this.#endpoint as Endpoint, status, headerMs);
        this.giveUp(String(status), status >= 500 || status === 429);
        return;
      }
      this.#owner.onOvertaken();
      this.lead();
    }
    this.#side.onResponseHead();
  }

  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    this.#side.onResponseBody(bytes, start, end, stable);
  }

  onResponseEnd(): void {
    this.#side.onResponseEnd();
  }

  flushResponse(): number {
    return this.#side.flushResponse();
  }

  onRequestDrained(): void {
    if (this.#state === LEADS) this.#side.onRequestDrained();
  }

  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void {
    if (this.#state === LEADS) this.#side.onUpstreamFailed(failure, sawBytes);
    else {
      const isStale = !sawBytes && failure === 'upstream_reset' && this.#connection?.isReused;
      this.#fail(failure, isStale === true);
    }
  }

  /** `isStale`: a kept connection had died, which says nothing about the endpoint. */
  #fail(failure: FailureCode, isStale: boolean): void {
    const { source, status } = FAILURES[failure];
    const { name } = (this.#endpoint as Endpoint).config;
    if (!isStale) this.#home.onAttemptFailed(this.#exchange as Exchange, failure, name);
    this.giveUp(String(status), !isStale && source === 'upstream');
  }
}
