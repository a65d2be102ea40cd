/**
 * Why a location took a path, and why the others did not. The decision is the router's; here it is
 * put into words, from what was matched and from which regular expressions were tried.
 */

import type { Location } from '#src/routing/model.ts';

/** A location with the reason. */
export interface LocationVerdict {
  readonly location: Location;
  readonly because: string;
  /** It begins like the path, or is a regular expression: worth a look. */
  readonly isNear: boolean;
}

/** What a look-up for a path has come to. */
export interface LocationSearch {
  /** Of the server, inner and named ones too. */
  readonly locations: readonly Location[];
  readonly path: string;
  readonly chosen: Location;
  /** The regular expressions that were tried, and whether they matched. */
  readonly tried: ReadonlyMap<Location, boolean>;
}

/** Paths hold one char per byte; people read them as UTF-8. */
export function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** As written: `= /x`, `^~ /x`, `~ \.php$`. */
export function nameOf({ match }: Location): string {
  const { kind, pattern, stopsSearch } = match;
  const path = utf8(match.path);
  if (kind === 'exact') return `= ${path}`;
  if (pattern !== undefined) return `~ ${path}`;
  return kind === 'prefix' && stopsSearch ? `^~ ${path}` : path;
}

/** Why the chosen one was. */
export function reasonFor(search: LocationSearch): string {
  const { chosen, tried } = search;
  const path = utf8(search.path);
  const { kind, stopsSearch } = chosen.match;
  if (!search.locations.includes(chosen)) return `no location takes "${path}"`;
  const inside = chosen.outer === undefined ? '' : `, inside "${nameOf(chosen.outer)}"`;
  if (kind === 'exact') return `it is exactly "${path}"${inside}`;
  if (kind === 'regex') return `the first regular expression that matches "${path}"${inside}`;
  const longest = `the longest prefix of "${path}"${inside}`;
  if (stopsSearch) return `${longest}; ^~: no regular expression is tried`;
  return tried.size > 0 ? `${longest}; no regular expression matched` : longest;
}

/** Why each of the others was not; named ones are left out: no path leads there. */
export function reasonsAgainst(search: LocationSearch): readonly LocationVerdict[] {
  const reasons = new Reasons(search);
  return search.locations.flatMap((location) => {
    if (location === search.chosen || location.match.kind === 'named') return [];
    const { kind, path } = location.match;
    const isNear = kind === 'regex' || (kind === 'prefix' && search.path.startsWith(path));
    return [{ location, because: reasons.against(location), isNear }];
  });
}

/** What could take the path of those that stand in one location, or in the server itself. */
interface Level {
  exact: Location | undefined;
  longest: Location | undefined;
  /** The first regular expression that matched. */
  matched: Location | undefined;
}

const NOTHING: Level = { exact: undefined, longest: undefined, matched: undefined };

class Reasons {
  readonly #search: LocationSearch;
  readonly #levels = new Map<Location | undefined, Level>();

  constructor(search: LocationSearch) {
    this.#search = search;
    for (const location of search.locations) this.#enter(location);
  }

  #enter(location: Location): void {
    const { path, tried } = this.#search;
    const level = this.#levels.get(location.outer) ?? { ...NOTHING };
    this.#levels.set(location.outer, level);
    const { match } = location;
    if (match.kind === 'exact' && match.path === path) level.exact = location;
    if (match.kind === 'regex' && tried.get(location) === true) level.matched ??= location;
    if (match.kind !== 'prefix' || !path.startsWith(match.path)) return;
    const { longest } = level;
    if (longest === undefined || match.path.length > longest.match.path.length) {
      level.longest = location;
    }
  }

  #levelOf({ outer }: Location): Level {
    return this.#levels.get(outer) ?? NOTHING;
  }

  against(location: Location): string {
    const { outer } = location;
    if (outer !== undefined && !this.#wasLookedInto(outer)) {
      return `it is inside "${nameOf(outer)}", which did not take the path`;
    }
    switch (location.match.kind) {
      case 'exact':
        return 'the path is not exactly that';
      case 'regex':
        return this.#againstRegex(location);
      default:
        return this.#againstPrefix(location);
    }
  }

  /** Whether the locations in it were asked. */
  #wasLookedInto(location: Location): boolean {
    const { outer } = location;
    if (outer !== undefined && !this.#wasLookedInto(outer)) return false;
    if (location.match.kind === 'regex') return this.#search.tried.get(location) === true;
    const { exact, longest } = this.#levelOf(location);
    return longest === location && exact === undefined;
  }

  #againstPrefix(location: Location): string {
    const { chosen, path } = this.#search;
    if (!path.startsWith(location.match.path)) return 'the path does not begin so';
    const { exact, longest } = this.#levelOf(location);
    if (exact !== undefined) return `"${nameOf(exact)}" is exactly the path`;
    if (longest !== undefined && longest !== location) return `"${nameOf(longest)}" is longer`;
    const name = `"${nameOf(chosen)}"`;
    for (let { outer } = chosen; outer !== undefined; { outer } = outer) {
      if (outer === location) return `the longest prefix, but ${name} inside it took the path`;
    }
    return `the longest prefix, but ${name} matched, and regular expressions come before it`;
  }

  #againstRegex(location: Location): string {
    const { chosen, tried } = this.#search;
    const name = `"${nameOf(chosen)}"`;
    if (tried.get(location) === false) return 'it does not match';
    if (tried.get(location) === true) return `it matched, and ${name} inside it took the path`;
    const { exact, longest, matched } = this.#levelOf(location);
    if (exact !== undefined) return `not tried: "${nameOf(exact)}" is exactly the path`;
    if (longest?.match.stopsSearch === true) {
      return `not tried: ^~ of "${nameOf(longest)}" stops the search`;
    }
    if (matched !== undefined) return `not tried: "${nameOf(matched)}" before it matched`;
    return `not tried: ${name} had taken the path`;
  }
}
