/** `fault`: what goes wrong because somebody wants it to. */
import { faultDirectives } from '#src/proxy/fault-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';

/** Warns of each: it is for tests, and easily left in. */
export function doubtFaults(scope: Scope, problems: Problems): void {
  for (const node of scope.own(faultDirectives.faults.name)) {
    if (node.words[0]?.text === 'off') continue;
    const what = [node.name, ...node.words.map(({ text }) => text)].join(' ');
    const message = `faults are injected here: "${what}" makes requests of clients fail or wait on purpose`;
    problems.warn(node, message, 'take it out when the test is over');
  }
}
