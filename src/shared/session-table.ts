/**
 * Data path. Sessions of `sticky learn` → endpoints, one table for all threads: a hash of the session
 * (64 bits), the endpoint's index in its upstream, and when the session is forgotten. Sets of eight
 * slots; in a full one the session that would be forgotten first makes room, so the table never
 * grows and never refuses. Allocates nothing after construction.
 *
 *   seed │ set: lock, –, –, – │ slot: hash 0, hash 1, endpoint + 1 (0: empty), expires │ × 8 │ set …
 *
 * A cell is read and written under the lock of its set, which is held for a few instructions: what
 * one thread learns, all know at once. A thread that finds a lock held for 20 ms does without: its
 * holder has died, and `releaseLocks` has not been called yet.
 */
import { mix } from '#src/base/text-hash.ts';

const HEAD_CELLS = 4;
const LOCK_CELLS = 4;
const WAYS = 8;
const SLOT_CELLS = 4;
const SET_CELLS = LOCK_CELLS + WAYS * SLOT_CELLS;
const HASH_1 = 1;
const ENDPOINT = 2;
const EXPIRES = 3;
/** Turns of a loop before a thread lets the kernel wake it; and how often it does. */
const SPINS = 200;
const WAKE_MS = 1;
const WAKES = 20;
/** November 2023. */
const EPOCH_SEC = 1_700_000_000;

/** Numbers per session in what `take` gives: both halves of the hash, endpoint, when it expires. */
export const TAKEN_NUMBERS = 4;

/** Now, for the times in a table: `sharedNowMs` in seconds, since a moment from which 31 bits last long. */
export function sessionNowSec(nowMs: number): number {
  return Math.floor(nowMs / 1000) - EPOCH_SEC;
}

export class SessionTable {
  readonly #cells: Int32Array;
  readonly #sets: number;
  readonly #owner: number;

