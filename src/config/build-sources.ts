/** Where an upstream learns endpoints while it runs: `server … resolve` and `provider`. */
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { upstreamDirectives } from '#src/upstream/directives.ts';
import { dnsSourceOf, isLookedUp } from '#src/upstream/discovery/dns-source-config.ts';
import { providerDirectives } from '#src/upstream/discovery/provider-directives.ts';
import type { SourceConfig } from '#src/upstream/endpoint/source-config.ts';
import { resolverDirectives } from '#src/upstream/resolver-directives.ts';
import type { ServerArgument } from '#src/upstream/server-argument.ts';

/** `scope` is that of an `upstream` block. */
export function buildSources(scope: Scope, problems: Problems): readonly SourceConfig[] {
  const { tools } = scope;
  const around = compileSettings(resolverDirectives, scope, problems);
  const directive = upstreamDirectives.servers;
  const fromDns = scope.occurrences(directive).flatMap((node) => {
    const server = parseNode<ServerArgument>(directive, node, scope, problems);
    if (server === undefined || !isLookedUp(server)) return [];
    return dnsSourceOf(server, around, { node, problems, tools }) ?? [];
  });
  const { providers } = compileSettings(providerDirectives, scope, problems);
  return [...fromDns, ...providers];
}
