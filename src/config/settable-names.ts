/** Which variables a configuration itself gives values, found before anything that uses them is read. */
import type { ConfigNode } from '#src/schema/tree.ts';

/** `(?<name>…)`, `(?P<name>…)` and `(?'name'…)`. */
const NAMED_GROUP = /\(\?(?:P?<([a-z_]\w*)>|'([a-z_]\w*)')/gi;

/** Names of `set`, and of captures of regular expressions, in lower case; some may come twice. */
export function settableNames(nodes: readonly ConfigNode[]): string[] {
  return nodes.flatMap((node) => {
    const [first] = node.words;
    const isSet = node.name === 'set' && first?.text.startsWith('$') === true;
    const captures = [node.name, ...node.words.map(({ text }) => text)].flatMap((text) => {
      return [...text.matchAll(NAMED_GROUP)].map(([, angled, quoted]) => angled ?? quoted ?? '');
    });
    const own = isSet ? [first.text.slice(1), ...captures] : captures;
    return [...own.map((name) => name.toLowerCase()), ...settableNames(node.block ?? [])];
  });
}
