/** Bytes that a pattern does not tell apart. */
import type { ByteSet } from './byte-set.ts';
import { childrenOf, type Node } from './syntax.ts';

/** Classes of bytes, by number. */
export interface ByteClasses {
  /** The class of each of the 256 bytes. */
  readonly classOf: Uint8Array;
  /** A byte of each class. */
  readonly examples: readonly number[];
}

/** The classes that the sets of a tree make: bytes of a class are in the same sets. */
export function classesOf(root: Node): ByteClasses {
  const sets = new Set<ByteSet>();
  addSets(root, sets);
  let classOf = new Uint8Array(256);
  let examples = [0];
  for (const set of sets) {
    const numbers = new Map<number, number>();
    const finer: number[] = [];
    classOf = classOf.map((former, byte) => {
      const key = 2 * former + (set[byte] ?? 0);
      const number = numbers.get(key) ?? finer.push(byte) - 1;
      numbers.set(key, number);
      return number;
    });
    examples = finer;
  }
  return { classOf, examples };
}

function addSets(node: Node, sets: Set<ByteSet>): void {
  if (node.kind === 'set') sets.add(node.set);
  for (const child of childrenOf(node)) addSets(child, sets);
}
