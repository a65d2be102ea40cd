/** `set_real_ip_from` and its like → what finds the client's address on one level. */
import { RealIp } from '#src/exchange/real-ip.ts';
import { realIpDirectives, type TrustedSource } from '#src/exchange/real-ip-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { GeoNetworks } from '#src/tables/geo-networks.ts';
import { TrustedProxies } from '#src/tables/geo-table.ts';

/** Levels that say nothing of their own share the settings of the level around them. */
const built = new WeakMap<object, RealIp>();

/** What holds in that level; undefined where nobody is trusted. */
export function buildRealIp(scope: Scope, problems: Problems): RealIp | undefined {
  const settings = compileSettings(realIpDirectives, scope, problems);
  const { from, isRecursive, source } = settings;
  if (from.length === 0) return undefined;
  const known = built.get(settings);
  if (known !== undefined) return known;
  const realIp = new RealIp(trustedOf(from), source, isRecursive);
  built.set(settings, realIp);
  return realIp;
}

/** All of them together. */
export function trustedOf(sources: readonly TrustedSource[]): TrustedProxies {
  const networks = new GeoNetworks();
  for (const network of sources.flatMap((one) => (one === 'unix' ? [] : one)))
    networks.add(network, 1);
  const [v4, v6] = [networks.finishIpv4(), networks.finishIpv6()];
  return new TrustedProxies(v4, v6, sources.includes('unix'));
}

/** Whether some level changes the addresses of clients: then they are not those of connections. */
export function changesAddresses(nodes: readonly ConfigNode[]): boolean {
  const { name } = realIpDirectives.from;
  return nodes.some((node) => node.name === name || changesAddresses(node.block ?? []));
}
