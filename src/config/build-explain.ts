/** `explain` and `explain_trusted` → who may ask, on one level. */
import { explainDirectives } from '#src/exchange/explain-directives.ts';
import { type Problems, placeOf } from '#src/schema/problem.ts';
import { compileSettings, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import type { TrustedProxies } from '#src/tables/geo-table.ts';
import { trustedOf } from './build-real-ip.ts';

/** Levels that say nothing of their own share what holds around them. */
const built = new WeakMap<object, TrustedProxies>();

/** Whose `X-Weir-Explain` counts in that level; undefined: nobody's. */
export function buildExplain(scope: Scope, problems: Problems): TrustedProxies | undefined {
  const settings = compileSettings(explainDirectives, scope, problems);
  const { isOn, trusted } = settings;
  if (!isOn || trusted.length === 0) return undefined;
  const known = built.get(settings) ?? trustedOf(trusted);
  built.set(settings, known);
  return known;
}

/** Whether somebody may ask somewhere. Warns when the only thing missing is who. */
export function explainsAnywhere(nodes: readonly ConfigNode[], problems: Problems): boolean {
  const { isOn, trusted } = explainDirectives;
  const on = nodesNamed(isOn.name, nodes).find(({ words }) => words[0]?.text === 'on');
  if (on === undefined) return false;
  if (nodesNamed(trusted.name, nodes).length > 0) return true;
  const advice = `name who may ask, as in "${trusted.name} 192.0.2.0/24;"`;
  problems.warn(placeOf(on), `"${isOn.name} on" has no effect: nobody is trusted`, advice);
  return false;
}

function nodesNamed(name: string, nodes: readonly ConfigNode[]): ConfigNode[] {
  return nodes.flatMap((node) => {
    const inner = nodesNamed(name, node.block ?? []);
    return node.name === name ? [node, ...inner] : inner;
  });
}
