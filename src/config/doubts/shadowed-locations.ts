/** Locations that no request can reach, as far as that can be proved. */
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import { type LocationLevel, lineOf, locationsIn } from './level.ts';
import { type Branches, branchesOf, covers, staysUnder, takesPrefix } from './pattern-cover.ts';

interface PatternLevel {
  readonly location: LocationLevel;
  readonly branches: Branches;
}

/** Warns of what stands in this block behind something that takes all of its paths. */
export function doubtShadowedLocations(around: Scope, problems: Problems): void {
  const locations = locationsIn(around, problems);
  const patterns = locations.flatMap((location): PatternLevel[] => {
    const { match, caseless } = location;
    if (match.kind !== 'regex') return [];
    return [{ location, branches: branchesOf(match.path, caseless) }];
  });
  if (patterns.length === 0) return;
  const prefixes = locations.filter(({ match }) => match.kind === 'prefix');
  for (const [i, pattern] of patterns.entries()) {
    if (doubtPatternBehind(pattern, patterns.slice(0, i), problems)) continue;
    doubtUnderFirmPrefix(pattern, prefixes, problems);
  }
  for (const prefix of prefixes) doubtPrefix(prefix, patterns, problems);
}

function doubtPatternBehind(
  { location, branches }: PatternLevel,
  before: readonly PatternLevel[],
  problems: Problems,
): boolean {
  const taker = before.find((one) => {
    // Every path begins with "/".
    const takesAll = takesPrefix(one.branches, '/');
    return takesAll || isSame(one.location, location) || covers(one.branches, branches);
  });
  if (taker === undefined) return false;
  const message = neverReached(location, taker.location, 'comes first and takes all of its paths');
  problems.warn(location.place, message, 'put it before that one, or take it out');
  return true;
}

function isSame(one: LocationLevel, other: LocationLevel): boolean {
  return one.match.path === other.match.path && (one.caseless || !other.caseless);
}

/** `^~ /x/` keeps regular expressions from what is under it, unless a longer prefix has it. */
function doubtUnderFirmPrefix(
  { location, branches }: PatternLevel,
  prefixes: readonly LocationLevel[],
  problems: Problems,
): void {
  const taker = prefixes.find(({ match }) => {
    if (!match.stopsSearch || !staysUnder(branches, match.path)) return false;
    return !prefixes.some(({ match: other }) => {
      return !other.stopsSearch && other.path.startsWith(match.path);
    });
  });
  if (taker === undefined) return;
  const message = neverReached(location, taker, 'has "^~", so that nothing else is tried under it');
  problems.warn(location.place, message, 'put it inside that one, or take "^~" away there');
}

/** A regular expression wins over a prefix without `^~`, wherever it stands. */
function doubtPrefix(
  prefix: LocationLevel,
  patterns: readonly PatternLevel[],
  problems: Problems,
): void {
  const { match, scope } = prefix;
  if (match.stopsSearch || scope.own('location').length > 0) return;
  const taker = patterns.find(({ branches }) => takesPrefix(branches, match.path));
  if (taker === undefined) return;
  const message = neverReached(prefix, taker.location, 'matches all of its paths and wins');
  problems.warn(prefix.place, message, 'write "^~" before its path if it should win');
}

function neverReached(location: LocationLevel, taker: LocationLevel, why: string): string {
  const where = lineOf(taker.node, location.node);
  return `location "${location.title}" is never reached: "${taker.title}" in ${where} ${why}`;
}
