/**
 * Data path. Which location takes a path (semantics.md §1): an exact one, else the longest prefix.
 * The order in the file does not matter. A look-up costs one hash per distinct prefix length, not
 * one comparison per location.
 */

import type { Location } from './model.ts';

/** The prefixes of one length. */
interface Level {
  readonly length: number;
  readonly byPrefix: ReadonlyMap<string, Location>;
}

export class LocationTree {
  readonly #exact = new Map<string, Location>();
  /** Longest first. */
  readonly #levels: readonly Level[];
  /** A location "/": by far the most common last resort. */
  readonly #root: Location | undefined;
  /** The paths `/dir` whose location `/dir/` is proxied: they are redirected to their slash. */
  readonly #withoutSlash = new Set<string>();

  constructor(locations: readonly Location[]) {
    const byLength = new Map<number, Map<string, Location>>();
    let root: Location | undefined;
    for (const location of locations) {
      const { kind, path } = location.match;
      if (kind === 'exact') this.#exact.set(path, location);
      else if (path === '/') root = location;
      else {
        const level = byLength.get(path.length) ?? new Map<string, Location>();
        byLength.set(path.length, level.set(path, location));
        if (path.endsWith('/') && location.handler.kind === 'proxy') {
          this.#withoutSlash.add(path.slice(0, -1));
        }
      }
    }
    // nginx: a location of exactly that path, of either kind, takes it without a detour.
    for (const { match } of locations) this.#withoutSlash.delete(match.path);
    this.#root = root;
    this.#levels = [...byLength]
      .map(([length, byPrefix]) => ({ length, byPrefix }))
      .sort((a, b) => b.length - a.length);
  }

  /** Undefined when no location takes the path. */
  find(path: string): Location | undefined {
    if (this.#exact.size > 0) {
      const exact = this.#exact.get(path);
      if (exact !== undefined) return exact;
    }
    for (const { byPrefix, length } of this.#levels) {
      if (length > path.length) continue;
      const found = byPrefix.get(length === path.length ? path : path.substring(0, length));
      if (found !== undefined) return found;
    }
    return path.charCodeAt(0) === SLASH ? this.#root : undefined;
  }

  /** `/dir` is asked for, `/dir/` is proxied, and no location `/dir` takes it: 301 to the slash. */
  wantsSlash(path: string): boolean {
    return this.#withoutSlash.size > 0 && this.#withoutSlash.has(path);
  }
}

const SLASH = 0x2f;
