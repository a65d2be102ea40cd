/**
 * Data path. The fields of one head: ordered, case-insensitive, known names first.
 *
 *   bytes  GET / HTTP/1.1␍␊Host: a.test␍␊Accept:  x ␍␊␍␊     the head as it came, a copy
 *   fields                 ^nameStart ^nameEnd/valueStart/valueEnd, id, marks
 *
 * A field is never a key of an object (CVE-2026-21710); it is four offsets into `bytes` and a known
 * id. Fields of HTTP/2 are put into the same form, so whoever forwards a head copies runs of lines
 * and does not ask where they came from. Strings are made only when a value is asked for.
 */

import { LOWER } from '#src/bytes/ascii.ts';
import { type Block, type ByteBlock, copyBytes, viewOf } from '#src/bytes/byte-copy.ts';
import { latin1, writeLatin1 } from '#src/bytes/latin1.ts';
import { KNOWN_FIELDS } from './field-names.ts';

/** Fields in one head (reliability.md §2): more is 431. */
export const MAX_FIELDS = 100;

/** The line is not `Name: value` with exactly one space: it is written anew when forwarded. */
export const MARK_UNUSUAL = 1;
/** Not forwarded: hop-by-hop, named by Connection, or refused by policy. */
export const MARK_DROP = 2;

/** Enough for most heads; more is kept for reuse up to the second. */
const USUAL_BYTES = 1024;
const MAX_KEPT_BYTES = 4096;
/** Longer heads are taken by memcpy. */
const MAX_WORDS_BYTES = 512;

const PER_FIELD = 5;
const PER_KNOWN = 2;
/** Id and marks share a number. */
const ID_BITS = 0xff;
const MARK_SHIFT = 8;

export class HeaderMap implements ByteBlock {
  /** The head as it came, up to `length`. Offsets point into it. */
  bytes = Buffer.allocUnsafeSlow(USUAL_BYTES);
  view = new DataView(this.bytes.buffer);
  #capacity = USUAL_BYTES;
  length = 0;
  #text: string | undefined = undefined;
  count = 0;
  // Two small pieces of memory per head: with dozens of heads in flight what counts is how many
  // lines of the cache one touches.
  /** Per field: start and end of its name, start and end of its value, id and marks. */
  readonly #fields = new Int32Array(MAX_FIELDS * PER_FIELD);
  /** Per known id: 1 + index of its first field, 0 when absent; how many fields carry it. */
  readonly #known = new Uint8Array(KNOWN_FIELDS.length * PER_KNOWN);

