/**
 * Data path. Paths of one length and what they lead to. Few are compared one by one, as bytes: a
 * look-up in a Map needs a string and interns it, which costs more than eight comparisons, and the
 * keys are the client's.
 */

import { latin1 } from '#src/bytes/latin1.ts';

/** Up to so many are compared. */
const MAX_COMPARED = 8;

export class PathTable<T> {
  readonly length: number;
  readonly #paths: Buffer[] = [];
  readonly #values: T[] = [];
  readonly #byPath = new Map<string, T>();

  /** All its paths have this length. */
  constructor(length: number) {
    this.length = length;
  }

  /** A later value for the same path replaces the earlier one. */
  set(path: string, value: T): void {
    const bytes = Buffer.from(path, 'latin1');
    const at = this.#paths.findIndex((other) => other.equals(bytes));
    this.#paths[at < 0 ? this.#paths.length : at] = bytes;
    this.#values[at < 0 ? this.#values.length : at] = value;
    this.#byPath.set(path, value);
  }

  /** The value for the first `length` bytes of the path bytes[start..end); undefined without one. */
  find(bytes: Buffer, start: number, end: number): T | undefined {
    const { length } = this;
    if (end - start < length) return undefined;
    const paths = this.#paths;
    if (paths.length > MAX_COMPARED) {
      return this.#byPath.get(latin1(bytes, start, start + length));
    }
    for (let at = 0; at < paths.length; at++) {
      if (startsWith(bytes, start, paths[at] as Buffer, length)) return this.#values[at];
    }
    return undefined;
  }
}

function startsWith(bytes: Buffer, start: number, prefix: Buffer, length: number): boolean {
  for (let at = 0; at < length; at++) {
    if (bytes[start + at] !== prefix[at]) return false;
  }
  return true;
}

/** Paths of any length, each asked for as a whole. */
export class WholePaths<T> {
  /** Index = length. */
  readonly #tables: (PathTable<T> | undefined)[] = [];

  set(path: string, value: T): void {
    const table = this.#tables[path.length] ?? new PathTable<T>(path.length);
    this.#tables[path.length] = table;
    table.set(path, value);
  }

  find(bytes: Buffer, start: number, end: number): T | undefined {
    const length = end - start;
    return length < this.#tables.length ? this.#tables[length]?.find(bytes, start, end) : undefined;
  }
}
