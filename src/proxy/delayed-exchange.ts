/**
 * An exchange that is held back on purpose (`fault delay=`): nobody is asked meanwhile. The body is
 * read as far as memory is meant for it, so that a client that goes is noticed. Made only for those.
 */

import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange, ExchangeHandler } from '#src/exchange/exchange.ts';
import { BodyIntake, type StoreLimits } from '#src/functions/body-intake.ts';
import { BODY_NONE } from '#src/http/message.ts';

export class DelayedExchange implements ExchangeHandler, TimeoutOwner {
  readonly ignoresAbort = false;
  readonly #exchange: Exchange;
  readonly #wheel: TimerWheel;
  readonly #timer = new TimerEntry(this);
  readonly #body: BodyIntake;
  readonly #limits: StoreLimits;
  readonly #goOn: () => void;

  /** `goOn` is called once, unless the client goes before. `limits`: for a body that has come. */
  constructor(
    exchange: Exchange,
    delayMs: number,
    wheel: TimerWheel,
    limits: StoreLimits,
    goOn: () => void,
  ) {
    this.#exchange = exchange;
    this.#wheel = wheel;
    this.#limits = limits;
    this.#goOn = goOn;
    this.#body = new BodyIntake(exchange, Number.POSITIVE_INFINITY, () => {});
    exchange.handler = this;
    if (exchange.request.framing !== BODY_NONE) exchange.downstream?.askForBody();
    wheel.arm(this.#timer, delayMs);
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    this.#wheel.forget(this.#timer);
    this.#exchange.handler = undefined;
    const { request, requestBodyBytes, requestEnded } = this.#exchange;
    // A body that has turned out to be empty is none: nobody would hear of its end any more.
    if (requestEnded && requestBodyBytes === 0) request.framing = BODY_NONE;
    this.#body.handOn(this.#limits);
    this.#goOn();
  }

  onRequestBody(_exchange: Exchange, bytes: Buffer, start: number, end: number): void {
    this.#body.onBytes(bytes, start, end);
    if (this.#exchange.requestBodyBytes < this.#limits.memoryBytes) this.#body.letGo();
  }

  onRequestEnd(): void {
    this.#body.onEnd();
    this.#body.letGo();
  }

  onRequestFlush(): void {}

  onDownstreamWritable(): void {}

  onDownstreamGone(): void {
    this.#wheel.forget(this.#timer);
    this.#body.leave();
  }
}
