/**
 * Data path. The times of one exchange that Weir adds to nginx's: of all its tries together, of each
 * of them, and the pause in front of a further one. Made for an attempt when a location first wants
 * it, and used again. Allocates nothing afterwards.
 */

import { TICK_MS, type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { type ClientDeadline, clientEndsAtMs } from './client-deadline.ts';
import type { HedgeDelay } from './hedge-delay.ts';

/** What a location says about them; 0: no limit, no pause. */
export interface TryTimes {
  /** `proxy_total_timeout`: from the first try to the end of the answer. */
  readonly totalMs: number;
  /** `proxy_try_timeout`: from the start of a try to the head of its answer. */
  readonly tryMs: number;
  /** `proxy_deadline_header`; undefined: clients have no say. */
  readonly deadline: ClientDeadline | undefined;
  readonly backoff: Backoff;
  /** When a second endpoint is asked beside the first; undefined: never. */
  readonly hedge: HedgeDelay | undefined;
}

/** `proxy_next_upstream_backoff`. */
export interface Backoff {
  /** Longest pause in front of the second try; twice as much with each one more. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Told when a time is over. */
export interface TryClockOwner {
  onTotalOver(): void;
  onTryOver(): void;
  onPauseOver(): void;
}

/** What is left of the total time must be more than this, or no further try starts. */
const LEAST_MS = TICK_MS;

class Total implements TimeoutOwner {
  readonly entry = new TimerEntry(this);
  readonly #owner: TryClockOwner;

  constructor(owner: TryClockOwner) {
    this.#owner = owner;
  }

  onTimeout(): void {
    this.#owner.onTotalOver();
  }
}

export class TryClock implements TimeoutOwner {
  readonly #wheel: TimerWheel;
  readonly #owner: TryClockOwner;
  readonly #total: Total;
  /** Of a try, or of a pause between two. */
  readonly #part = new TimerEntry(this);
  #isPausing = false;
  #endsAtMs = Number.POSITIVE_INFINITY;
  /** The client waits less long than `proxy_total_timeout` would. */
  isOfClient = false;
  #pauseMs = 0;
  #pauseCount = 0;

  constructor(wheel: TimerWheel, owner: TryClockOwner) {
    this.#wheel = wheel;
    this.#owner = owner;
    this.#total = new Total(owner);
  }

  /**
   * The first try is about to begin; `end` must follow once. False: all time is over already, and
   * nothing is to begin.
   */
  begin({ deadline, totalMs }: TryTimes, exchange: Exchange): boolean {
    const { nowMs } = this.#wheel.clock;
    this.#pauseMs = 0;
    this.#pauseCount = 0;
    this.#endsAtMs = totalMs === 0 ? Number.POSITIVE_INFINITY : nowMs + totalMs;
    const clientEndsAt =
      deadline === undefined ? Number.POSITIVE_INFINITY : clientEndsAtMs(exchange, deadline);
    this.isOfClient = clientEndsAt < this.#endsAtMs;
    if (this.isOfClient) this.#endsAtMs = clientEndsAt;
    if (this.#endsAtMs === Number.POSITIVE_INFINITY) return true;
    if (this.#endsAtMs <= nowMs) return false;
    this.#wheel.arm(this.#total.entry, this.#endsAtMs - nowMs);
    return true;
  }

  /** A try begins. */
  beginTry({ tryMs }: TryTimes, exchange: Exchange): void {
    this.#isPausing = false;
    const tryEndsAtMs = tryMs === 0 ? Number.POSITIVE_INFINITY : this.#wheel.clock.nowMs + tryMs;
    exchange.deadlineAtMs = Math.min(this.#endsAtMs, tryEndsAtMs);
    if (tryMs > 0) this.#wheel.arm(this.#part, tryMs);
  }

  /** The try has failed. */
  endTry(): void {
    this.#wheel.disarm(this.#part);
  }

  /**
   * A further try is wanted: whether time is left for it behind the pause that it has to wait.
   * `retryAfterMs`: what the endpoint asked for (RFC 9110 §10.2.3), 0 for nothing; a longer wait than
   * the longest pause is the client's to decide.
   */
  mayGoOn({ backoff: { baseMs, maxMs } }: TryTimes, retryAfterMs: number): boolean {
    if (baseMs > 0 && retryAfterMs > maxMs) return false;
    // Full jitter: what failed together does not come back together.
    const longestMs = Math.min(maxMs, baseMs * 2 ** this.#pauseCount);
    this.#pauseMs = baseMs === 0 ? 0 : Math.max(retryAfterMs, Math.random() * longestMs);
    return this.#wheel.clock.nowMs + this.#pauseMs + LEAST_MS < this.#endsAtMs;
  }

  /** Behind `mayGoOn`: true, `onPauseOver` follows. False: there is nothing to wait for. */
  pause(): boolean {
    if (this.#pauseMs === 0) return false;
    this.#pauseCount += 1;
    this.#isPausing = true;
    this.#wheel.arm(this.#part, this.#pauseMs);
    return true;
  }

  /** Nobody is told of anything afterwards. */
  end(): void {
    this.#wheel.forget(this.#total.entry);
    this.#wheel.forget(this.#part);
  }

  /** TimeoutOwner: of a part. */
  onTimeout(): void {
    if (this.#isPausing) this.#owner.onPauseOver();
    else this.#owner.onTryOver();
  }
}

/** `Retry-After` of an answer in milliseconds; 0 without one, or when it is no number of seconds. */
export function retryAfterMs(text: string | undefined): number {
  return text !== undefined && /^\d{1,7}$/.test(text) ? Number(text) * 1000 : 0;
}
