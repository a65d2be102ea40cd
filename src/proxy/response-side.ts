/**
 * Data path. What the endpoint of an attempt answers, and what that leads to: another endpoint, a
 * page of ours, or the way to the client (response-feed.ts has the body). Part of its attempt.
 */

import type { FailureCode } from '#src/base/failure.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import {
  F_X_ACCEL_BUFFERING,
  F_X_ACCEL_LIMIT_RATE,
  F_X_ACCEL_REDIRECT,
} from '#src/http/field-names.ts';
import type { ResponseHead } from '#src/http/message.ts';
import type { ResponseLimits } from '#src/spool/response-store.ts';
import {
  FLOW_GO,
  FLOW_HOLD,
  type ResponseSink,
  type UpstreamConnection,
} from '#src/upstream/pool/response-sink.ts';
import type { AttemptHome, ResponseOwner } from './attempt-home.ts';
import { limitsFor, mayUpgrade, overrideStatus, passesHints } from './exchange-rules.ts';
import type { ProxiedLocation } from './proxied-location.ts';
import type { RequestFeed } from './request-feed.ts';
import { type DeliveryOwner, ResponseFeed } from './response-feed.ts';
import type { Shaping } from './shaping.ts';
import type { Tries } from './tries.ts';

/** Of the statuses that occur, made once: a number becomes text on every exchange. */
const STATUS_TEXTS = Array.from({ length: 600 }, (_, status) => String(status));

function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}

export class ResponseSide implements ResponseSink, DeliveryOwner {
  readonly #owner: ResponseOwner;
  readonly #home: AttemptHome;
  readonly #tries: Tries;
  readonly #request: RequestFeed;
  readonly #response = new ResponseFeed(this);
  #exchange: Exchange | undefined = undefined;
  #location: ProxiedLocation | undefined = undefined;
  /** The one that has the request; undefined whenever none has. */
  connection: UpstreamConnection | undefined = undefined;
  /** The attempt wants to know of heads (`proxy_hedge`). */
  isWatched = false;
  /** Part of the response went out before its end came: the end has a time of its own. */
  #wasFlushed = false;
  /** Of a tunnel: the endpoint has sent FIN. */
  hasEnded = false;
  /** The endpoint is done; the client still has to take what is stored. */
  #isDelivering = false;

  constructor(owner: ResponseOwner, home: AttemptHome, tries: Tries, request: RequestFeed) {
    this.#owner = owner;
    this.#home = home;
    this.#tries = tries;
    this.#request = request;
  }

  reset(): void {
    this.#exchange = undefined;
    this.#location = undefined;
    this.connection = undefined;
    this.isWatched = false;
    this.#wasFlushed = false;
    this.hasEnded = false;
    this.#isDelivering = false;
  }

  begin(exchange: Exchange, location: ProxiedLocation): void {
    this.#exchange = exchange;
    this.#location = location;
  }

  /** The attempt is over. */
  end(): void {
    this.#response.reset();
  }

  onWritable(): void {
    this.#response.onWritable();
  }

  /** Both sides of a tunnel have ended: what the connection, which has closed, has carried. */
  noteTunnelBytes(): void {
    if (this.connection !== undefined) this.#noteBytes(this.#exchange as Exchange, this.connection);
  }

  /** Gives the connection up, if there is one. */
  drop(): void {
    const { connection } = this;
    if (connection === undefined) return;
    const exchange = this.#exchange as Exchange;
    this.#noteBytes(exchange, connection);
    connection.abort(exchange.request.upgrade !== '');
    this.connection = undefined;
  }

