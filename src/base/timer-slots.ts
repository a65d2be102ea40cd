/**
 * Data path. A ring of slots, each a doubly linked list of the entries in it; what a slot stands for
 * is its owner's matter. Linking and unlinking are a few stores and allocate nothing.
 *
 *   slot 0 | slot 1 | … | slot n-1
 *     └─ entry ⇄ entry ⇄ entry         the last one linked comes first
 */

import type { TimerEntry } from './timer-wheel.ts';

/** The slot of an entry that is in none. */
export const NOT_LINKED = -1;

export class TimerSlots {
  readonly #firsts: (TimerEntry | undefined)[];
  #linkedCount = 0;

  constructor(count: number) {
    this.#firsts = new Array(count).fill(undefined);
  }

  get linkedCount(): number {
    return this.#linkedCount;
  }

  /** The others are behind it, as its `next`. */
  firstOf(slot: number): TimerEntry | undefined {
    return this.#firsts[slot];
  }

  /** The entry is in no slot, the slot an integer below the count. */
  link(entry: TimerEntry, slot: number): void {
    const first = this.#firsts[slot];
    entry.slot = slot;
    entry.previous = undefined;
    entry.next = first;
    if (first !== undefined) first.previous = entry;
    this.#firsts[slot] = entry;
    this.#linkedCount += 1;
  }

  /** The entry is in one of these slots; it refers to no other entry afterwards. */
  unlink(entry: TimerEntry): void {
    const { next, previous } = entry;
    if (previous === undefined) this.#firsts[entry.slot] = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    entry.next = undefined;
    entry.previous = undefined;
    entry.slot = NOT_LINKED;
    this.#linkedCount -= 1;
  }
}
