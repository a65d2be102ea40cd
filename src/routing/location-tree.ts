/**
 * Data path. Which location takes a path (semantics.md §1): an exact one, else the longest prefix,
 * and the same again among the locations inside that one; then the first regular expression that
 * matches, unless what took the path so far rules that out. Only regular expressions depend on the
 * order in the file. A look-up of prefixes costs one step per distinct length, not one comparison per
 * location.
 */

import { SLASH } from '#src/bytes/ascii.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Location } from './model.ts';
import { PathTable, WholePaths } from './path-table.ts';

/** The locations of a server by the one they stand in; undefined: in the server itself. */
type ByOuter = ReadonlyMap<Location | undefined, readonly Location[]>;

/** What a look-up has come to, besides the location. */
interface Search {
  /** An exact location or a regular expression has taken the path: no further one is tried. */
  isOver: boolean;
}

interface PatternLocation {
  readonly location: Location;
  readonly pattern: CapturingPattern<Exchange>;
}

export class LocationTree {
  readonly #exact = new WholePaths<Location>();
  /** Prefixes by length, longest first. */
  readonly #levels: readonly PathTable<Location>[];
  /** A location "/": by far the most common last resort. */
  readonly #root: Location | undefined;
  /** By `/dir`: the location `/dir/` that is proxied, to which such a path is redirected. */
  readonly #withoutSlash = new WholePaths<Location>();
  /** In the order of the file. */
  readonly #patterns: readonly PatternLocation[];
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
    const exact = here.filter(({ match }) => match.kind === 'exact');
    const byPath = new Map(exact.map((location) => [location.match.path, location]));
    let root: Location | undefined;
    for (const location of here) {
      const { kind, path } = location.match;
      if (kind === 'named' || kind === 'regex') continue;
      const bare = path.slice(0, -1);
      if (path.endsWith('/') && location.handler.kind === 'proxy' && !paths.has(bare)) {
        // nginx: of two of that path the exact one redirects, whichever is proxied.
        this.#withoutSlash.set(bare, byPath.get(path) ?? location);
      }
      if (kind === 'exact') this.#exact.set(path, location);
      else if (path === '/') root = location;
      else {
        const level = byLength.get(path.length) ?? new PathTable<Location>(path.length);
        byLength.set(path.length, level);
        level.set(path, location);
      }
    }
    this.#root = root;
    this.#levels = [...byLength.values()].sort((a, b) => b.length - a.length);
    this.#patterns = here.flatMap((location) => {
      const { pattern } = location.match;
      return pattern === undefined ? [] : [{ location, pattern }];
    });
    const around = here.filter((location) => byOuter.has(location));
    const inside = around.map((one) => [one, new LocationTree(byOuter, one)] as const);
    this.#inside = inside.length === 0 ? undefined : new Map(inside);
  }

  readonly #state: Search = { isOver: false };

  /**
   * The location for the path of an exchange; undefined when none takes it. What regular expressions
   * on the way captured are the variables of the exchange from then on.
   */
  find(exchange: Exchange): Location | undefined {
    const { pathBytes, pathEnd, pathStart } = exchange.request;
    if (this.#inside === undefined && this.#patterns.length === 0) {
      return (
        this.#exact.find(pathBytes, pathStart, pathEnd) ??
        this.#longest(pathBytes, pathStart, pathEnd)
      );
    }
    const state = this.#state;
    state.isOver = false;
    return this.#search(state, exchange);
  }

  #search(search: Search, exchange: Exchange): Location | undefined {
    const { request } = exchange;
    const { pathBytes, pathEnd, pathStart } = request;
    const exact = this.#exact.find(pathBytes, pathStart, pathEnd);
    if (exact !== undefined) {
      search.isOver = true;
      return exact;
    }
    const longest = this.#longest(pathBytes, pathStart, pathEnd);
    const best = longest && this.#searchInside(longest, search, exchange);
    if (search.isOver || longest?.match.stopsSearch === true) return best;
    for (const { location, pattern } of this.#patterns) {
      const captures = pattern.exec(request.path);
      if (captures === undefined) continue;
      pattern.keep(exchange, captures);
      const inner = this.#searchInside(location, search, exchange);
      search.isOver = true;
      return inner;
    }
    return best;
  }

  /** What takes the path inside a location; that one itself when nothing does. */
  #searchInside(location: Location, search: Search, exchange: Exchange): Location {
    const tree = this.#inside?.get(location);
    return tree === undefined ? location : (tree.#search(search, exchange) ?? location);
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
   * `/dir` is asked for (bytes[start..end)), the location `/dir/` is proxied, and none `/dir` takes
   * it: that location, which redirects to its slash. It comes before any other.
   */
  findWithSlash(bytes: Buffer, start: number, end: number): Location | undefined {
    const found = this.#withoutSlash.find(bytes, start, end);
    if (found !== undefined || this.#inside === undefined) return found;
    if (this.#exact.find(bytes, start, end) !== undefined) return undefined;
    const longest = this.#longest(bytes, start, end);
    return longest && this.#inside.get(longest)?.findWithSlash(bytes, start, end);
  }
}
