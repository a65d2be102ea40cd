/** `sticky` of an `upstream`: its zone is its own. */
import type { Problems } from '#src/schema/problem.ts';
import type { UpstreamSettings } from '#src/upstream/directives.ts';
import type { StickyConfig } from '#src/upstream/endpoint/sticky-config.ts';
import type { UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** `others`: the upstreams so far. Null: clients are kept nowhere. */
export function buildSticky(
  { sticky }: UpstreamSettings,
  others: readonly UpstreamConfig[],
  problems: Problems,
): StickyConfig | null {
  if (sticky === undefined) return null;
  const { place, zone } = sticky;
  const other = others.find((upstream) => zone && upstream.sticky?.zone?.name === zone.name);
  if (other !== undefined) {
    const message = `sticky zone "${zone?.name}" is already used in upstream "${other.name}"`;
    problems.emerg(place, message, 'sessions of two upstreams have nothing in common');
  }
  return sticky;
}
