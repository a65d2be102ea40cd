// Takes a valid configuration and makes one thing of it wrong, or at least doubtful.

import type { Random } from '#test/fuzz/random.ts';
import type { ConfNode } from './conf-node.ts';

/** A configuration with its mistake. */
export interface Broken {
  readonly nodes: readonly ConfNode[];
  /** What was done to it. */
  readonly what: string;
}

const ODD_WORDS = [
  ...[
    '',
    'x',
    '-1',
    '99999999999999999999',
    '1q',
    'on',
    'offf',
    '$nonesuch',
    '${host',
    '$',
    '@none',
  ],
  ...['http://', 'https', '/', '~(', '1m1', '5k', '127.0.0.1:99999', '*.', '=', '2000', '10%'],
] as const;
const ODD_NAMES = [
  'nonesuch',
  'locatoin',
  'listen',
  'events',
  'proxy_pass',
  'if',
  'daemon',
] as const;

/** Changes one directive, anywhere. */
export function breakOne(nodes: readonly ConfNode[], random: Random): Broken {
  const count = countOf(nodes);
  const at = random.below(count);
  const kind = random.pick(['word', 'word', 'more', 'fewer', 'twice', 'name', 'moved', 'block']);
  const other = nodeAt(nodes, random.below(count));
  let name = '';
  const changed = replaceAt(nodes, at, (node) => {
    name = node.name;
    return mistake(node, other, kind, random);
  });
  return { nodes: changed, what: `${kind}: ${name}` };
}

function mistake(
  node: ConfNode,
  other: ConfNode,
  kind: string,
  random: Random,
): readonly ConfNode[] {
  const { words } = node;
  const odd = quoted(random.pick(ODD_WORDS));
  const which = random.below(words.length);
  switch (kind) {
    case 'word':
      return [{ ...node, words: words.map((word, at) => (at === which ? odd : word)) }];
    case 'more':
      return [{ ...node, words: [...words, odd] }];
    case 'fewer':
      return [{ ...node, words: words.slice(0, -1) }];
    case 'twice':
      return [node, node];
    case 'name':
      return [{ ...node, name: random.pick(ODD_NAMES) }];
    case 'moved':
      return [other, node];
    default: {
      const { block, ...rest } = node;
      return [block === undefined ? { ...rest, block: [] } : rest];
    }
  }
}

function quoted(word: string): string {
  return /^[^\s"'{}();#$]+$/.test(word) ? word : `"${word}"`;
}

function countOf(nodes: readonly ConfNode[]): number {
  return nodes.reduce((sum, { block }) => sum + 1 + countOf(block ?? []), 0);
}

/** Numbered in the order of the file. */
function nodeAt(nodes: readonly ConfNode[], at: number): ConfNode {
  let left = at;
  for (const node of nodes) {
    if (left === 0) return node;
    const inside = countOf(node.block ?? []);
    if (left <= inside) return nodeAt(node.block ?? [], left - 1);
    left -= 1 + inside;
  }
  throw new Error(`there is no directive ${at}`);
}

function replaceAt(
  nodes: readonly ConfNode[],
  at: number,
  change: (node: ConfNode) => readonly ConfNode[],
): readonly ConfNode[] {
  let left = at;
  return nodes.flatMap((node) => {
    const here = left;
    const inside = countOf(node.block ?? []);
    left -= 1 + inside;
    if (here === 0) return change(node);
    if (here < 0 || here > inside || node.block === undefined) return [node];
    return [{ ...node, block: replaceAt(node.block, here - 1, change) }];
  });
}
