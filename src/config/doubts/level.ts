/** The blocks of servers and locations, as doubts about them are found. */
import { routingBlocks } from '#src/routing/directives.ts';
import type { LocationMatch } from '#src/routing/model.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';

/** A `location` with what it matches. */
export interface LocationLevel {
  readonly node: ConfigNode;
  readonly scope: Scope;
  readonly match: LocationMatch;
  /** `~*` */
  readonly caseless: boolean;
  /** As written: `~ \.php$`. */
  readonly title: string;
  /** Where its path or regular expression stands. */
  readonly place: Place;
}

/** What looks at one block and may warn. Never refuses anything. */
export type Doubt = (scope: Scope, problems: Problems) => void;

/** The locations that stand in a block, in the order of the file. */
export function locationsIn(around: Scope, problems: Problems): LocationLevel[] {
  const directive = routingBlocks.location;
  return around.own(directive.name).flatMap((node) => {
    const match = parseNode<LocationMatch>(directive, node, around, problems);
    if (node.block === undefined || match === undefined) return [];
    return [
      {
        node,
        scope: around.inside('location', node),
        match,
        caseless: node.words[0]?.text.startsWith('~*') === true,
        title: node.words.map(({ text }) => text).join(' '),
        place: placeOfWord(node, node.words.at(-1)),
      },
    ];
  });
}

/** `line 7`, with the file when it is another one than that of `now`. */
export function lineOf(place: Place, now: Place): string {
  return `line ${place.line}${place.file === now.file ? '' : ` of ${place.file}`}`;
}
