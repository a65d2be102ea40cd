// A generated configuration as a tree, so that a minimiser can take parts away.

/** A directive; `block` when it has one. Words are written as they stand in the file. */
export interface ConfNode {
  readonly name: string;
  readonly words: readonly string[];
  readonly block?: readonly ConfNode[];
}

/** A directive without a block. */
export function directive(name: string, ...words: readonly string[]): ConfNode {
  return { name, words };
}

/** A directive with a block. */
export function block(
  name: string,
  words: readonly string[],
  content: readonly ConfNode[],
): ConfNode {
  return { name, words, block: content };
}

/** The text of a list of directives, one per line. */
export function render(nodes: readonly ConfNode[], indent = ''): string {
  return nodes
    .map(({ block: content, name, words }) => {
      const head = `${indent}${[name, ...words].join(' ')}`;
      if (content === undefined) return `${head};\n`;
      return `${head} {\n${render(content, `${indent}  `)}${indent}}\n`;
    })
    .join('');
}

/** Every tree that lacks one directive of this one, or has its block in its place; large cuts first. */
export function smaller(nodes: readonly ConfNode[]): (readonly ConfNode[])[] {
  const without = nodes.map((_, at) => [...nodes.slice(0, at), ...nodes.slice(at + 1)]);
  const inside = nodes.flatMap((node, at) => {
    return smaller(node.block ?? []).map((content) => {
      return [...nodes.slice(0, at), { ...node, block: content }, ...nodes.slice(at + 1)];
    });
  });
  return [...without, ...inside];
}

/** Text as one word of nginx.conf. */
export function word(text: string): string {
  const isPlain = /^[^\s"'{}();#\\]+$/.test(text);
  return isPlain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
