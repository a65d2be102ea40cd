/**
 * One exchange among the functions of its location: request filters in turn, then the handler if it
 * has one, else it is passed on. Made only for exchanges that meet a function; what they return at
 * once is answered at once, what they promise is awaited, with a time limit.
 *
 *   filter ─nothing─▶ filter ─nothing─▶ handler ─answer─▶ sent
 *      └─answer─▶ sent          └─(no handler)─▶ home.passOn
 */
import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import { refuse } from '#src/exchange/answer.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import { type Exchange, type ExchangeHandler, RESPONSE_NONE } from '#src/exchange/exchange.ts';
import { fieldIdOf } from '#src/http/field-names.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { reasonPhrase } from '#src/http/status.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import { BodyFilter } from './body-filter.ts';
import { BodyIntake, type StoreLimits } from './body-intake.ts';
import { BodyTooLargeError, RequestEndedError } from './contexts.ts';
import type { FunctionHost } from './function-host.ts';
import { LiveRequest } from './request-context.ts';
import { type CheckedAnswer, isPromise, toAnswer, toPiece } from './to-answer.ts';

/** The functions of one location. */
export interface FunctionPlan {
  readonly requestFilters: readonly FunctionRef[];
  readonly handler: FunctionRef | undefined;
  /** Changes the bodies of endpoints. */
  readonly responseBody: FunctionRef | undefined;
  readonly timeoutMs: number;
  /** The longest body a function may read. */
  readonly bodyBytes: number;
  /** For a body that was read and goes on. */
  readonly store: StoreLimits;
}

/** Where an exchange goes that no function has answered, and what goes wrong. */
export interface FunctionRunHome<L> {
  /** `isLate`: not within the callback that brought the head. */
  passOn(exchange: Exchange, location: L, isLate: boolean): void;
  onInternalError(error: unknown): void;
}

export class FunctionRun<L> implements ExchangeHandler, TimeoutOwner {
  readonly ignoresAbort = false;
  readonly #host: FunctionHost;
  readonly #home: FunctionRunHome<L>;
  readonly #location: L;
  readonly #plan: FunctionPlan;
  readonly #timer = new TimerEntry(this);
  readonly #body: BodyIntake;
  /** Undefined once it is nobody's business of ours any more. */
  #exchange: Exchange | undefined;
  #step = 0;
  /** It has waited: the callback that brought the head is over. */
  #isLate = false;
  #isAnswered = false;
  #request: LiveRequest | undefined;
  /** The function that is awaited. */
  #awaited: FunctionRef | undefined;
  #onWritable: (() => void) | undefined;

  constructor(
    exchange: Exchange,
    plan: FunctionPlan,
    host: FunctionHost,
    home: FunctionRunHome<L>,
    location: L,
  ) {
    this.#exchange = exchange;
    this.#plan = plan;
    this.#host = host;
    this.#home = home;
    this.#location = location;
    this.#body = new BodyIntake(exchange, plan.bodyBytes, () => this.#takeOver());
  }

  /** Runs what there is to run. */
  start(): void {
    for (;;) {
      const exchange = this.#exchange;
      if (exchange === undefined || this.#isAnswered) return;
      const ref = this.#plan.requestFilters[this.#step] ?? this.#plan.handler;
      if (ref === undefined) {
        this.#passOn(exchange);
        return;
      }
      const given = this.#call(exchange, ref);
      if (given === WAITING || this.#exchange === undefined) return;
      this.#settle(exchange, ref, given);
    }
  }

  /** Calls one function; what it promises is awaited, and `start` goes on from there. */
  #call(exchange: Exchange, ref: FunctionRef): unknown {
    const request = new LiveRequest(exchange, this.#host, (maxBytes) => this.#body.read(maxBytes));
    this.#request = request;
    try {
      const given = this.#host.call(ref, request);
      if (!isPromise(given)) return given;
      this.#takeOver();
      this.#awaited = ref;
      this.#host.awaits(ref);
      this.#host.wheel.arm(this.#timer, this.#plan.timeoutMs);
      given.then(
        (value) => this.#resume(() => this.#settle(exchange, ref, value), request),
        (error: unknown) => this.#resume(() => this.#fail(exchange, ref, error), request),
      );
    } catch (error) {
      this.#fail(exchange, ref, error);
    }
    return WAITING;
  }

  /** What was awaited is there, unless nobody waits any more. */
  #resume(then: () => void, request: LiveRequest): void {
    if (this.#exchange === undefined || this.#request !== request) return;
    this.#settled();
    this.#isLate = true;
    try {
      then();
      this.start();
    } catch (error) {
      this.#home.onInternalError(error);
      const exchange = this.#leave();
      if (exchange?.responseState === RESPONSE_NONE) refuse(exchange, 'internal_error');
      else exchange?.downstream?.cut();
    }
  }

  #settled(): void {
    this.#host.wheel.disarm(this.#timer);
    if (this.#awaited !== undefined) this.#host.settles(this.#awaited);
    this.#awaited = undefined;
  }

  /** A function has given what it gives. */
  #settle(exchange: Exchange, ref: FunctionRef, given: unknown): void {
    const isFilter = this.#step < this.#plan.requestFilters.length;
    if (isFilter && given === undefined) {
      this.#request?.end();
      this.#step += 1;
      return;
    }
    let answer: CheckedAnswer;
    try {
      answer = toAnswer(given);
    } catch (error) {
      this.#fail(exchange, ref, error);
      return;
    }
    this.#isAnswered = true;
    const { body, pieces } = answer;
    if (pieces !== undefined) {
      void this.#stream(exchange, ref, answer, pieces);
      return;
    }
    this.#leave();
    sendHead(exchange, answer, BODY_LENGTH, body.length);
    sendWhole(exchange, body);
  }

  #fail(exchange: Exchange, ref: FunctionRef, error: unknown): void {
    this.#leave();
    if (error instanceof BodyTooLargeError) {
      refuse(exchange, 'body_too_large');
      return;
    }
    this.#host.onFailed(ref, exchange, error);
    refuse(exchange, 'function_failed');
  }

