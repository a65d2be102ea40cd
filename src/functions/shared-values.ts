/** Counters, maps and limiters that functions share over all threads, as weir.config.ts has them. */
import { KeyedTable, NEVER_MS } from '#src/shared/keyed-table.ts';
import { LEAST_KEY_BYTES, type TableSizes } from '#src/shared/table-layout.ts';
import { declarePart, partOwner } from './shared-parts.ts';

/** A number that every thread adds to; exact up to 2^53. */
export interface SharedCounter {
  readonly value: number;
  /** Adds an integer, 1 when none is given. @returns the sum, as no other call has got it */
  add(by?: number): number;
}

/** How large a map is. All of it is taken at once: about entries × 2 × (keyBytes + valueBytes + 40). */
export interface SharedMapOptions {
  readonly entries: number;
  /** Longer keys count by their SHA-256. 64 when not given, 32 at least. */
  readonly keyBytes?: number;
  /** UTF-8; 64 when not given. */
  readonly valueBytes?: number;
}

/** How long an entry stays. */
export interface EntryOptions {
  /** Milliseconds; without it the entry stays until it is deleted or displaced. */
  readonly ttlMs?: number;
}

/**
 * Values by key. Each call is done at once for all threads. It is a cache: where it is full, the
 * entry that was used longest ago, among some, makes room.
 */
export interface SharedMap {
  get(key: string): string | number | undefined;
  /** @throws RangeError when the value is longer than `valueBytes` */
  set(key: string, value: string | number, options?: EntryOptions): void;
  /** Only where there is none. @returns whether it was set */
  add(key: string, value: string | number, options?: EntryOptions): boolean;
  /** @returns whether there was one */
  delete(key: string): boolean;
  /** Adds to a number that begins at 0, and whose time begins then. @returns the sum */
  increment(key: string, by?: number, options?: EntryOptions): number;
}

/** What a limiter allows. */
export interface SharedLimiterOptions {
  /** So many per `perMs`, evenly. */
  readonly requests: number;
  /** Milliseconds; 1,000 when not given. */
  readonly perMs?: number;
  /** So many more at once; 0 when not given. */
  readonly burst?: number;
  /** So many keys are told apart at once. */
  readonly keys: number;
}

/** Requests per key and time, over all threads. */
export interface SharedLimiter {
  /** Takes one. @returns 0: it may go on; else milliseconds until one may, and nothing was taken */
  take(key: string): number;
}

const USUAL_KEY_BYTES = 64;
const USUAL_VALUE_BYTES = 64;
const SECOND_MS = 1000;

/** A counter; the same name is the same counter. Declare it outside of functions. */
export function sharedCounter(name: string): SharedCounter {
  const cell = new BigInt64Array(declarePart({ kind: 'counter', name }));
  return {
    get value() {
      return Number(Atomics.load(cell, 0));
    },
    add: (by = 1) => Number(Atomics.add(cell, 0, BigInt(by))) + by,
  };
}

/** A map; the same name is the same map. Declare it outside of functions. */
export function sharedMap(name: string, options: SharedMapOptions): SharedMap {
  const { entries, keyBytes = USUAL_KEY_BYTES, valueBytes = USUAL_VALUE_BYTES } = options;
  const sizes = { entries, keyBytes, valueBytes };
  atLeast(1, { entries }, name);
  atLeast(LEAST_KEY_BYTES, { keyBytes }, name);
  atLeast(0, { valueBytes }, name);
  const table = tableOf('map', name, sizes);
  const expiry = ({ ttlMs }: EntryOptions, nowMs: number) =>
    ttlMs === undefined ? NEVER_MS : nowMs + ttlMs;
  return {
    get: (key) => table.get(key, Date.now()),
    set: (key, value, entry = {}) => {
      const nowMs = Date.now();
      table.set(key, checked(value), expiry(entry, nowMs), nowMs);
    },
    add: (key, value, entry = {}) => {
      const nowMs = Date.now();
      return table.add(key, checked(value), expiry(entry, nowMs), nowMs);
    },
    delete: (key) => table.delete(key, Date.now()),
    increment: (key, by = 1, entry = {}) => {
      const nowMs = Date.now();
      return table.increment(key, by, expiry(entry, nowMs), nowMs);
    },
  };
}

/** A limiter; the same name is the same limiter. Declare it outside of functions. */
export function sharedLimiter(name: string, options: SharedLimiterOptions): SharedLimiter {
  const { burst = 0, keys, perMs = SECOND_MS, requests } = options;
  atLeast(1, { keys }, name);
  if (!(requests > 0 && perMs > 0 && burst >= 0)) {
    throw new RangeError(`"${name}": "requests" and "perMs" are above 0, "burst" is not below`);
  }
  const sizes = { entries: keys, keyBytes: USUAL_KEY_BYTES, valueBytes: 0 };
  const table = tableOf('limiter', name, sizes);
  const intervalMs = perMs / requests;
  return { take: (key) => table.take(key, intervalMs, burst * intervalMs, Date.now()) };
}

function tableOf(kind: 'limiter' | 'map', name: string, table: TableSizes): KeyedTable {
  return new KeyedTable(declarePart({ kind, name, table }), table, partOwner());
}

function checked(value: string | number): string | number {
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw new TypeError(`a shared map holds texts and numbers, not ${typeof value}`);
}

function atLeast(least: number, given: Readonly<Record<string, number>>, name: string): void {
  for (const [what, value] of Object.entries(given)) {
    if (Number.isSafeInteger(value) && value >= least) continue;
    throw new RangeError(`"${what}" of "${name}" is a whole number from ${least} on, not ${value}`);
  }
}
