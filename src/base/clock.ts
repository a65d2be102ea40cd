/** Data path. Coarse monotonic milliseconds, and the wall clock for logs and the Date field. */

import { performance } from 'node:perf_hooks';
import { atTurnEnd, type TurnEnd } from './turn.ts';

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
