/** `if` in a location that holds more than it can be trusted with. */
import { rewriteDirectives } from '#src/routing/rewrite-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';

const { rewrite, set, break: breaks } = rewriteDirectives;
/** What nginx runs in the order of the file. */
const SAFE: ReadonlySet<string> = new Set(['return', rewrite.name, set.name, breaks.name, 'if']);

/** Warns of settings in an `if` of this location: they replace the location, and the last one wins. */
export function doubtIfs(location: Scope, problems: Problems): void {
  if (location.context !== 'location') return;
  for (const node of location.own(rewriteDirectives.ifInLocation.name)) {
    const { block = [] } = node;
    // What answers at once answers with the settings beside it.
    if (block.some(({ name }) => name === 'return')) continue;
    for (const inner of block) {
      if (SAFE.has(inner.name)) continue;
      const message = `"${inner.name}" in "if" of a location: while the condition holds, this block stands in for the location, and of several that hold only the last one counts`;
      const advice =
        'choose by "map" and a variable, or "return" and "rewrite" to another location';
      problems.warn(inner, message, advice);
    }
  }
}
