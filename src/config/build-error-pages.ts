/** `error_page` lines → what becomes of each status in one location. */
import { errorPageDirectives, routingBlocks } from '#src/routing/directives.ts';
import type { ErrorPageArgument } from '#src/routing/error-page-argument.ts';
import type { ErrorPage, ErrorPages } from '#src/routing/model.ts';
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord } from '#src/schema/tree.ts';

const NONE: ErrorPages = { byStatus: undefined, isRecursive: false };
const RECURSIVE: ErrorPages = { byStatus: undefined, isRecursive: true };

/** Compiles one level; a named location must be one of the same server. */
export function buildErrorPages(scope: Scope, problems: Problems): ErrorPages {
  const { recursiveErrorPages } = compileSettings(errorPageDirectives, scope, problems);
  const directive = errorPageDirectives.errorPages;
  const nodes = scope.occurrences(directive);
  if (nodes.length === 0) return recursiveErrorPages ? RECURSIVE : NONE;
  const byStatus = new Map<number, ErrorPage>();
  for (const node of nodes) {
    const line = parseNode<ErrorPageArgument>(directive, node, scope, problems);
    if (line === undefined) continue;
    const { page, statuses, target } = line;
    if (page.kind === 'named' && !isKnown(target.text, scope)) {
      const message = `could not find named location "${target.text}" in this server`;
      const advice = didYouMean(target.text, namedIn(scope));
      problems.emerg(placeOfWord(node, target), message, advice);
    }
    for (const status of statuses) {
      // As in nginx, of several lines for one status the first counts.
      if (!byStatus.has(status)) byStatus.set(status, page);
    }
  }
  return {
    byStatus: byStatus.size === 0 ? undefined : byStatus,
    isRecursive: recursiveErrorPages,
  };
}

function isKnown(name: string, scope: Scope): boolean {
  return namedIn(scope).includes(name);
}

/** The named locations of the server around a level. */
function namedIn(scope: Scope): string[] {
  let server: Scope | undefined = scope;
  while (server !== undefined && server.context !== 'server') server = server.parent;
  const nodes = server?.own(routingBlocks.location.name) ?? [];
  return nodes.flatMap(({ words }) => {
    const [first] = words;
    return words.length === 1 && first?.text.startsWith('@') === true ? [first.text] : [];
  });
}
