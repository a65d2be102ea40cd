/**
 * Values by key in memory that threads share: sets of 16 slots, one lock each. When a set is full
 * its entry that was used longest ago makes room, so the table never grows and never refuses.
 *
 *   seed │ lock, stamp of each set │ slots: hash, key length, kind, value length, used, –, expires,
 *                                    number, bytes of the key, bytes of the value
 *
 * What one call does to a key is done at once for all threads. Nothing here waits for longer than
 * another call takes; the locks of a thread that died are freed by `releaseLocks`.
 */
import { createHash, randomInt } from 'node:crypto';
import {
  KIND_CELL,
  lockOf,
  SLOT_CELLS,
  SLOT_HEAD_BYTES,
  setsOf,
  slotOf,
  type TableSizes,
  unlock,
  WAYS,
} from './table-layout.ts';

/** Of an entry that does not expire. */
export const NEVER_MS = Number.POSITIVE_INFINITY;

/** The key is a hash of the key. */
const HASHED = 1 << 30;
const KIND_TEXT = 1;
const KIND_NUMBER = 2;
/** Turns of a loop before a thread lets the kernel wake it. */
const SPINS = 200;
const WAKE_MS = 1;

interface Key {
  readonly hash: number;
  readonly bytes: Buffer;
  /** Its length, and whether it is a hash. */
  readonly length: number;
  readonly set: number;
}

export class KeyedTable {
  readonly #sizes: TableSizes;
  readonly #owner: number;
  readonly #sets: number;
  readonly #cells: Int32Array;
  readonly #numbers: Float64Array;
  readonly #bytes: Buffer;

