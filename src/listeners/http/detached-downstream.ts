/**
 * Data path. In place of a client that is gone, for an exchange that goes on without it
 * (`proxy_ignore_client_abort`): takes the response and drops it; the end is recorded as always.
 */

import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import {
  type Exchange,
  RESPONSE_ENDED,
  RESPONSE_NONE,
  RESPONSE_STARTED,
} from '#src/exchange/exchange.ts';
import type { HttpThread } from './http-thread.ts';

/** nginx: the client closed the connection. */
const CLIENT_GONE = 499;

/** Told when such an exchange has ended. */
export interface DetachedOwner {
  onDetachedEnd(): void;
}

export class DetachedDownstream implements Downstream {
  readonly facts: ClientFacts;
  readonly #thread: HttpThread;
  readonly #owner: DetachedOwner;
  #exchange: Exchange | undefined;

  constructor(exchange: Exchange, facts: ClientFacts, thread: HttpThread, owner: DetachedOwner) {
    this.#exchange = exchange;
    this.facts = facts;
    this.#thread = thread;
    this.#owner = owner;
  }

  /** The thread ends now. */
  kill(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const { handler } = exchange;
    exchange.handler = undefined;
    exchange.reason = 'shutting_down';
    handler?.onDownstreamGone(exchange, 'shutting_down');
    if (exchange.responseState === RESPONSE_NONE) exchange.response.status = CLIENT_GONE;
    this.cut();
  }

  startResponse(): void {
    if (this.#exchange !== undefined) this.#exchange.responseState = RESPONSE_STARTED;
  }

  endResponse(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.responseState = RESPONSE_ENDED;
    exchange.handler = undefined;
  }

  flush(): boolean {
    if (this.#exchange?.responseState === RESPONSE_ENDED) this.#end();
    return true;
  }

  cut(): void {
    this.endResponse();
    this.#end();
  }

  writeBody(): void {}
  sendInformational(): void {}
  askForBody(): void {}
  holdRequestBody(): void {}
  letGoRequestBody(): void {}

  #end(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange === undefined) return;
    this.#thread.endExchange(exchange);
    this.#owner.onDetachedEnd();
  }
}
