/** Which parts of a configuration some test has come to, and which none has. */

import type { Model } from '#src/config/model.ts';
import type { Location } from '#src/routing/model.ts';
import type { Step } from '#src/routing/rewrite-steps.ts';
import type { Place } from '#src/schema/problem.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { type DirectiveIndex, keyOf } from './directive-index.ts';
import type { Written } from './trace.ts';

/** One kind of part. */
export interface CoverageOf {
  readonly what: 'servers' | 'locations' | 'rules' | 'error pages' | 'map entries';
  readonly count: number;
  readonly untouched: readonly Written[];
}

/** Over all kinds. */
export interface Coverage {
  readonly kinds: readonly CoverageOf[];
  /** 0 to 100; 100 when there is nothing. */
  readonly percent: number;
}

/** `touched`: `keyOf` of what was come to. Rules are `rewrite` and `if` taken, `return` reached. */
export function coverageOf(
  { servers }: Model,
  index: DirectiveIndex,
  touched: ReadonlySet<string>,
): Coverage {
  const locations = servers.flatMap((server) => server.locations);
  const levels: Location[] = [...servers.map(({ fallback }) => fallback), ...locations];
  const kinds = [
    kindOf(
      'servers',
      servers.map(({ place }) => place),
      index,
      touched,
    ),
    kindOf(
      'locations',
      locations.map(({ place }) => place),
      index,
      touched,
    ),
    kindOf(
      'rules',
      levels.flatMap((level) => rulesOf(level, index)),
      index,
      touched,
    ),
    kindOf('error pages', index.named('error_page'), index, touched),
    kindOf('map entries', index.named('map').flatMap(entriesOf), index, touched),
  ].filter(({ count }) => count > 0);
  const count = sum(kinds.map((kind) => kind.count));
  const missing = sum(kinds.map(({ untouched }) => untouched.length));
  return { kinds, percent: count === 0 ? 100 : Math.floor((100 * (count - missing)) / count) };
}

function kindOf(
  what: CoverageOf['what'],
  places: readonly Place[],
  index: DirectiveIndex,
  touched: ReadonlySet<string>,
): CoverageOf {
  // What is included twice, or inherited, is one part.
  const parts = new Map(places.map((place) => [keyOf(place), place]));
  const untouched = [...parts].filter(([key]) => !touched.has(key));
  return {
    what,
    count: parts.size,
    untouched: untouched.map(([, { column, file, line }]) => {
      const place = { file, line, column };
      return { text: index.textAt(place), place };
    }),
  };
}

/** The lines of a `map` that give a value; what one word says is about all of them. */
function entriesOf({ block = [] }: ConfigNode): readonly Place[] {
  return block.filter(({ words }) => words.length > 0);
}

function rulesOf({ handler, place, rewrites }: Location, index: DirectiveIndex): readonly Place[] {
  if (rewrites !== undefined) return rulesIn(rewrites.steps);
  return handler.kind === 'return' ? index.ownIn(place, 'return').slice(0, 1) : [];
}

function rulesIn(steps: readonly Step[]): readonly Place[] {
  return steps.flatMap((step) => {
    const inner = step.kind === 'if' ? rulesIn(step.steps) : [];
    return RULES.has(step.kind) ? [step.place, ...inner] : inner;
  });
}

const RULES: ReadonlySet<Step['kind']> = new Set(['rewrite', 'if', 'return']);

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