  /** The memory is zeroed, or that of such a table. `thread` counts from 0. */
  constructor(memory: SharedArrayBuffer, offset: number, bytes: number, thread: number) {
    this.#cells = new Int32Array(memory, offset, Math.floor(bytes / Int32Array.BYTES_PER_ELEMENT));
    this.#sets = Math.floor((this.#cells.length - HEAD_CELLS) / SET_CELLS);
    this.#owner = thread + 1;
    // Who does not know it cannot choose sessions that fall into one set.
    const { randomInt } = process.getBuiltinModule('node:crypto');
    Atomics.compareExchange(this.#cells, 0, 0, randomInt(1, 2 ** 31));
  }

  /** A table of this thread alone. */
  static alone(bytes: number): SessionTable {
    return new SessionTable(new SharedArrayBuffer(bytes), 0, bytes, 0);
  }

  /** Sessions for which there is room, if their hashes fall evenly. */
  get capacity(): number {
    return this.#sets * WAYS;
  }

  /** The endpoint of a session; −1: none is known. */
  find(hash: Int32Array, nowSec: number): number {
    const set = this.#setOf(hash);
    if (!this.#lock(set)) return -1;
    const slot = this.#slotOf(set, hash);
    const cells = this.#cells;
    const isThere = slot >= 0 && (cells[slot + EXPIRES] as number) > nowSec;
    const endpoint = isThere ? (cells[slot + ENDPOINT] as number) - 1 : -1;
    this.#unlock(set);
    return endpoint;
  }

  /** Notes where a session is, until then. A session that is not there is noted only if `isNew`. */
  put(
    hash: Int32Array,
    endpoint: number,
    expiresSec: number,
    nowSec: number,
    isNew: boolean,
  ): void {
    const set = this.#setOf(hash);
    if (!this.#lock(set)) return;
    const cells = this.#cells;
    const known = this.#slotOf(set, hash);
    const isKnown = known >= 0 && (cells[known + EXPIRES] as number) > nowSec;
    if (isKnown || isNew) {
      const slot = known >= 0 ? known : this.#roomIn(set);
      cells[slot] = hash[0] as number;
      cells[slot + HASH_1] = hash[1] as number;
      cells[slot + ENDPOINT] = endpoint + 1;
      cells[slot + EXPIRES] = expiresSec;
    }
    this.#unlock(set);
  }

  /** All sessions that have not expired, for the snapshot of a reload. Not on the data path. */
  take(nowSec: number): number[] {
    const taken: number[] = [];
    const cells = this.#cells;
    for (let index = 0; index < this.#sets; index++) {
      const set = HEAD_CELLS + index * SET_CELLS;
      if (!this.#lock(set)) continue;
      for (let way = 0; way < WAYS; way++) {
        const slot = set + LOCK_CELLS + way * SLOT_CELLS;
        if (cells[slot + ENDPOINT] === 0 || (cells[slot + EXPIRES] as number) <= nowSec) continue;
        for (let at = slot; at < slot + SLOT_CELLS; at++) taken.push(cells[at] as number);
        taken[taken.length - 2] = (cells[slot + ENDPOINT] as number) - 1;
      }
      this.#unlock(set);
    }
    return taken;
  }

  /** Forgets all sessions of an endpoint: another one gets its place. Not on the data path. */
  forget(endpoint: number): void {
    const cells = this.#cells;
    for (let index = 0; index < this.#sets; index++) {
      const set = HEAD_CELLS + index * SET_CELLS;
      if (!this.#lock(set)) continue;
      for (let way = 0; way < WAYS; way++) {
        const slot = set + LOCK_CELLS + way * SLOT_CELLS;
        if (cells[slot + ENDPOINT] === endpoint + 1) cells[slot + ENDPOINT] = 0;
      }
      this.#unlock(set);
    }
  }

  /** The thread of that number, from 0, has died: what it was changing is dropped, with its set. */
  releaseLocks(thread: number): void {
    const cells = this.#cells;
    for (let index = 0; index < this.#sets; index++) {
      const set = HEAD_CELLS + index * SET_CELLS;
      if (Atomics.load(cells, set) !== thread + 1) continue;
      cells.fill(0, set + LOCK_CELLS, set + SET_CELLS);
      this.#unlock(set);
    }
  }

  /** Where the set of a session begins. */
  #setOf(hash: Int32Array): number {
    const spread = mix((hash[0] as number) ^ (this.#cells[0] as number)) >>> 0;
    return HEAD_CELLS + (spread % this.#sets) * SET_CELLS;
  }

  /** −1: it is not there. */
  #slotOf(set: number, hash: Int32Array): number {
    const cells = this.#cells;
    for (let slot = set + LOCK_CELLS; slot < set + SET_CELLS; slot += SLOT_CELLS) {
      if (cells[slot + ENDPOINT] === 0) continue;
      if (cells[slot] === hash[0] && cells[slot + HASH_1] === hash[1]) return slot;
    }
    return -1;
  }

  /** The first empty slot, else the one that expires first. */
  #roomIn(set: number): number {
    const cells = this.#cells;
    let best = set + LOCK_CELLS;
    for (let slot = best; slot < set + SET_CELLS; slot += SLOT_CELLS) {
      if (cells[slot + ENDPOINT] === 0) return slot;
      if ((cells[slot + EXPIRES] as number) < (cells[best + EXPIRES] as number)) best = slot;
    }
    return best;
  }

  #lock(set: number): boolean {
    const cells = this.#cells;
    for (let turn = 0; turn < SPINS; turn++) {
      if (Atomics.compareExchange(cells, set, 0, this.#owner) === 0) return true;
    }
    for (let wake = 0; wake < WAKES; wake++) {
      const holder = Atomics.load(cells, set);
      if (holder !== 0) Atomics.wait(cells, set, holder, WAKE_MS);
      if (Atomics.compareExchange(cells, set, 0, this.#owner) === 0) return true;
    }
    return false;
  }

  #unlock(set: number): void {
    Atomics.store(this.#cells, set, 0);
    Atomics.notify(this.#cells, set, 1);
  }
}
