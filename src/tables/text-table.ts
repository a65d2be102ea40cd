/**
 * Data path. Texts (or parts of texts) → numbers, ignoring the case of ASCII letters. Unlike a Map
 * it needs no lower-case copy and no substring to look one up.
 */
import { LOWER } from '#src/bytes/ascii.ts';

/** What `find` gives for a text that is not there. */
export const NOT_FOUND = -1;

const FACTOR = 31;

/** Goes on with a hash by one char; a hash begins with 0. */
export function hashOn(hash: number, code: number): number {
  return (Math.imul(hash, FACTOR) + (code < 256 ? (LOWER[code] as number) : code)) | 0;
}

/** Spreads what differs in the high bits only. */
function slotOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

interface Entry {
  readonly key: string;
  readonly hash: number;
  readonly value: number;
}

export class TextTable {
  /** Open addressing: the entry in each slot, or undefined. Never more than half full. */
  #slots: (Entry | undefined)[] = new Array<Entry | undefined>(8).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `hash` is that of the key, in the direction in which look-ups will go through it. */
  add(key: string, hash: number, value: number): void {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    insert(this.#slots, { key, hash, value });
    this.#size++;
  }

  /** The value of text[start..end), whose hash the caller has; else `NOT_FOUND`. */
  find(text: string, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = slotOf(hash, mask); ; slot = (slot + 1) & mask) {
      const entry = slots[slot];
      if (entry === undefined) return NOT_FOUND;
      if (entry.hash === hash && isSame(entry.key, text, start, end)) return entry.value;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Array<Entry | undefined>(before.length * 2).fill(undefined);
    for (const entry of before) if (entry !== undefined) insert(this.#slots, entry);
  }
}

function insert(slots: (Entry | undefined)[], entry: Entry): void {
  const mask = slots.length - 1;
  let slot = slotOf(entry.hash, mask);
  while (slots[slot] !== undefined) slot = (slot + 1) & mask;
  slots[slot] = entry;
}

/** Whether text[start..end) is `key`, which is in lower case. */
function isSame(key: string, text: string, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) {
    const code = text.charCodeAt(start + i);
    if (key.charCodeAt(i) !== (code < 256 ? (LOWER[code] as number) : code)) return false;
  }
  return true;
}
