/** Where everything stands in the memory of a keyed table; who frees its locks needs no more of it. */

/** How large a table is. */
export interface TableSizes {
  /** So many fit, spread as keys are, before the first is displaced; half of the slots. */
  readonly entries: number;
  /** A longer key is kept as its SHA-256. At least `LEAST_KEY_BYTES`. */
  readonly keyBytes: number;
  readonly valueBytes: number;
}

/** A hash of a long key needs so many. */
export const LEAST_KEY_BYTES = 32;
/** Slots of a set. */
export const WAYS = 16;
/** The seed. */
const HEAD_CELLS = 2;
const LOCK_CELLS = 2;
/** Cells of 4 bytes before the two numbers of 8. */
export const SLOT_CELLS = 6;
/** Of those, the one that is 0 in an empty slot. */
export const KIND_CELL = 2;
/** Before the bytes of the key. */
export const SLOT_HEAD_BYTES = SLOT_CELLS * 4 + 16;
/** Bytes of shared memory that a table of these sizes needs. */
export function tableBytes(sizes: TableSizes): number {
  const sets = setsOf(sizes);
  return (HEAD_CELLS + sets * LOCK_CELLS) * 4 + sets * WAYS * slotBytes(sizes);
}

/** How many sets of slots it has. */
export function setsOf({ entries }: TableSizes): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, (entries * 2) / WAYS)));
}

/** Bytes of one slot. */
export function slotBytes({ keyBytes, valueBytes }: TableSizes): number {
  return SLOT_HEAD_BYTES + Math.ceil((keyBytes + valueBytes) / 8) * 8;
}

/** The cell of a set's lock; its stamp stands behind. */
export function lockOf(set: number): number {
  return HEAD_CELLS + set * LOCK_CELLS;
}

/** The cell where a slot begins. */
export function slotOf(set: number, way: number, sizes: TableSizes): number {
  const slotsAt = (HEAD_CELLS + setsOf(sizes) * LOCK_CELLS) * 4;
  return (slotsAt + (set * WAYS + way) * slotBytes(sizes)) / 4;
}

/** Frees what the thread of that number held when it died: what it was changing is dropped, with its set. */
export function releaseLocks(memory: SharedArrayBuffer, sizes: TableSizes, owner: number): void {
  const cells = new Int32Array(memory);
  for (let set = 0; set < setsOf(sizes); set++) {
    if (Atomics.load(cells, lockOf(set)) !== owner) continue;
    for (let way = 0; way < WAYS; way++) cells[slotOf(set, way, sizes) + KIND_CELL] = 0;
    unlock(cells, set);
  }
}

/** Lets the next one in. */
export function unlock(cells: Int32Array, set: number): void {
  Atomics.store(cells, lockOf(set), 0);
  Atomics.notify(cells, lockOf(set), 1);
}
