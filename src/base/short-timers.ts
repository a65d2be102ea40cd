/**
 * Data path. Timeouts of up to half a second that have to be exact to a millisecond or two; all others
 * are on the wheel, which ticks every 50 ms whatever is on it. Nothing ticks here while nothing waits:
 * one timer of Node's stands for the earliest one, and mostly finds it gone, for the one that was left
 * over from before serves the next as well. Arming and forgetting are a few stores.
 *
 *   slot 0 | slot 1 | … | slot 511      each slot is a millisecond
 *            ^ hand
 */

import type { Clock } from './clock.ts';
import { NOT_LINKED, TimerSlots } from './timer-slots.ts';
import type { TimerEntry } from './timer-wheel.ts';
import { atTurnEnd, type TurnEnd } from './turn.ts';

/** Longer ones are for the wheel. */
export const LONGEST_SHORT_MS = 500;
const SLOT_COUNT = 512;
const MASK = SLOT_COUNT - 1;
const NEVER = Number.POSITIVE_INFINITY;

export class ShortTimers implements TurnEnd {
  readonly #clock: Clock;
  readonly #originMs: number;
  readonly #slots = new TimerSlots(SLOT_COUNT);
  /** The millisecond that was visited last. */
  #hand = 0;
  /** When Node's timer fires, as a millisecond like the hand's. */
  #wakesAt = NEVER;
  #timer: NodeJS.Timeout | undefined = undefined;
  // As on the wheel: what has come meanwhile is read first.
  readonly #wake = (): void => atTurnEnd(this);
  readonly #onTimer = (): void => {
    setImmediate(this.#wake);
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#originMs = clock.nowMs;
  }

  /** Fires once, not before `delayMs` (at most LONGEST_SHORT_MS) from now, unless it is forgotten. */
  arm(entry: TimerEntry, delayMs: number): void {
    this.forget(entry);
    const sinceMs = this.#clock.nowMs - this.#originMs;
    if (this.#slots.linkedCount === 0) this.#hand = Math.floor(sinceMs);
    entry.dueMs = this.#clock.nowMs + delayMs;
    const at = Math.max(this.#hand + 1, Math.ceil(sinceMs + delayMs));
    this.#slots.link(entry, at & MASK);
    if (at < this.#wakesAt) this.#wakeAt(at, at - sinceMs);
  }

  /** Nothing refers to it afterwards. Only for entries that are armed here, or nowhere. */
  forget(entry: TimerEntry): void {
    entry.dueMs = NEVER;
    if (entry.slot !== NOT_LINKED) this.#slots.unlink(entry);
  }

  get linkedCount(): number {
    return this.#slots.linkedCount;
  }

  /** Fires what is due by the clock. */
  advance(): void {
    const target = Math.floor(this.#clock.refresh() - this.#originMs);
    // After a long stall one turn visits every slot.
    this.#hand = Math.max(this.#hand, target - SLOT_COUNT);
    while (this.#hand < target) {
      this.#hand += 1;
      this.#visit(this.#hand & MASK);
    }
  }

  /** TurnEnd: Node's timer has fired. */
  onTurnEnd(): void {
    this.#wakesAt = NEVER;
    this.advance();
    if (this.#slots.linkedCount === 0) return;
    let next = this.#hand + 1;
    while (this.#slots.firstOf(next & MASK) === undefined) next += 1;
    if (next < this.#wakesAt) this.#wakeAt(next, next - this.#hand);
  }

  #wakeAt(at: number, delayMs: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(this.#onTimer, delayMs).unref();
  }

  /** What was armed after a stall may share the slot, and waits for the next turn of the hand. */
  #visit(slot: number): void {
    const { nowMs } = this.#clock;
    let entry = this.#slots.firstOf(slot);
    while (entry !== undefined) {
      if (entry.dueMs > nowMs) {
        entry = entry.next;
        continue;
      }
      this.forget(entry);
      entry.owner.onTimeout();
      entry = this.#slots.firstOf(slot); // which it may have changed
    }
  }
}
