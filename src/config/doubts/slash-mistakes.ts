/** The two classic mistakes with slashes in `proxy_pass` (semantics.md §2). */
import { proxyPassDirectives } from '#src/proxy/directives.ts';
import type { ProxyPassArgument } from '#src/proxy/proxy-arguments.ts';
import { rewriteDirectives } from '#src/routing/rewrite-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { placeOfWord } from '#src/schema/tree.ts';
import { locationsIn } from './level.ts';

/** Warns where the path of a location and the URI of its `proxy_pass` do not end alike. */
export function doubtSlashes(around: Scope, problems: Problems): void {
  for (const { scope, match } of locationsIn(around, problems)) {
    const [node] = scope.own(proxyPassDirectives.pass.name);
    if (node === undefined || match.kind !== 'prefix' || dropsUri(scope)) continue;
    const pass = parseNode<ProxyPassArgument>(proxyPassDirectives.pass, node, scope, problems);
    const uri = pass?.uri;
    // Behind a "?" the rest of the path is meant to be a part of the query; with variables nothing is added.
    if (uri === undefined || /[?$]/.test(uri)) continue;
    const [closesPath, closesUri] = [match.path.endsWith('/'), uri.endsWith('/')];
    if (closesPath === closesUri) continue;
    const asked = `${match.path}${closesPath ? '' : '/'}x`;
    const sent = `${uri}${asked.slice(match.path.length)}`;
    const message = `"proxy_pass" turns ${asked} into ${sent}`;
    const wanted = closesPath ? `${uri}/` : uri.slice(0, -1);
    const end = wanted === '' ? 'end both with "/"' : `end both with "/" or neither`;
    problems.warn(
      placeOfWord(node, node.words[0]),
      message,
      `${end}: here "${match.path}" and "${uri}"`,
    );
  }
}

/** After `rewrite … break` the URI of `proxy_pass` is not used. */
function dropsUri(scope: Scope): boolean {
  return scope.own(rewriteDirectives.rewrite.name).some(({ words }) => words[2]?.text === 'break');
}
