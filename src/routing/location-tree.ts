/**
 * Data path. Which location takes a path (semantics.md §1): an exact one, else the longest prefix,
 * and the same again among the locations inside that one. The order in the file does not matter. A
 * look-up costs one step per distinct prefix length, not one comparison per location.
 */

import { SLASH } from '#src/bytes/ascii.ts';
import type { Location } from './model.ts';
import { PathTable, WholePaths } from './path-table.ts';

/** The locations of a server by the one they stand in; undefined: in the server itself. */
type ByOuter = ReadonlyMap<Location | undefined, readonly Location[]>;

export class LocationTree {
  readonly #exact = new WholePaths<Location>();
  /** Prefixes by length, longest first. */
  readonly #levels: readonly PathTable<Location>[];
  /** A location "/": by far the most common last resort. */
  readonly #root: Location | undefined;
  /** The paths `/dir` whose location `/dir/` is proxied: they are redirected to their slash. */
  readonly #withoutSlash = new WholePaths<true>();
  /** Of the locations that have others inside; undefined when none has. */
  readonly #inside: ReadonlyMap<Location, LocationTree> | undefined;

  /** Of all locations of one server; named ones are left out: no path leads there. */
  static of(locations: readonly Location[]): LocationTree {
    return new LocationTree(
      Map.groupBy(locations, (location) => location.outer),
      undefined,
    );
  }

  private constructor(byOuter: ByOuter, outer: Location | undefined) {
    const here = byOuter.get(outer) ?? [];
    const byLength = new Map<number, PathTable<Location>>();
    // nginx: a location of exactly that path, of either kind, takes it without a detour.
    const paths = new Set(here.map(({ match }) => match.path));
    let root: Location | undefined;
    for (const location of here) {
      const { kind, path } = location.match;
      if (kind === 'named') continue;
      if (kind === 'exact') this.#exact.set(path, location);
      else if (path === '/') root = location;
      else {
        const level = byLength.get(path.length) ?? new PathTable<Location>(path.length);
        byLength.set(path.length, level);
        level.set(path, location);
        const bare = path.slice(0, -1);
        if (path.endsWith('/') && location.handler.kind === 'proxy' && !paths.has(bare)) {
          this.#withoutSlash.set(bare, true);
        }
      }
    }
    this.#root = root;
    this.#levels = [...byLength.values()].sort((a, b) => b.length - a.length);
    const around = here.filter((location) => byOuter.has(location));
    const inside = around.map((one) => [one, new LocationTree(byOuter, one)] as const);
    this.#inside = inside.length === 0 ? undefined : new Map(inside);
  }

  /** The location for the path bytes[start..end); undefined when none takes it. */
  find(bytes: Buffer, start: number, end: number): Location | undefined {
    const exact = this.#exact.find(bytes, start, end);
    if (exact !== undefined) return exact;
    const longest = this.#longest(bytes, start, end);
    if (longest === undefined || this.#inside === undefined) return longest;
    return this.#inside.get(longest)?.find(bytes, start, end) ?? longest;
  }

  #longest(bytes: Buffer, start: number, end: number): Location | undefined {
    const levels = this.#levels;
    for (let at = 0; at < levels.length; at++) {
      const found = (levels[at] as PathTable<Location>).find(bytes, start, end);
      if (found !== undefined) return found;
    }
    return start < end && bytes[start] === SLASH ? this.#root : undefined;
  }

  /**
   * `/dir` is asked for (bytes[start..end)), `/dir/` is proxied, and no location `/dir` takes it: 301
   * to the slash.
   */
  wantsSlash(bytes: Buffer, start: number, end: number): boolean {
    if (this.#withoutSlash.find(bytes, start, end) === true) return true;
    if (this.#inside === undefined) return false;
    const longest = this.#longest(bytes, start, end);
    if (longest === undefined) return false;
    return this.#inside.get(longest)?.wantsSlash(bytes, start, end) === true;
  }
}
