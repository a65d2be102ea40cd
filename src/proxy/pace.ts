/**
 * Data path. How much of a response may pass by now (`limit_rate`, `proxy_limit_rate`). Only
 * responses with a rate come here. As in nginx, what belongs to one second may pass at its
 * beginning.
 *
 *   may have passed = free + rate × (seconds since the beginning + 1)
 */

import { NO_TIME } from '#src/base/clock.ts';
import { TICK_MS, type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';

export class Pace {
  readonly #wheel: TimerWheel;
  readonly #timer: TimerEntry;
  #bytesPerSec = 0;
  #freeBytes = 0;
  #startedAtMs = NO_TIME;
  #passedBytes = 0;

  /** `owner`: told when more may pass, after `wait`. */
  constructor(wheel: TimerWheel, owner: TimeoutOwner) {
    this.#wheel = wheel;
    this.#timer = new TimerEntry(owner);
  }

  /** A response begins; a rate of 0 sets no limit. The first `freeBytes` pass at once. */
  begin(bytesPerSec: number, freeBytes: number): void {
    this.#bytesPerSec = bytesPerSec;
    this.#freeBytes = freeBytes;
    this.#startedAtMs = this.#wheel.clock.refresh();
    this.#passedBytes = 0;
  }

  /** Bytes that may pass now; 0 or less: none. */
  get room(): number {
    if (this.#bytesPerSec === 0) return Number.MAX_SAFE_INTEGER;
    const elapsedMs = this.#wheel.clock.refresh() - this.#startedAtMs;
    const allowed = Math.floor((this.#bytesPerSec * (elapsedMs + 1000)) / 1000);
    return this.#freeBytes + allowed - this.#passedBytes;
  }

  pass(bytes: number): void {
    this.#passedBytes += bytes;
  }

  /** The owner is told when there is room again. */
  wait(): void {
    const missing = 1 - this.room;
    this.#wheel.arm(this.#timer, Math.max(TICK_MS, (missing * 1000) / this.#bytesPerSec));
  }

  /** The response is over. */
  end(): void {
    this.#wheel.forget(this.#timer);
  }
}
