/** Data path. What an attempt asks of the proxy, and its two halves of each other. */

import type { FailureCode } from '#src/base/failure.ts';
import type { ShortTimers } from '#src/base/short-timers.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';

/** Gives an attempt back when the exchange is done with it. `A`: the attempt. */
export interface AttemptHome<A = never> {
  readonly wheel: TimerWheel;
  /** For delays that 50 ms would spoil. */
  readonly shortTimers: ShortTimers;
  releaseAttempt(attempt: A): void;
  nowMs(): number;
  /** For the error log. `endpoint` is '' when there was none to try. */
  onAttemptFailed(exchange: Exchange, failure: FailureCode, endpoint: string): void;
  /** A temporary file could not be written or read; `errno`: 'ENOSPC' … */
  onSpoolFailed(exchange: Exchange, errno: string): void;
  /** The upstream that variables in `proxy_pass` name was not found. `detail`: which, and why. */
  onPassFailed(exchange: Exchange, failure: FailureCode, detail: string): void;
}

/** What the side of the response asks of the attempt it is a part of. */
export interface ResponseOwner {
  /** Nothing more is sent to the endpoint or read from it; it has the exchange no longer. */
  abandon(isFailure: boolean): void;
  /** The endpoint answered with that status; called only while `isWatched`. */
  onHead(status: number): void;
  /** The endpoint answered with that status; true: another one is asked in place of that answer. */
  asksAnother(status: number): boolean;
  /** The endpoint's connection is gone; `isStale`: a kept one had died. */
  onTryFailed(failure: FailureCode, isStale: boolean): void;
  /** The exchange goes on without the attempt. */
  done(): void;
  /** Part of the response has left: its end must not look like one. */
  cut(failure: FailureCode): void;
}