  // ---- ResponseSink ----------------------------------------------------------------------------

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
    this.#request.beginTunnel(exchange, this.connection as UpstreamConnection);
    this.#noteHead(exchange);
    this.#passHead(exchange, undefined, undefined);
    return this.#exchange === exchange;
  }

  onResponseHead(): void {
    const exchange = this.#exchange as Exchange;
    const location = this.#location as ProxiedLocation;
    if (this.isWatched) this.#owner.onHead(exchange.response.status);
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

  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    (this.#exchange as Exchange).upstreamBodyBytes += end - start;
    this.#response.write(bytes, start, end, stable);
  }

  onResponseEnd(): void {
    const exchange = this.#exchange as Exchange;
    if (this.#wasFlushed) exchange.upstreamResponseMs = this.#sinceStart();
    if (exchange.isTunnel) {
      this.hasEnded = true;
      this.#downstream().endResponse();
      if (!exchange.requestEnded) return; // the client may go on
    }
    if (this.connection !== undefined) this.#noteBytes(exchange, this.connection);
    this.connection = undefined;
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
    if (this.connection !== undefined) {
      this.#wasFlushed = true;
      return this.#response.flush();
    }
    // Given back before the response leaves: the client's next exchange may begin inside `flush`.
    const downstream = this.#downstream();
    this.#owner.done();
    return downstream.flush() ? FLOW_GO : FLOW_HOLD;
  }

  onRequestDrained(): void {
    this.#request.onDrained();
  }

  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void {
    const { connection } = this;
    const isStale = !sawBytes && failure === 'upstream_reset' && (connection?.isReused ?? false);
    if (connection !== undefined) this.#noteBytes(this.#exchange as Exchange, connection);
    this.connection = undefined;
    this.#request.detach();
    this.#owner.onTryFailed(failure, isStale);
  }

  // ---- DeliveryOwner ---------------------------------------------------------------------------

  onDelivered(): void {
    const downstream = this.#downstream();
    downstream.endResponse();
    this.#owner.done();
    downstream.flush();
  }

  onResponseLost(errno: string): void {
    this.#home.onSpoolFailed(this.#exchange as Exchange, errno);
    this.#owner.abandon(false);
    this.#owner.cut('spool_failed');
  }

  // ---- A head ----------------------------------------------------------------------------------

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
    this.#leave();
    accel.redirect(exchange, target);
  }

  /** Another endpoint is asked, or a page of ours answers, in place of this answer. */
  #takesOver(exchange: Exchange, location: ProxiedLocation): boolean {
    const { status } = exchange.response;
    if (this.#owner.asksAnother(status)) return true;
    const { rescuer } = exchange;
    if (!location.interceptErrors || status < 300 || rescuer?.covers(exchange, status) !== true) {
      return false;
    }
    this.#leave();
    rescuer.rescue(exchange, status); // which reads and empties the head
    return true;
  }

  /** Without `limits` the endpoint waits for the client. */
  #passHead(
    exchange: Exchange,
    shaping: Shaping | undefined,
    limits: ResponseLimits | undefined,
  ): void {
    const { answer, ignoresBufferingWish } = this.#location as ProxiedLocation;
    const connection = this.connection as UpstreamConnection;
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
    this.#leave();
    shaping.refuse(exchange);
    return false;
  }

  /** The endpoint's answer is not wanted, and somebody else will answer. */
  #leave(): void {
    this.#owner.abandon(false);
    this.#owner.done();
  }

  #noteHead(exchange: Exchange): void {
    exchange.upstreamHeaderMs = this.#sinceStart();
    exchange.upstreamResponseMs = exchange.upstreamHeaderMs;
    const { status } = exchange.response;
    this.#tries.noteAnswer(exchange.upstreamHeaderMs, status);
    this.#tries.noteStatus(exchange, statusText(status));
  }

  /** Before the connection goes: what it has carried of this try. */
  #noteBytes(exchange: Exchange, connection: UpstreamConnection): void {
    exchange.upstreamReceivedBytes = connection.receivedBytes;
    exchange.upstreamSentBytes = connection.sentBytes;
  }

  // ---- Helpers ---------------------------------------------------------------------------------

  #downstream(): Downstream {
    return (this.#exchange as Exchange).downstream as Downstream;
  }

  #sinceStart(): number {
    return this.#tries.sinceStart(this.#home.nowMs());
  }
}
