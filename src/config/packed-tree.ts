/**
 * A tree on its way to other processes and threads: packed once, unpacked by each thread that builds
 * a model. A tree of objects would be written and read again at every step, and what is included by
 * thousands of servers as often as it is included.
 */
import type { ConfigNode, Word } from '#src/schema/tree.ts';
import type { ConfigTree } from './tree.ts';

interface PackedTree {
  /** All but the nodes. */
  readonly tree: Omit<ConfigTree, 'nodes'>;
  /** Every text of names, words and files, once. */
  readonly texts: readonly string[];
  readonly nodeCount: number;
  /**
   * 32-bit numbers in base64. The nodes, each once and those in a block before it: name, file, line,
   * column, number of words, three per word (text, line, column), number of nodes in the block (-1:
   * it has none), their numbers. Last the numbers of the outermost nodes, behind how many they are.
   */
  readonly cells: string;
}

/** A field that is not packed would be lost. */
type NoOthers = Record<string, never>;

/** The tree as one text. */
export function packTree({ nodes, ...tree }: ConfigTree): string {
  const texts = new Map<string, number>();
  const numbers = new Map<ConfigNode, number>();
  const cells: number[] = [];
  const numberOf = (text: string): number => {
    const known = texts.get(text) ?? texts.size;
    if (known === texts.size) texts.set(text, known);
    return known;
  };
  const pack = (node: ConfigNode): number => {
    const done = numbers.get(node);
    if (done !== undefined) return done;
    const { name, words, file, line, column, block, ...others } = node;
    others satisfies NoOthers;
    const inner = block?.map(pack);
    cells.push(numberOf(name), numberOf(file), line, column, words.length);
    for (const { text, line: wordLine, column: wordColumn, ...more } of words) {
      more satisfies NoOthers;
      cells.push(numberOf(text), wordLine, wordColumn);
    }
    cells.push(inner?.length ?? -1);
    for (const number of inner ?? []) cells.push(number);
    const number = numbers.size;
    numbers.set(node, number);
    return number;
  };
  const outermost = nodes.map(pack);
  cells.push(outermost.length, ...outermost);
  return JSON.stringify({
    tree,
    texts: [...texts.keys()],
    nodeCount: numbers.size,
    cells: Buffer.from(Int32Array.from(cells).buffer).toString('base64'),
  } satisfies PackedTree);
}

/** The tree that was packed. Who was shared is shared again. */
export function unpackTree(packed: string): ConfigTree {
  const { cells, nodeCount, texts, tree } = JSON.parse(packed) as PackedTree;
  const bytes = Buffer.from(cells, 'base64');
  const numbers = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const nodes: ConfigNode[] = [];
  let at = 0;
  const next = (): number => numbers[at++] ?? 0;
  const text = (): string => texts[next()] ?? '';
  const list = (count: number): ConfigNode[] => {
    return Array.from({ length: count }, () => nodes[next()] as ConfigNode);
  };
  for (let left = nodeCount; left > 0; left--) {
    const name = text();
    const file = text();
    const line = next();
    const column = next();
    const words: Word[] = [];
    for (let count = next(); count > 0; count--) {
      words.push({ text: text(), line: next(), column: next() });
    }
    const count = next();
    const node = { name, words, file, line, column };
    nodes.push(count < 0 ? node : { ...node, block: list(count) });
  }
  return { ...tree, nodes: list(next()) };
}
