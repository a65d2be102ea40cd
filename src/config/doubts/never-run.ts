/** What stands behind a directive that ends everything. */
import { rewriteDirectives } from '#src/routing/rewrite-directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { lineOf } from './level.ts';
import { branchesOf, takesPrefix } from './pattern-cover.ts';

const { rewrite, set, break: breaks } = rewriteDirectives;
const STEPS: ReadonlySet<string> = new Set(['return', 'if', rewrite.name, set.name, breaks.name]);

/** Warns of rewriting, and of the locations of a server, behind what always answers before them. */
export function doubtNeverRun(scope: Scope, problems: Problems): void {
  const steps = scope.nodes.filter(({ name }) => STEPS.has(name));
  const end = steps.findIndex((node) => isAnswer(node) || node.name === breaks.name);
  const ender = steps[end];
  if (ender === undefined) return;
  const why = `"${ender.name}" in ${lineOf(ender, ender)}`;
  const next = steps[end + 1];
  if (next !== undefined) {
    const message = `"${next.name}" is never run: ${why} comes before it`;
    problems.warn(next, message, 'put it before that one, or take it out');
  }
  if (scope.context !== 'server' || !isAnswer(ender)) return;
  // `error_page 503 @name` leads to a named one all the same, and from there `rewrite` to any other.
  const locations = scope.own('location');
  const location = locations.find((node) => !isNamed(node));
  if (location === undefined || locations.some((node) => isNamed(node) && goesOn(node))) return;
  const message = `no location of this server is ever reached: ${why} answers every request before`;
  problems.warn(location, message, 'put it into "location / { … }", or take the locations out');
}

function isNamed({ words }: ConfigNode): boolean {
  return words[0]?.text.startsWith('@') === true;
}

/** Something in it may look for another location, without the steps of the server. */
function goesOn({ block = [] }: ConfigNode): boolean {
  return block.some((node) => {
    const { name, words } = node;
    if (name !== rewrite.name) return goesOn(node);
    const flag = words[2]?.text;
    return flag === undefined || flag === 'last';
  });
}

/** `return`, and a redirect of every path. */
function isAnswer({ name, words }: ConfigNode): boolean {
  if (name === 'return') return true;
  const [regex, replacement, flag] = words;
  if (name !== rewrite.name || regex === undefined || replacement === undefined) return false;
  const leaves =
    flag?.text === 'redirect' ||
    flag?.text === 'permanent' ||
    /^(https?:\/\/|\$scheme)/.test(replacement.text);
  return leaves && takesPrefix(branchesOf(regex.text, false), '/');
}
