/** How an upstream balances: the directive of a policy, and what does not go with it. */
import { functionBalancerDirectives } from '#src/functions/directives.ts';
import type { Directive } from '#src/schema/directive.ts';
import type { FunctionRef } from '#src/schema/function-ref.ts';
import type { Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import type { UpstreamSettings } from '#src/upstream/directives.ts';
import {
  type EndpointConfig,
  type PolicyConfig,
  USUAL_POLICY,
} from '#src/upstream/endpoint/upstream-config.ts';
import { type PolicyChoice, policyDirectives } from '#src/upstream/policy-directives.ts';

/** Of policies, and of the function that stands for one. */
const { balancer } = functionBalancerDirectives;
const DIRECTIVES: readonly Directive<PolicyChoice | FunctionRef>[] = [
  ...Object.values(policyDirectives),
  balancer,
];

/** Reports what is wrong; the last directive counts, as in nginx. */
export function buildPolicy(
  scope: Scope,
  { degradedPercent, locality = '', panicPercent }: UpstreamSettings,
  endpoints: readonly EndpointConfig[],
  problems: Problems,
): PolicyConfig {
  const found = DIRECTIVES.flatMap((directive) =>
    scope.own(directive.name).map((node) => ({ directive, node })),
  );
  found.sort((a, b) => a.node.line - b.node.line || a.node.column - b.node.column);
  let choice: PolicyChoice = USUAL_POLICY;
  for (const [at, { directive, node }] of found.entries()) {
    if (at > 0) {
      const before = found[at - 1]?.node.name;
      problems.warn(node, `load balancing method redefined: "${node.name}" replaces "${before}"`);
    }
    choice = choiceOf(directive, node, scope, problems) ?? choice;
  }
  const last = found.at(-1);
  if (last !== undefined && !balancerNamed(last.directive.name).takesBackup) {
    for (const { place, tier } of endpoints) {
      if (tier === 0) continue;
      const message = `balancing method "${last.directive.name}" does not support parameter "backup"`;
      problems.emerg(
        place,
        message,
        'it sends each key to an endpoint of its own, whoever else waits',
      );
    }
  }
  if (locality !== '' && endpoints.every((endpoint) => endpoint.locality !== locality)) {
    const [node] = scope.own('prefer_locality');
    const message = `no server of the upstream has "locality=${locality}"`;
    if (node !== undefined) problems.warn(node, message, 'all of them are alike then');
  }
  return {
    ...choice,
    panicShare: panicPercent / 100,
    degradedShare: degradedPercent / 100,
    locality,
  };
}

function choiceOf(
  directive: Directive<PolicyChoice | FunctionRef>,
  node: ConfigNode,
  scope: Scope,
  problems: Problems,
): PolicyChoice | undefined {
  if (directive !== balancer) {
    return parseNode<PolicyChoice>(directive as Directive<PolicyChoice>, node, scope, problems);
  }
  const run = parseNode<FunctionRef>(balancer, node, scope, problems);
  return run && { ...USUAL_POLICY, name: balancer.name, function: run };
}