  /** `owner` is the number of this thread, from 1. The memory is zeroed, or that of such a table. */
  constructor(memory: SharedArrayBuffer, sizes: TableSizes, owner: number) {
    this.#sizes = sizes;
    this.#owner = owner;
    this.#sets = setsOf(sizes);
    this.#cells = new Int32Array(memory);
    this.#numbers = new Float64Array(memory);
    this.#bytes = Buffer.from(memory);
    // Who does not know it cannot choose keys that fall into one set.
    Atomics.compareExchange(this.#cells, 0, 0, randomInt(1, 2 ** 31));
  }

  get(key: string, nowMs: number): string | number | undefined {
    return this.#locked(key, (of) => {
      const slot = this.#find(of, nowMs);
      return slot < 0 ? undefined : this.#valueAt(slot);
    });
  }

  /** @throws RangeError when the value is longer than it may be */
  set(key: string, value: string | number, expiresAtMs: number, nowMs: number): void {
    const bytes = this.#valueBytes(value);
    this.#locked(key, (of) => {
      this.#write(this.#findOrMake(of, nowMs), value, bytes, expiresAtMs);
    });
  }

  /** Only where there is none. @returns whether it is there now because of this call */
  add(key: string, value: string | number, expiresAtMs: number, nowMs: number): boolean {
    const bytes = this.#valueBytes(value);
    return this.#locked(key, (of) => {
      if (this.#find(of, nowMs) >= 0) return false;
      this.#write(this.#findOrMake(of, nowMs), value, bytes, expiresAtMs);
      return true;
    });
  }

  /** @returns whether there was one */
  delete(key: string, nowMs: number): boolean {
    return this.#locked(key, (of) => {
      const slot = this.#find(of, nowMs);
      if (slot >= 0) this.#empty(slot);
      return slot >= 0;
    });
  }

  /**
   * Adds to a number; one that is not there is 0, and expires then. @returns the sum
   * @throws TypeError when the value is a text
   */
  increment(key: string, by: number, expiresAtMs: number, nowMs: number): number {
    return this.#locked(key, (of) => {
      const found = this.#find(of, nowMs);
      const before = found < 0 ? 0 : (this.#valueAt(found) ?? 0);
      if (typeof before === 'string') throw new TypeError(`the value of "${key}" is a text`);
      if (found >= 0) this.#numbers[this.#numberAt(found)] = before + by;
      else this.#write(this.#findOrMake(of, nowMs), by, NO_BYTES, expiresAtMs);
      return before + by;
    });
  }

  /**
   * One more of an even stream with bursts (the generic cell rate algorithm, ITU-T I.371):
   * `intervalMs` between two, `burstMs` ahead of that at most. @returns 0, or the wait in
   * milliseconds; then nothing was taken
   */
  take(key: string, intervalMs: number, burstMs: number, nowMs: number): number {
    return this.#locked(key, (of) => {
      const slot = this.#findOrMake(of, nowMs);
      const before = this.#valueAt(slot);
      const due = Math.max(nowMs, typeof before === 'number' ? before : nowMs);
      const waitMs = due - nowMs - burstMs;
      if (waitMs > 0) return Math.max(1, Math.ceil(waitMs));
      this.#write(slot, due + intervalMs, NO_BYTES, due + intervalMs);
      return 0;
    });
  }

  // ---- Locks -----------------------------------------------------------------------------------

  #locked<T>(key: string, work: (of: Key) => T): T {
    const of = this.#keyOf(key);
    const lock = lockOf(of.set);
    for (let turn = 0; ; turn++) {
      const holder = Atomics.compareExchange(this.#cells, lock, 0, this.#owner);
      if (holder === 0) break;
      if (turn >= SPINS) Atomics.wait(this.#cells, lock, holder, WAKE_MS);
    }
    try {
      return work(of);
    } finally {
      unlock(this.#cells, of.set);
    }
  }

  // ---- Slots; the set is locked ----------------------------------------------------------------

  /** The cell where it begins; −1: there is none, or not any more. */
  #find(of: Key, nowMs: number): number {
    for (let way = 0; way < WAYS; way++) {
      const slot = this.#slotAt(of.set, way);
      if (!this.#holds(slot, of)) continue;
      if ((this.#numbers[this.#expiryAt(slot)] as number) <= nowMs) {
        this.#empty(slot);
        return -1;
      }
      this.#touch(slot, of.set);
      return slot;
    }
    return -1;
  }

  #holds(slot: number, { bytes, hash, length }: Key): boolean {
    const cells = this.#cells;
    if (cells[slot + KIND_CELL] === 0 || cells[slot] !== hash || cells[slot + 1] !== length)
      return false;
    const at = this.#keyAt(slot);
    return this.#bytes.compare(bytes, 0, bytes.length, at, at + bytes.length) === 0;
  }

  /** A new one has no value yet. */
  #findOrMake(of: Key, nowMs: number): number {
    const found = this.#find(of, nowMs);
    if (found >= 0) return found;
    let victim = this.#slotAt(of.set, 0);
    for (let way = 0; way < WAYS; way++) {
      const slot = this.#slotAt(of.set, way);
      const isFree = this.#cells[slot + KIND_CELL] === 0;
      if (isFree || (this.#numbers[this.#expiryAt(slot)] as number) <= nowMs) {
        victim = slot;
        break;
      }
      // A difference: stamps may overflow.
      const age = (this.#cells[slot + 4] as number) - (this.#cells[victim + 4] as number);
      if ((age | 0) < 0) victim = slot;
    }
    this.#empty(victim);
    this.#cells[victim] = of.hash;
    this.#cells[victim + 1] = of.length;
    of.bytes.copy(this.#bytes, this.#keyAt(victim));
    this.#touch(victim, of.set);
    return victim;
  }

  #valueAt(slot: number): string | number | undefined {
    const kind = this.#cells[slot + KIND_CELL];
    if (kind === KIND_NUMBER) return this.#numbers[this.#numberAt(slot)];
    if (kind !== KIND_TEXT) return undefined;
    const at = this.#keyAt(slot) + this.#sizes.keyBytes;
    return this.#bytes.toString('utf8', at, at + (this.#cells[slot + 3] as number));
  }

  #write(slot: number, value: string | number, bytes: Buffer, expiresAtMs: number): void {
    const isNumber = typeof value === 'number';
    this.#numbers[this.#expiryAt(slot)] = expiresAtMs;
    if (isNumber) this.#numbers[this.#numberAt(slot)] = value;
    else bytes.copy(this.#bytes, this.#keyAt(slot) + this.#sizes.keyBytes);
    this.#cells[slot + 3] = bytes.length;
    this.#cells[slot + KIND_CELL] = isNumber ? KIND_NUMBER : KIND_TEXT;
  }

  #empty(slot: number): void {
    this.#cells[slot + KIND_CELL] = 0;
  }

  #touch(slot: number, set: number): void {
    const stamp = lockOf(set) + 1;
    this.#cells[stamp] = ((this.#cells[stamp] as number) + 1) | 0;
    this.#cells[slot + 4] = this.#cells[stamp] as number;
  }

  #slotAt(set: number, way: number): number {
    return slotOf(set, way, this.#sizes);
  }

  /** Its numbers of 8 bytes, by their own index. */
  #expiryAt(slot: number): number {
    return (slot + SLOT_CELLS) / 2;
  }

  #numberAt(slot: number): number {
    return (slot + SLOT_CELLS) / 2 + 1;
  }

  /** The byte where its key begins. */
  #keyAt(slot: number): number {
    return slot * 4 + SLOT_HEAD_BYTES;
  }

  #valueBytes(value: string | number): Buffer {
    if (typeof value === 'number') return NO_BYTES;
    const bytes = Buffer.from(value);
    const { valueBytes } = this.#sizes;
    if (bytes.length <= valueBytes) return bytes;
    throw new RangeError(`the value has ${bytes.length} bytes, and valueBytes is ${valueBytes}`);
  }

  #keyOf(key: string): Key {
    const given = Buffer.from(key);
    const isLong = given.length > this.#sizes.keyBytes;
    const bytes = isLong ? createHash('sha256').update(given).digest() : given;
    let hash = this.#cells[0] as number;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    // The low bits choose the set: mix the high ones in (MurmurHash3's last step).
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    const length = bytes.length | (isLong ? HASHED : 0);
    return { hash, bytes, length, set: (hash >>> 0) % this.#sets };
  }
}

const NO_BYTES = Buffer.alloc(0);