  #passOn(exchange: Exchange): void {
    this.#body.handOn(this.#plan.store);
    this.#leave();
    const { bodyBytes, responseBody, timeoutMs } = this.#plan;
    if (responseBody !== undefined && exchange.downstream !== undefined) {
      const plan = { ref: responseBody, timeoutMs, bodyBytes };
      new BodyFilter(exchange, exchange.downstream, plan, this.#host);
    }
    this.#home.passOn(exchange, this.#location, this.#isLate);
  }

  /** Each piece waits until the one before it has left. */
  async #stream(
    exchange: Exchange,
    ref: FunctionRef,
    answer: CheckedAnswer,
    pieces: AsyncIterable<unknown>,
  ): Promise<void> {
    const downstream = exchange.downstream as Downstream;
    this.#takeOver();
    this.#awaited = ref;
    this.#body.letGo();
    sendHead(exchange, answer, BODY_CHUNKED, 0);
    downstream.flush();
    try {
      this.#host.awaits(ref);
      this.#host.wheel.arm(this.#timer, this.#plan.timeoutMs);
      for await (const given of pieces) {
        if (this.#exchange !== exchange) return; // `return` ends the iteration, too
        const piece = toPiece(given);
        downstream.writeBody(piece, 0, piece.length, true);
        if (!downstream.flush()) await this.#writable();
        this.#host.wheel.arm(this.#timer, this.#plan.timeoutMs);
      }
      if (this.#exchange !== exchange) return;
      this.#leave();
      downstream.endResponse();
      downstream.flush();
    } catch (error) {
      if (this.#exchange !== exchange) return;
      this.#host.onFailed(ref, exchange, error);
      this.#leave();
      exchange.reason = 'function_failed';
      downstream.cut();
    }
  }

  #writable(): Promise<void> {
    this.#host.wheel.disarm(this.#timer); // `send_timeout` is the client's
    return new Promise((resolve) => {
      this.#onWritable = resolve;
    });
  }

  // ---- Being in charge of the exchange ---------------------------------------------------------

  /** From here on the client side tells us what comes. */
  #takeOver(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.handler === this) return;
    exchange.handler = this;
    this.#body.hold();
  }

  /** The exchange is somebody else's from here on; functions see nothing of it any more. */
  #leave(): Exchange | undefined {
    const exchange = this.#exchange;
    this.#settled();
    this.#host.wheel.forget(this.#timer);
    this.#request?.end();
    this.#exchange = undefined;
    if (exchange === undefined) return undefined;
    if (exchange.handler === this) exchange.handler = undefined;
    this.#body.leave();
    return exchange;
  }

  /** Nobody waits any more. */
  #abort(error: Error): Exchange | undefined {
    const request = this.#request;
    const onWritable = this.#onWritable;
    const exchange = this.#leave();
    this.#body.fail(error);
    onWritable?.();
    request?.abort(error);
    return exchange;
  }

  // ---- TimeoutOwner, ExchangeHandler -----------------------------------------------------------

  onTimeout(): void {
    const ref = this.#awaited;
    const error = new Error(`it took longer than function_timeout, ${this.#plan.timeoutMs} ms`);
    const exchange = this.#abort(error);
    if (exchange === undefined) return;
    if (ref !== undefined) this.#host.onFailed(ref, exchange, error.message);
    if (exchange.responseState === RESPONSE_NONE) refuse(exchange, 'function_timeout');
    else {
      exchange.reason = 'function_timeout';
      exchange.downstream?.cut();
    }
  }

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.#body.onBytes(bytes, start, end);
  }

  onRequestEnd(): void {
    this.#body.onEnd();
  }

  onRequestFlush(): void {}

  onDownstreamWritable(): void {
    const resolve = this.#onWritable;
    this.#onWritable = undefined;
    resolve?.();
  }

  onDownstreamGone(_exchange: Exchange, _reason: FailureCode): void {
    this.#abort(new RequestEndedError('the client has left, and what was asked of it'));
  }
}

/** A function has promised something, or has been answered for. */
const WAITING = Symbol('waiting');

function sendHead(exchange: Exchange, answer: CheckedAnswer, framing: number, bytes: number): void {
  const { downstream, response } = exchange;
  response.reset();
  response.status = exchange.statusOverride || answer.status;
  response.reason = reasonPhrase(response.status);
  response.framing = framing === BODY_LENGTH && bytes === 0 ? BODY_NONE : framing;
  response.bodyBytes = bytes;
  for (const [name, value] of answer.fields) response.fields.append(fieldIdOf(name), name, value);
  downstream?.startResponse();
}

function sendWhole({ downstream }: Exchange, body: Buffer): void {
  if (body.length > 0) downstream?.writeBody(body, 0, body.length, true);
  downstream?.endResponse();
  downstream?.flush();
}
