/**
 * Data path. One wheel per thread for every timeout: arming and disarming are a few stores, no
 * timer object, no closure.
 *
 *   slot 0 | slot 1 | … | slot 1023      each slot spans TICK_MS; the hand moves one slot per tick
 *            ^ hand
 *
 * An entry stays in the slot where it was first put. Arming it for later only writes `dueMs`; when
 * the hand reaches it early it is put where it now belongs (lazy re-arm: a keep-alive connection
 * arms some timeout on every request, and almost none of them fires). Invariant: a linked entry
 * sits in a slot that is reached no later than its due time.
 */

import { type Clock, NO_TIME } from './clock.ts';
import { NOT_LINKED, TimerSlots } from './timer-slots.ts';
import { atTurnEnd, type TurnEnd } from './turn.ts';

/** How exact a timeout is: it fires 0 … TICK_MS after it is due. */
export const TICK_MS = 50;
const SLOT_COUNT = 1024; // 51 s per turn; longer waits are looked at once per turn

/** Implemented by whatever has a timeout. */
export interface TimeoutOwner {
  /** Called once per arming, on or up to TICK_MS after the due time. It may arm again. */
  onTimeout(): void;
}

/** A place on the wheel; part of its owner, reused for every timeout the owner has. */
export class TimerEntry {
  readonly owner: TimeoutOwner;
  /** When to fire, in the clock's milliseconds; Infinity when disarmed. */
  dueMs = Number.POSITIVE_INFINITY;
  slot = NOT_LINKED;
  /** Armed for later than this it stays in its slot, which is visited in time. */
  staysFromMs = NO_TIME;
  next: TimerEntry | undefined = undefined;
  previous: TimerEntry | undefined = undefined;

  constructor(owner: TimeoutOwner) {
    this.owner = owner;
  }
}

export class TimerWheel implements TurnEnd {
  readonly clock: Clock;
  readonly #slots = new TimerSlots(SLOT_COUNT);
  readonly #originMs: number;
  #tick = 0;
  #afterReads: NodeJS.Immediate | undefined = undefined;
  #interval: NodeJS.Timeout | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.#originMs = clock.nowMs;
  }

  /** Fires `delayMs` from now unless armed anew or disarmed before. Zero or less: the next tick. */
  arm(entry: TimerEntry, delayMs: number): void {
    const dueMs = this.clock.nowMs + delayMs;
    entry.dueMs = dueMs;
    if (entry.slot === NOT_LINKED) this.#link(entry);
    else if (dueMs <= entry.staysFromMs) {
      this.#slots.unlink(entry);
      this.#link(entry);
    }
  }

  /** The entry stays in its slot until the hand passes; it does not fire. */
  disarm(entry: TimerEntry): void {
    entry.dueMs = Number.POSITIVE_INFINITY;
  }

  /** For an owner that goes away: nothing refers to it afterwards. */
  forget(entry: TimerEntry): void {
    entry.dueMs = Number.POSITIVE_INFINITY;
    if (entry.slot !== NOT_LINKED) this.#slots.unlink(entry);
  }

  /** Moves the hand up to the clock's present and fires what is due. */
  advance(): void {
    const target = Math.floor((this.clock.refresh() - this.#originMs) / TICK_MS);
    // After a long stall one turn visits every slot; more turns would find nothing new.
    if (target - this.#tick > SLOT_COUNT) this.#tick = target - SLOT_COUNT;
    while (this.#tick < target) {
      this.#tick += 1;
      this.#visit(this.#tick % SLOT_COUNT);
    }
  }

  /**
   * Drives the wheel from the event loop, and does not keep the process alive. In each turn of the
   * loop what has come is read first: after a pause of ours nobody is blamed for bytes that have
   * been waiting in the kernel.
   */
  start(): void {
    this.#interval ??= setInterval(() => {
      this.#afterReads = setImmediate(() => atTurnEnd(this));
    }, TICK_MS).unref();
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    if (this.#interval !== undefined) this.advance();
  }

  stop(): void {
    clearInterval(this.#interval);
    clearImmediate(this.#afterReads);
    this.#interval = undefined;
    this.#afterReads = undefined;
  }

  get linkedCount(): number {
    return this.#slots.linkedCount;
  }

  /** Empties the slot: nothing linked meanwhile lands in it, `#link` stays a slot short of a turn. */
  #visit(slot: number): void {
    const slots = this.#slots;
    for (let entry = slots.firstOf(slot); entry !== undefined; entry = slots.firstOf(slot)) {
      slots.unlink(entry);
      if (entry.dueMs <= this.clock.nowMs) {
        entry.dueMs = Number.POSITIVE_INFINITY;
        entry.owner.onTimeout();
      } else if (entry.dueMs !== Number.POSITIVE_INFINITY) this.#link(entry);
    }
  }

  #tickOf(dueMs: number): number {
    return Math.max(this.#tick + 1, Math.ceil((dueMs - this.#originMs) / TICK_MS));
  }

  #link(entry: TimerEntry): void {
    const tick = Math.min(this.#tickOf(entry.dueMs), this.#tick + SLOT_COUNT - 1);
    entry.staysFromMs = this.#originMs + (tick - 1) * TICK_MS;
    this.#slots.link(entry, tick % SLOT_COUNT);
  }
}
