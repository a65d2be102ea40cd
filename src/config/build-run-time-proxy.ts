/** `proxy_pass` with variables: what can be known of it when the configuration loads. */
import { isIP } from 'node:net';
import type { ProxyPassArgument } from '#src/proxy/proxy-arguments.ts';
import type { ProxyHandler } from '#src/routing/model.ts';
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import { upstreamDirectives } from '#src/upstream/directives.ts';
import { hostNameOf } from '#src/upstream/resolve-address.ts';
import { resolverDirectives } from '#src/upstream/resolver-directives.ts';
import { poolOf, type UpstreamList } from './build-upstreams.ts';

/** The handler of a location with such a `proxy_pass`; undefined when it has problems. */
export function buildRunTimeProxy(
  pass: ProxyPassArgument,
  scope: Scope,
  upstreams: UpstreamList,
  node: ConfigNode,
  problems: Problems,
): ProxyHandler | undefined {
  if (pass.url === undefined) return undefined;
  const { resolver, resolverTimeoutMs } = compileSettings(resolverDirectives, scope, problems);
  const host = writtenHost(pass.word.text);
  if (host !== undefined && resolver === undefined && upstreams.placeOf(host) === undefined) {
    const message = `no resolver defined to resolve "${host}"`;
    const advice =
      'a "proxy_pass" with variables looks its host up when a request comes: add "resolver"';
    problems.warn(placeOfWord(node, pass.word), message, advice);
  }
  const pool = poolOf(compileSettings(upstreamDirectives, scope, problems));
  return {
    kind: 'proxy',
    upstream: undefined,
    target: { url: pass.url, resolver, resolverTimeoutMs, pool },
    uri: undefined,
    hostHeader: '',
    port: '',
  };
}

/** The host name, when it stands before the first variable. */
function writtenHost(text: string): string | undefined {
  const authority = /^http:\/\/([^/?#$]+)(?:[/?#]|\$(?:request_|document_)?uri$)/i.exec(text)?.[1];
  const host = authority === undefined ? undefined : hostNameOf(authority);
  return host === undefined || isIP(host) !== 0 ? undefined : host;
}
