/** Paths that are taken from the prefix, made absolute: the text then means the same anywhere. */
import type { ParseTools } from '#src/schema/directive.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

/** Directives whose first word is a path. */
const PATHS: ReadonlySet<string> = new Set([
  'access_log',
  'client_body_temp_path',
  'error_log',
  'pid',
  'proxy_store',
  'proxy_temp_path',
]);

/** Words there that are none. */
const NO_PATHS = /^(off|auto|stderr|syslog:.*|memory:.*)$/s;
/** Only this one may begin with what a variable says. */
const STORE_OF_VARIABLE = /^\$/;

/** The tree with absolute paths. */
export function absolutePaths(
  nodes: readonly ConfigNode[],
  tools: Pick<ParseTools, 'resolvePath'>,
): readonly ConfigNode[] {
  return nodes.map((node) => {
    const [path, ...more] = node.words;
    const block = node.block === undefined ? {} : { block: absolutePaths(node.block, tools) };
    if (path === undefined || !isPath(node.name, path.text)) {
      return { ...node, ...block };
    }
    const absolute = { ...path, text: tools.resolvePath(path.text) };
    return { ...node, words: [absolute, ...more], ...block };
  });
}

function isPath(directive: string, text: string): boolean {
  if (!PATHS.has(directive) || NO_PATHS.test(text)) return false;
  return directive !== 'proxy_store' || !STORE_OF_VARIABLE.test(text);
}
