/**
 * Data path. How a forwarded head differs from the one that came: which fields are left out, and
 * which are put in front. Compiled per location; every protocol's encoder reads it.
 */

import { COLON, SPACE } from '#src/bytes/ascii.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { fieldId, fieldIdOf, KNOWN_FIELDS } from './field-names.ts';
import { type HeaderMap, MARK_DROP } from './header-map.ts';

/** Beside those of header-map.ts: goes on although its id is one that is left out. */
export const MARK_PASSED = 4;

/** What nginx keeps from the client: its own fields stand for Date and Server, X-Accel-* is for it. */
export const HIDDEN_IDS: readonly number[] = (
  [
    'date',
    'server',
    'x-pad',
    'x-accel-buffering',
    'x-accel-charset',
    'x-accel-expires',
    'x-accel-limit-rate',
    'x-accel-redirect',
  ] as const
).map(fieldId);

export class FieldEdits {
  /** Per known id: 1 leaves the field out. Id 0 (unknown names) stays 0. */
  readonly dropIds = new Uint8Array(KNOWN_FIELDS.length);
  /** Names without an id that are left out, in lower case. */
  readonly dropNames: readonly string[];

  constructor(ids: Iterable<number>, names: Iterable<string>) {
    const unknown: string[] = [];
    for (const id of ids) this.dropIds[id] = 1;
    for (const name of names) {
      const id = fieldIdOf(name);
      if (id === 0) unknown.push(name.toLowerCase());
      else this.dropIds[id] = 1;
    }
    this.dropNames = unknown;
  }

  /** Whether the field at that index goes on. */
  keeps(fields: HeaderMap, index: number): boolean {
    const id = fields.idAt(index);
    const marks = fields.marksAt(index);
    if ((marks & MARK_DROP) !== 0) return false;
    if (this.dropIds[id] === 1) return (marks & MARK_PASSED) !== 0;
    if (id !== 0 || this.dropNames.length === 0) return true;
    for (const name of this.dropNames) if (fields.nameEquals(index, name)) return false;
    return true;
  }
}

/** Lines `Name: value␍␊` that we put into a request: filled anew, read before the next. */
export class AddedLines extends ByteWriter {
  constructor() {
    super(FIRST_BYTES);
  }

  clear(): void {
    this.at = 0;
  }

  /** Name and value must be clean (no CR, LF, NUL), one char per byte. */
  add(name: string, value: string): void {
    this.reserve(name.length + value.length + BESIDE_BYTES);
    this.text(name);
    this.byte(COLON);
    this.byte(SPACE);
    this.text(value);
    this.crlf();
  }
}

/** `: ` and CRLF. */
const BESIDE_BYTES = 4;
const FIRST_BYTES = 1024;
