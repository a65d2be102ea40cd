/** Which variables a configuration itself gives values, found before anything that uses them is read. */
import type { ConfigNode } from '#src/schema/tree.ts';

/** `(?<name>…)`, `(?P<name>…)` and `(?'name'…)`. */
const NAMED_GROUP = /\(\?(?:P?<([a-z_]\w*)>|'([a-z_]\w*)')/gi;

/** Names of `set`, and of captures of regular expressions, in lower case; each once. */
export function settableNames(nodes: readonly ConfigNode[]): Set<string> {
  const names = new Set<string>();
  collect(nodes, names);
  return names;
}

function collect(nodes: readonly ConfigNode[], names: Set<string>): void {
  for (const { name, words, block } of nodes) {
    const [first] = words;
    if (name === 'set' && first?.text.startsWith('$') === true) {
      names.add(first.text.slice(1).toLowerCase());
    }
    collectCaptures(name, names);
    for (const { text } of words) collectCaptures(text, names);
    if (block !== undefined) collect(block, names);
  }
}

function collectCaptures(text: string, names: Set<string>): void {
  if (!text.includes('(?')) return;
  for (const [, angled, quoted] of text.matchAll(NAMED_GROUP)) {
    names.add((angled ?? quoted ?? '').toLowerCase());
  }
}