  reset(): void {
    this.length = 0;
    this.#text = undefined;
    if (this.#capacity > MAX_KEPT_BYTES) this.#replace(USUAL_BYTES);
    for (let index = 0; index < this.count; index++) {
      const known = this.idAt(index) * PER_KNOWN;
      this.#known[known] = 0;
      this.#known[known + 1] = 0;
    }
    this.count = 0;
  }

  /** The head as a string of one char per byte; made when first asked for. */
  get text(): string {
    this.#text ??= latin1(this.bytes, 0, this.length);
    return this.#text;
  }

  /** Takes a copy of source[start..end) as the head; offsets count from `start`. */
  take(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > this.#capacity) this.#replace(length);
    if (length > MAX_WORDS_BYTES) source.copy(this.bytes, 0, start, end);
    else copyBytes(viewOf(source), start, end, this.view, 0);
    this.length = length;
    this.#text = undefined;
  }

  /** Adds the field whose offsets are given; the caller has checked that there is room. */
  add(id: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const index = this.count;
    const fields = this.#fields;
    const at = index * PER_FIELD;
    fields[at] = nameStart;
    fields[at + 1] = nameEnd;
    fields[at + 2] = valueStart;
    fields[at + 3] = valueEnd;
    fields[at + 4] = id;
    const known = id * PER_KNOWN;
    const before = this.#known[known + 1] as number;
    if (before === 0) this.#known[known] = index + 1;
    this.#known[known + 1] = before + 1;
    this.count = index + 1;
  }

  nameStart(index: number): number {
    return this.#fields[index * PER_FIELD] as number;
  }

  nameEnd(index: number): number {
    return this.#fields[index * PER_FIELD + 1] as number;
  }

  valueStart(index: number): number {
    return this.#fields[index * PER_FIELD + 2] as number;
  }

  valueEnd(index: number): number {
    return this.#fields[index * PER_FIELD + 3] as number;
  }

  /** 0 for a name that is not a known one. */
  idAt(index: number): number {
    return (this.#fields[index * PER_FIELD + 4] as number) & ID_BITS;
  }

  /** MARK_ bits. */
  marksAt(index: number): number {
    return (this.#fields[index * PER_FIELD + 4] as number) >> MARK_SHIFT;
  }

  /** Adds a field of our own at the end. Name and value must be clean (no CR, LF, NUL). */
  append(id: number, name: string, value: string): void {
    const start = this.length;
    this.#append(`${name}: ${value}\r\n`);
    const valueStart = start + name.length + 2;
    this.add(id, start, start + name.length, valueStart, valueStart + value.length);
  }

  /** Gives a field another value, as clean as that of `append`; the line is written anew. */
  setValue(index: number, value: string): void {
    const start = this.length;
    this.#append(value);
    this.#fields[index * PER_FIELD + 2] = start;
    this.#fields[index * PER_FIELD + 3] = start + value.length;
    this.mark(index, MARK_UNUSUAL);
  }

  #append(text: string): void {
    const start = this.length;
    if (start + text.length > this.#capacity) {
      const before = this.bytes;
      this.#replace((start + text.length) * 2);
      before.copy(this.bytes, 0, 0, start);
    }
    writeLatin1(this.bytes, text, start);
    this.length = start + text.length;
    this.#text = undefined;
  }

  #replace(capacity: number): void {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.#capacity = capacity;
  }

  /** Index of the first field with that known id; −1 when there is none. */
  find(id: number): number {
    return (this.#known[id * PER_KNOWN] as number) - 1;
  }

  /** How many fields have that known id. */
  countOf(id: number): number {
    return this.#known[id * PER_KNOWN + 1] as number;
  }

  /** The value of the first field with that known id; undefined when there is none. */
  get(id: number): string | undefined {
    const index = this.find(id);
    return index < 0 ? undefined : this.valueAt(index);
  }

  nameAt(index: number): string {
    return this.text.substring(this.nameStart(index), this.nameEnd(index));
  }

  valueAt(index: number): string {
    return this.text.substring(this.valueStart(index), this.valueEnd(index));
  }

  /** The name of the field, compared with one in lower case, without making a string. */
  nameEquals(index: number, lowerName: string): boolean {
    const start = this.nameStart(index);
    const end = this.nameEnd(index);
    const length = end - start;
    if (end > this.length) return false; // of a head that never came whole: there are no bytes
    if (length !== lowerName.length) return false;
    for (let at = 0; at < length; at++) {
      const lower = LOWER[this.bytes[start + at] as number];
      if (lower !== lowerName.charCodeAt(at)) return false;
    }
    return true;
  }

  /** The first value of any name given in lower case; undefined when absent. For $http_NAME. */
  lookUp(lowerName: string): string | undefined {
    for (let index = 0; index < this.count; index++) {
      if (this.nameEquals(index, lowerName)) return this.valueAt(index);
    }
    return undefined;
  }

  /** All values of that name joined by ", ", as nginx does for $http_NAME; undefined when absent. */
  joined(lowerName: string, separator: string): string | undefined {
    let all: string | undefined;
    for (let index = 0; index < this.count; index++) {
      if (!this.nameEquals(index, lowerName)) continue;
      all = all === undefined ? this.valueAt(index) : `${all}${separator}${this.valueAt(index)}`;
    }
    return all;
  }

  /** Whether the value of the field is exactly those bytes. */
  valueEquals(index: number, block: Block): boolean {
    const start = this.valueStart(index);
    const length = this.valueEnd(index) - start;
    if (length !== block.length) return false;
    for (let at = 0; at < length; at++) {
      if (this.bytes[start + at] !== block.bytes[at]) return false;
    }
    return true;
  }

  mark(index: number, bits: number): void {
    const at = index * PER_FIELD + 4;
    this.#fields[at] = (this.#fields[at] as number) | (bits << MARK_SHIFT);
  }
}
