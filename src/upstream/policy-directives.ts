/** The directives that choose how an upstream balances: one per policy, from the policies' own words. */
import { compileWord, custom, reportInvalid } from '#src/schema/arguments.ts';
import type { Directive, ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { BALANCERS } from '#src/upstream/balancers/index.ts';
import type { PolicyConfig } from '#src/upstream/endpoint/upstream-config.ts';

/** What one of them says. */
export type PolicyChoice = Omit<PolicyConfig, 'panicShare' | 'degradedShare' | 'locality'>;

/** By the name of the policy; all but round robin, which needs no directive. */
export const policyDirectives: Readonly<Record<string, Directive<PolicyChoice>>> =
  Object.fromEntries(BALANCERS.slice(1).map((kind) => [kind.name, directiveOf(kind)]));

function directiveOf(kind: BalancerKind): Directive<PolicyChoice> {
  const { doc, maxWords, minWords, name, usage } = kind;
  const parse = (words: readonly Word[], context: ParseContext) => choose(kind, words, context);
  return {
    name,
    contexts: ['upstream'],
    argument: custom<PolicyChoice>({ usage, minWords, maxWords, parse }),
    redefine: true,
    inherit: false,
    doc,
  };
}

function choose(
  kind: BalancerKind,
  given: readonly Word[],
  context: ParseContext,
): PolicyChoice | undefined {
  const words = given.map(({ text }) => text);
  const fault = kind.check?.(words);
  if (fault !== undefined) {
    return reportInvalid(context, given[fault.at] as Word, 'parameter', fault.advice);
  }
  const keyText = kind.keyText?.(words) ?? '';
  const choice = { name: kind.name, words, keyText, key: null, function: null };
  if (keyText === '') return choice;
  const { column, line } = given[0] ?? context.node;
  const key = compileWord<object>({ text: keyText, line, column }, context);
  return key === undefined ? undefined : { ...choice, key };
}
