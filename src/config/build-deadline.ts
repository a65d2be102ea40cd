/** `proxy_deadline_header` and `proxy_deadline_trusted` → whose deadlines hold, on one level. */
import type { ClientDeadline } from '#src/proxy/client-deadline.ts';
import type { ProxySettings } from '#src/proxy/directives.ts';
import { tryDirectives } from '#src/proxy/try-directives.ts';
import { type Problems, placeOf } from '#src/schema/problem.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { trustedOf } from './build-real-ip.ts';

/** Levels that say nothing of their own share what holds around them. */
const built = new WeakMap<ProxySettings, ClientDeadline>();

/** Undefined: clients set none. */
export function buildDeadline(proxy: ProxySettings): ClientDeadline | undefined {
  const { deadlineHeader, deadlineTrusted } = proxy;
  if (deadlineHeader === 'off' || deadlineTrusted.length === 0) return undefined;
  const known = built.get(proxy) ?? {
    field: deadlineHeader.name.toLowerCase(),
    trusted: trustedOf(deadlineTrusted),
  };
  built.set(proxy, known);
  return known;
}

/** Warns where a field is named, and nobody whose word would count. */
export function checkDeadlines(nodes: readonly ConfigNode[], problems: Problems): void {
  const { deadlineHeader, deadlineTrusted } = tryDirectives;
  const header = firstOf(nodes, deadlineHeader.name, ({ words }) => words[0]?.text !== 'off');
  if (header === undefined || firstOf(nodes, deadlineTrusted.name) !== undefined) return;
  const advice = `name who may set one, as in "${deadlineTrusted.name} 192.0.2.0/24;"`;
  const message = `"${deadlineHeader.name}" has no effect: nobody is trusted`;
  problems.warn(placeOf(header), message, advice);
}

function firstOf(
  nodes: readonly ConfigNode[],
  name: string,
  fits: (node: ConfigNode) => boolean = () => true,
): ConfigNode | undefined {
  for (const node of nodes) {
    if (node.name === name && fits(node)) return node;
    const inner = firstOf(node.block ?? [], name, fits);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
