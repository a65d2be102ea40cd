/** Fields that a level loses by setting others: nginx inherits such lists whole, or not at all. */
import { answerDirectives } from '#src/proxy/answer-directives.ts';
import { proxyDirectives, proxyPassDirectives } from '#src/proxy/directives.ts';
import type { Directive } from '#src/schema/directive.ts';
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { lineOf } from './level.ts';

/** Warns where `add_header` or `proxy_set_header` of a block drop those of the blocks around it. */
export function doubtLostHeaders(scope: Scope, problems: Problems): void {
  if (inherits(scope)) {
    doubtLost(
      answerDirectives.addedFields,
      scope,
      problems,
      'or write "add_header_inherit merge;"',
    );
  }
  if (isProxied(scope)) doubtLost(proxyDirectives.setHeaders, scope, problems, undefined);
}

/** Without `add_header_inherit`, which says that the loss, or none, is meant. */
function inherits(scope: Scope): boolean {
  return scope.occurrences(answerDirectives.addedInherit).length === 0;
}

function doubtLost(
  directive: Directive,
  scope: Scope,
  problems: Problems,
  otherwise: string | undefined,
): void {
  const own = scope.own(directive.name);
  const [first] = own;
  if (first === undefined || scope.parent === undefined) return;
  const kept = new Set(own.map(nameOf));
  const above = scope.parent.occurrences(directive);
  const lost = above.filter((node) => !kept.has(nameOf(node)));
  const [firstLost] = lost;
  if (firstLost === undefined) return;
  const names = [...new Set(lost.map(({ words }) => words[0]?.text))].join(', ');
  const where = lineOf(firstLost, first);
  const message = `"${directive.name}" here drops what the blocks around it set: ${names} (${where})`;
  const advice = `repeat ${lost.length === 1 ? 'it' : 'them'} here`;
  problems.warn(first, message, otherwise === undefined ? advice : `${advice}, ${otherwise}`);
}

function nameOf({ words }: ConfigNode): string {
  return words[0]?.text.toLowerCase() ?? '';
}

/** Passed on here, or in a block inside that has no list of its own. */
function isProxied(scope: Scope): boolean {
  return scope.nodes.some(passesOn);
}

function passesOn(node: ConfigNode): boolean {
  if (node.name === proxyPassDirectives.pass.name) return true;
  const { block = [] } = node;
  const replaces = block.some(({ name }) => name === proxyDirectives.setHeaders.name);
  return (node.name === 'if' || node.name === 'location') && !replaces && block.some(passesOn);
}
