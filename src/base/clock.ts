/** Data path. Coarse monotonic milliseconds, and the wall clock for logs and the Date field. */

import { performance } from 'node:perf_hooks';
import { atTurnEnd, type TurnEnd } from './turn.ts';

/**
 * The time of something that has not happened: before, and less than, all others. What holds times
 * begins with it, as it is a double as they are. A field that begins as an integer and gets a
 * fraction later makes V8 give the object another shape, and code that was optimized in between may
 * look every property up by name from then on (2 of 3 starts of a thread, 8 % of its time).
 */
export const NO_TIME: number = Number.NEGATIVE_INFINITY;

/** What code asks for the time; tests hand it a ManualClock (habit 18). */
export interface Clock {
  /** Milliseconds since an arbitrary start; as fresh as the last `refresh`. Never goes back. */
  readonly nowMs: number;
  /**
   * Reads the real clock, unless it was read in this turn of the event loop: what comes in one turn
   * came at one time, as in nginx.
   */
  refresh(): number;
  /** Milliseconds since the epoch, for dates only; may jump. */
  wallMs(): number;
}

export class SystemClock implements Clock, TurnEnd {
  nowMs = performance.now();
  #isOfThisTurn = false;

  refresh(): number {
    if (this.#isOfThisTurn) return this.nowMs;
    this.#isOfThisTurn = true;
    atTurnEnd(this);
    this.nowMs = performance.now();
    return this.nowMs;
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    this.#isOfThisTurn = false;
  }

  wallMs(): number {
    return Date.now();
  }
}

/** Time that stands still until a test moves it. */
export class ManualClock implements Clock {
  nowMs = 0;
  #wallStartMs: number;

  constructor(wallStartMs = 0) {
    this.#wallStartMs = wallStartMs;
  }

  refresh(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.#wallStartMs + this.nowMs;
  }

  advanceMs(ms: number): void {
    this.nowMs += ms;
  }
}
