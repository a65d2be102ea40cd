/**
 * The defaults of weir.config.ts where nginx's are unsafe (reference/semantics.md §24, "take"). A
 * configuration that somebody has already keeps nginx's; who writes a new one gets these.
 */
import type { ConfigNode } from '#src/schema/tree.ts';

/** What stands in `http` unless it says otherwise itself. */
export const SAFE_DEFAULTS: readonly (readonly [name: string, ...words: string[]])[] = [
  ['client_header_timeout', '10s'],
  ['client_body_timeout', '30s'],
  ['client_max_body_size', '10m'],
  ['keepalive_requests', '10000'],
  ['lingering_time', '5s'],
  ['lingering_timeout', '1s'],
  ['proxy_connect_timeout', '5s'],
  ['server_tokens', 'off'],
];

/** The tree with them; each is where `http` is, so that what is wrong with it has a place. */
export function withSafeDefaults(nodes: readonly ConfigNode[]): ConfigNode[] {
  return nodes.map((node) => {
    if (node.name !== 'http' || node.block === undefined) return node;
    const present = new Set(node.block.map(({ name }) => name));
    const { file, line, column } = node;
    const added = SAFE_DEFAULTS.filter(([name]) => !present.has(name)).map(
      ([name, ...texts]): ConfigNode => {
        const words = texts.map((text) => ({ text, line, column }));
        return { name, words, file, line, column };
      },
    );
    return { ...node, block: [...added, ...node.block] };
  });
}
