/**
 * Data path. What all HTTP connections of one thread share: clock, wheel, counters, free lists, and
 * the function that serves an exchange. Made once by server.ts, which knows the proxy; listeners do
 * not.
 */

import type { Clock } from '#src/base/clock.ts';
import { FreeList, type Reusable } from '#src/base/free-list.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import type { ClientSettings } from './directives.ts';

/** Exchanges and readers kept for reuse; one exchange is about 3 KB. */
const MAX_FREE = 1024;

/** Head and body decoder of one request being read; a connection between requests holds none. */
export class RequestReader implements Reusable {
  readonly head = new RequestDecoder();
  readonly body = new BodyDecoder();

  reset(): void {
    this.head.reset();
  }
}

export interface HttpThreadOptions {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** This thread's row (src/shared/thread-rows.ts). */
  readonly row: Float64Array;
  /** Serves an exchange whose head is complete: routes it and answers it, now or later. */
  readonly serve: (exchange: Exchange, listenKey: string) => void;
  /** An exchange with a reason has ended: for the error log. */
  readonly onReason: (exchange: Exchange) => void;
  /** An exception of ours while serving: logged, and the exchange answered with 500 (CE-24). */
  readonly onInternalError: (error: unknown) => void;
}

export class HttpThread {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly row: Float64Array;
  readonly serve: (exchange: Exchange, listenKey: string) => void;
  readonly onReason: (exchange: Exchange) => void;
  readonly onInternalError: (error: unknown) => void;
  readonly exchanges = new FreeList<Exchange>(() => new Exchange(), MAX_FREE);
  readonly readers = new FreeList<RequestReader>(() => new RequestReader(), MAX_FREE);
  /** No new exchange may count on its connection staying open. */
  isDraining = false;
  connectionSerial = 0;

  constructor(options: HttpThreadOptions) {
    this.clock = options.clock;
    this.wheel = options.wheel;
    this.row = options.row;
    this.serve = options.serve;
    this.onReason = options.onReason;
    this.onInternalError = options.onInternalError;
  }
}

/** What a listening address says about connections before a virtual server is known. */
export interface ListenerSettings {
  readonly key: string;
  /** Of the address's default server. */
  readonly client: ClientSettings;
  /** Some virtual server of this address writes a log: the peer's name is asked for at once. */
  readonly isLogged: boolean;
}
