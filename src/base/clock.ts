/** Data path. Coarse monotonic milliseconds, and the wall clock for logs and the Date field. */

import { performance } from 'node:perf_hooks';

/** What code asks for the time; tests hand it a ManualClock (habit 18). */
export interface Clock {
  /** Milliseconds since an arbitrary start; as fresh as the last `refresh`. Never goes back. */
  readonly nowMs: number;
  /** Reads the real clock: once per exchange and once per timer tick, not once per use. */
  refresh(): number;
  /** Milliseconds since the epoch, for dates only; may jump. */
  wallMs(): number;
}

export class SystemClock implements Clock {
  nowMs = performance.now();

  refresh(): number {
    this.nowMs = performance.now();
    return this.nowMs;
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
