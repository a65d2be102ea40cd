/** Paths that are taken from the prefix, made absolute: the text then means the same anywhere. */
import type { ParseTools } from '#src/schema/directive.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

/** Directives whose first word is a path. */
const PATHS: ReadonlySet<string> = new Set([
  'access_log',
  'client_body_temp_path',
  'error_log',
  'pid',
  'proxy_temp_path',
]);

/** Words there that are none. */
const NO_PATHS = /^(off|auto|stderr|syslog:.*|memory:.*)$/s;

/** The tree with absolute paths. */
export function absolutePaths(
  nodes: readonly ConfigNode[],
  tools: Pick<ParseTools, 'resolvePath'>,
): readonly ConfigNode[] {
  return nodes.map((node) => {
    const [path, ...more] = node.words;
    const block = node.block === undefined ? {} : { block: absolutePaths(node.block, tools) };
    if (path === undefined || !PATHS.has(node.name) || NO_PATHS.test(path.text)) {
      return { ...node, ...block };
    }
    const absolute = { ...path, text: tools.resolvePath(path.text) };
    return { ...node, words: [absolute, ...more], ...block };
  });
}
