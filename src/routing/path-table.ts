/**
 * Data path. Paths of one length and what they lead to. Few are compared one by one: a look-up in a
 * Map interns its key first, which costs more than eight comparisons, and the keys are the client's.
 */

/** Up to so many are compared. */
const MAX_COMPARED = 8;

export class PathTable<T> {
  readonly length: number;
  readonly #paths: string[] = [];
  readonly #values: T[] = [];
  readonly #byPath = new Map<string, T>();

  /** All its paths have this length. */
  constructor(length: number) {
    this.length = length;
  }

  /** A later value for the same path replaces the earlier one. */
  set(path: string, value: T): void {
    const at = this.#paths.indexOf(path);
    this.#paths[at < 0 ? this.#paths.length : at] = path;
    this.#values[at < 0 ? this.#values.length : at] = value;
    this.#byPath.set(path, value);
  }

  /** The value for the first `length` characters of a path; undefined when there is none. */
  find(path: string): T | undefined {
    if (path.length < this.length) return undefined;
    const paths = this.#paths;
    if (paths.length > MAX_COMPARED) {
      const isWhole = path.length === this.length;
      return this.#byPath.get(isWhole ? path : path.substring(0, this.length));
    }
    for (let at = 0; at < paths.length; at++) {
      if (path.startsWith(paths[at] as string)) return this.#values[at];
    }
    return undefined;
  }
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

  find(path: string): T | undefined {
    return path.length < this.#tables.length ? this.#tables[path.length]?.find(path) : undefined;
  }
}
