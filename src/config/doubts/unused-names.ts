/** Named locations that nothing leads to. */
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { locationsIn } from './level.ts';

/** Warns of each `location @name` whose name stands nowhere else in its server or around it. */
export function doubtUnusedNames(server: Scope, problems: Problems): void {
  if (server.context !== 'server') return;
  const named = locationsIn(server, problems).filter(({ match }) => match.kind === 'named');
  if (named.length === 0) return;
  const used = new Set<string>();
  // A server inherits `error_page` from `http`; what stands in other servers does no harm here.
  for (let scope: Scope | undefined = server; scope !== undefined; scope = scope.parent) {
    collectNames(scope.nodes, used);
  }
  // `error_page 404 $where;` may lead anywhere.
  if (used.has(ANYWHERE)) return;
  for (const { match, place } of named) {
    if (used.has(match.path)) continue;
    const message = `location "${match.path}" is never reached: nothing leads to it`;
    problems.warn(place, message, `write "error_page 502 ${match.path};" where it should be used`);
  }
}

const ANYWHERE = '$';

function collectNames(nodes: readonly ConfigNode[], used: Set<string>): void {
  for (const { name, words, block = [] } of nodes) {
    if (name === 'location' && words[0]?.text.startsWith('@') === true) {
      collectNames(block, used);
      continue;
    }
    for (const { text } of words) if (text.startsWith('@')) used.add(text);
    const target = words.at(-1)?.text;
    if (name === 'error_page' && target?.startsWith('$') === true) used.add(ANYWHERE);
    collectNames(block, used);
  }
}
