/** `rewrite`, `set`, `if`, `break` and `return` of one level → its steps, in the order of the file. */

import type { Condition } from '#src/routing/condition.ts';
import { handlerDirectives } from '#src/routing/directives.ts';
import type { Location, ReturnHandler } from '#src/routing/model.ts';
import { rewriteDirectives, rewriteLogDirectives } from '#src/routing/rewrite-directives.ts';
import type {
  RewriteStep,
  Rewrites,
  SetArgsStep,
  SetStep,
  Step,
  StepAction,
} from '#src/routing/rewrite-steps.ts';
import type { Directive } from '#src/schema/directive.ts';
import { type Problems, placeOf } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

/** What an `if` in a location gives: what holds while it does. Undefined in a server. */
export type BuildIf = (inside: Scope, node: ConfigNode) => Location | undefined;

/** The steps of a level; what is wrong with one is reported, and it is left out. */
export function buildSteps(scope: Scope, buildIf: BuildIf, problems: Problems): readonly Step[] {
  const steps: Step[] = [];
  for (const node of scope.nodes) {
    const step = STEP_NAMES.has(node.name) && buildStep(node, scope, buildIf, problems);
    if (step) steps.push({ ...step, place: placeOf(node) });
  }
  return steps;
}

const STEP_NAMES: ReadonlySet<string> = new Set(
  [...Object.values(rewriteDirectives), handlerDirectives.return].map(({ name }) => name),
);

/** What is run in a level; undefined when that is nothing. */
export function rewritesOf(
  steps: readonly Step[],
  scope: Scope,
  problems: Problems,
): Rewrites | undefined {
  const { isLogged } = compileSettings(rewriteLogDirectives, scope, problems);
  return steps.length === 0 ? undefined : { steps, isLogged };
}

/** The locations of the `if`s among these steps. */
export function locationsIn(steps: readonly Step[]): readonly Location[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'if') return [];
    const inner = locationsIn(step.steps);
    return step.location === undefined ? inner : [step.location, ...inner];
  });
}

function buildStep(
  node: ConfigNode,
  scope: Scope,
  buildIf: BuildIf,
  problems: Problems,
): StepAction | undefined {
  const { break: breaks, ifInLocation, ifInServer, rewrite, set } = rewriteDirectives;
  const read = <T>(directive: Directive<T>): T | undefined => {
    return parseNode<T>(directive, node, scope, problems);
  };
  switch (node.name) {
    case rewrite.name:
      return read<RewriteStep>(rewrite);
    case set.name:
      return read<SetStep | SetArgsStep>(set);
    case breaks.name:
      return { kind: 'break' };
    case handlerDirectives.return.name: {
      const handler = read<ReturnHandler>(handlerDirectives.return);
      return handler && { kind: 'return', handler };
    }
    case ifInServer.name: {
      if (node.block === undefined) return undefined;
      const directive = scope.context === 'server' ? ifInServer : ifInLocation;
      const holds = read<Condition>(directive);
      const inside = scope.inside(directive.opens, node);
      const location = buildIf(inside, node);
      const steps = buildSteps(inside, buildIf, problems);
      const condition = node.words.map(({ text }) => text).join(' ');
      return holds && { kind: 'if', condition, holds, steps, location };
    }
    default:
      return undefined;
  }
}
