/** The tree → nginx.conf text that reads back as the same tree: for `weir config`. */
import type { ConfigNode } from '#src/schema/tree.ts';

/** One directive per line, two spaces per level, quotes only where they are needed. */
export function print(nodes: readonly ConfigNode[], indent = ''): string {
  return nodes.map((node) => printNode(node, indent)).join('');
}

function printNode(node: ConfigNode, indent: string): string {
  const head = [node.name, ...node.words.map((word) => word.text)].map(quote).join(' ');
  if (node.block === undefined) return `${indent}${head};\n`;
  return `${indent}${head} {\n${print(node.block, `${indent}  `)}${indent}}\n`;
}

/** Words of these characters mean themselves anywhere in a directive. */
const PLAIN = /^[\w./:=,@%+*~^?&()|<>![\]$-]+$/;

function quote(text: string): string {
  if (PLAIN.test(text)) return text;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
