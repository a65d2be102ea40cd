/**
 * `response_body`: stands between an attempt and the client, gathers what the endpoint answers, gives
 * it to a function, and sends what that gives. Nothing has left before, so whatever goes wrong is
 * still a clean error.
 *
 *   attempt ─head, body─▶ gathered ─end─▶ function ─▶ client
 *
 * What is not the answer of this location's endpoint goes straight through.
 */
import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import {
  type Exchange,
  type ExchangeHandler,
  RESPONSE_ENDED,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import { MARK_DROP } from '#src/http/header-map.ts';
import { BODY_LENGTH } from '#src/http/message.ts';
import { hasNoBody } from '#src/http/status.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import { BodyTooLargeError, RequestEndedError } from './contexts.ts';
import type { FunctionHost } from './function-host.ts';
import { LiveRequest } from './request-context.ts';
import { LiveResponse } from './response-filter.ts';
import { isPromise, toPiece } from './to-answer.ts';
import { wholeBody } from './whole-body.ts';

/** What a filter of bodies must know of its location. */
export interface BodyFilterPlan {
  readonly ref: FunctionRef;
  readonly timeoutMs: number;
  /** The longest body. */
  readonly bodyBytes: number;
}

/** They say what the bytes were; other bytes have none of them. */
const OF_OLD_BODY = ['etag', 'content-md5', 'digest', 'content-digest', 'accept-ranges'];

export class BodyFilter implements Downstream, ExchangeHandler, TimeoutOwner {
  readonly ignoresAbort = false;
  readonly #client: Downstream;
  readonly #plan: BodyFilterPlan;
  readonly #host: FunctionHost;
  readonly #timer = new TimerEntry(this);
  /** Error pages of other locations are none of ours. */
  readonly #redirects: number;
  /** Undefined once it is nobody's business of ours any more. */
  #exchange: Exchange | undefined;
  #isGathering = false;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #request: LiveRequest | undefined;
  #response: LiveResponse | undefined;

  /** Takes the place of the client's side of the exchange. */
  constructor(exchange: Exchange, client: Downstream, plan: BodyFilterPlan, host: FunctionHost) {
    this.#exchange = exchange;
    this.#client = client;
    this.#plan = plan;
    this.#host = host;
    this.#redirects = exchange.redirects;
    exchange.downstream = this;
  }

  get facts(): ClientFacts {
    return this.#client.facts;
  }

  // ---- Downstream: the attempt's side ----------------------------------------------------------

  startResponse(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || !this.#isOurs(exchange)) {
      this.#stepAside();
      this.#client.startResponse();
      return;
    }
    this.#isGathering = true;
    exchange.responseState = RESPONSE_STARTED;
    if (exchange.response.bodyBytes > this.#plan.bodyBytes) this.#tooLong(exchange);
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    const exchange = this.#exchange;
    if (!this.#isGathering) {
      if (exchange === undefined) this.#client.writeBody(bytes, start, end, stable);
      return;
    }
    if (exchange === undefined) return;
    this.#bytes += end - start;
    if (this.#bytes > this.#plan.bodyBytes) this.#tooLong(exchange);
    else this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  endResponse(): void {
    const exchange = this.#exchange;
    if (!this.#isGathering) this.#client.endResponse();
    else if (exchange !== undefined) exchange.responseState = RESPONSE_ENDED;
  }

  flush(): boolean {
    const exchange = this.#exchange;
    if (!this.#isGathering) return this.#client.flush();
    if (exchange?.responseState === RESPONSE_ENDED) this.#run(exchange);
    return true;
  }

  /** The endpoint's answer broke off; the client has seen nothing of it. */
  cut(): void {
    const exchange = this.#exchange;
    if (!this.#isGathering || exchange === undefined) {
      this.#client.cut();
      return;
    }
    const { reason } = exchange;
    this.#giveUp(exchange, reason === '' ? 'upstream_truncated' : reason);
  }

  holdRequestBody(): void {
    this.#client.holdRequestBody();
  }

  letGoRequestBody(): void {
    this.#client.letGoRequestBody();
  }

  sendInformational(): void {
    this.#client.sendInformational();
  }

  askForBody(): void {
    this.#client.askForBody();
  }

  // ---- The function ----------------------------------------------------------------------------

  #isOurs(exchange: Exchange): boolean {
    const { reason, redirects, request, response, upstreamStatus } = exchange;
    if (redirects !== this.#redirects || reason !== '' || upstreamStatus === '') return false;
    return !exchange.isTunnel && request.method !== 'HEAD' && !hasNoBody(response.status);
  }

  #run(exchange: Exchange): void {
    const { ref, timeoutMs } = this.#plan;
    exchange.responseState = RESPONSE_NONE;
    exchange.handler = this;
    const body = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#request = new LiveRequest(exchange, this.#host);
    this.#response = new LiveResponse(exchange);
    try {
      const given = this.#host.call(ref, wholeBody(body), this.#response, this.#request);
      if (!isPromise(given)) {
        this.#send(exchange, body, given);
        return;
      }
      this.#host.awaits(ref);
      this.#host.wheel.arm(this.#timer, timeoutMs);
      given.then(
        (value) => this.#settle((live) => this.#send(live, body, value)),
        (error: unknown) => this.#settle((live) => this.#fail(live, error)),
      );
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #settle(then: (exchange: Exchange) => void): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    try {
      then(exchange);
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  #send(exchange: Exchange, before: Buffer, given: unknown): void {
    const body = given === undefined ? before : toPiece(given);
    this.#stepAside();
    const { response } = exchange;
    if (given !== undefined) {
      for (let index = 0; index < response.fields.count; index++) {
        const isOld = OF_OLD_BODY.some((name) => response.fields.nameEquals(index, name));
        if (isOld) response.fields.mark(index, MARK_DROP);
      }
    }
    exchange.keepsTrailers = false;
    response.framing = BODY_LENGTH;
    response.bodyBytes = body.length;
    this.#client.startResponse();
    this.#client.writeBody(body, 0, body.length, true);
    this.#client.endResponse();
    this.#client.flush();
  }

  #fail(exchange: Exchange, error: unknown): void {
    this.#host.onFailed(this.#plan.ref, exchange, error);
    this.#giveUp(exchange, 'function_failed');
  }

  #tooLong(exchange: Exchange): void {
    const { handler } = exchange;
    exchange.handler = undefined;
    handler?.onDownstreamGone(exchange, 'function_failed'); // the endpoint need not go on
    this.#fail(exchange, new BodyTooLargeError(this.#plan.bodyBytes));
  }

  #giveUp(exchange: Exchange, failure: FailureCode): void {
    this.#stepAside();
    exchange.responseState = RESPONSE_NONE;
    exchange.response.reset();
    refuse(exchange, failure);
  }

  /** The client's side is itself again, and functions see nothing of the exchange any more. */
  #stepAside(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#isGathering = false;
    this.#pieces = [];
    this.#host.wheel.forget(this.#timer);
    this.#host.settles(this.#plan.ref);
    this.#request?.end();
    this.#response?.end();
    if (exchange === undefined) return;
    if (exchange.handler === this) exchange.handler = undefined;
    if (exchange.downstream === this) exchange.downstream = this.#client;
  }

  // ---- TimeoutOwner, ExchangeHandler -----------------------------------------------------------

  onTimeout(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const error = `it took longer than function_timeout, ${this.#plan.timeoutMs} ms`;
    this.#request?.abort(new Error(error));
    this.#host.onFailed(this.#plan.ref, exchange, error);
    this.#giveUp(exchange, 'function_timeout');
  }

  onDownstreamGone(): void {
    this.#request?.abort(new RequestEndedError('the client has left, and what was asked of it'));
    this.#stepAside();
  }

  onRequestBody(): void {}
  onRequestEnd(): void {}
  onRequestFlush(): void {}
  onDownstreamWritable(): void {}
}
