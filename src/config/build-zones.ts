/** `zone` of `upstream` blocks: how many places for servers each of them has. */
import { parseSize } from '#src/base/units.ts';
import type { Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { upstreamDirectives } from '#src/upstream/directives.ts';
import { placesIn, type ZoneArgument } from '#src/upstream/zone-argument.ts';

/** Several blocks may name one zone, and one of them, wherever it stands, says how large it is. */
export class UpstreamZones {
  /** By name; the first size of each. */
  readonly #sizes = new Map<string, number>();

  /** `nodes`: all `upstream` blocks. */
  constructor(nodes: readonly ConfigNode[]) {
    for (const { name, words } of nodes.flatMap(({ block }) => block ?? [])) {
      const [zone, size] = words;
      if (name !== upstreamDirectives.zones.name || size === undefined) continue;
      const bytes = parseSize(size.text);
      if (zone !== undefined && bytes !== undefined && !this.#sizes.has(zone.text)) {
        this.#sizes.set(zone.text, bytes);
      }
    }
  }

  /** Places of an upstream with so many servers of its own; undefined: it has no zone. */
  slotsOf(scope: Scope, serverCount: number, problems: Problems): number | undefined {
    const directive = upstreamDirectives.zones;
    let slots: number | undefined;
    for (const node of scope.occurrences(directive)) {
      const zone = parseNode<ZoneArgument>(directive, node, scope, problems);
      if (zone !== undefined) slots = Math.max(serverCount, this.#placesOf(zone, problems));
    }
    return slots;
  }

  #placesOf({ bytes, name, place }: ZoneArgument, problems: Problems): number {
    const known = this.#sizes.get(name);
    if (known === undefined) {
      const advice = `write a size in one of the "zone" lines of that name, as in "zone ${name} 64k;"`;
      problems.emerg(place, `zero size shared memory zone "${name}"`, advice);
      return 0;
    }
    if (bytes !== null && bytes !== known) {
      problems.emerg(
        place,
        `the size ${bytes} of shared memory zone "${name}" conflicts with already declared size ${known}`,
        'write the same size, or none',
      );
    }
    return placesIn(known);
  }
}
