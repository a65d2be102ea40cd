/** The tree of a regular expression, whatever it was written in. */
import type { ByteSet } from './byte-set.ts';

/** Conditions on a position that read at most one byte to either side. */
export type AssertionName =
  | 'start' //         \A, ^
  | 'line-start' //    ^ of (?m): also behind an inner newline
  | 'end' //           \z
  | 'end-or-newline' // \Z, $: at the end, or before the newline that ends the text
  | 'line-end' //      $ of (?m)
  | 'word-edge' //     \b
  | 'no-word-edge'; // \B

export type Node =
  | { readonly kind: 'set'; readonly set: ByteSet }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'choice'; readonly branches: readonly Node[] }
  | { readonly kind: 'capture'; readonly index: number; readonly body: Node }
  | RepeatNode
  | { readonly kind: 'assertion'; readonly name: AssertionName }
  | LookNode;

export interface RepeatNode {
  readonly kind: 'repeat';
  readonly body: Node;
  readonly min: number;
  /** Infinity when there is no limit. */
  readonly max: number;
  readonly greedy: boolean;
  /** Where the quantifier stands in the source. */
  readonly offset: number;
}

/** A lookaround. A look behind is of fixed length, or a choice of such. */
export interface LookNode {
  readonly kind: 'look';
  readonly behind: boolean;
  readonly negative: boolean;
  readonly body: Node;
  readonly offset: number;
}

export const EMPTY: Node = { kind: 'sequence', items: [] };

/** Thrown while a pattern is compiled; `compilePattern` turns it into a problem. */
export class PatternProblem extends Error {
  /** @param offset in the source, in characters from 0 */
  constructor(what: string, offset: number) {
    super(`${what} (at offset ${offset})`);
  }
}

/** The nodes directly below a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'sequence':
      return node.items;
    case 'choice':
      return node.branches;
    case 'capture':
    case 'repeat':
    case 'look':
      return [node.body];
    case 'set':
    case 'assertion':
      return [];
  }
}

/** Whether the node or one below it fulfils the condition. */
export function contains(node: Node, condition: (node: Node) => boolean): boolean {
  return condition(node) || childrenOf(node).some((child) => contains(child, condition));
}

/** The shortest and the longest text that a node can match, in bytes. */
export function lengthsOf(node: Node): readonly [min: number, max: number] {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'assertion':
    case 'look':
      return [0, 0];
    case 'capture':
      return lengthsOf(node.body);
    case 'sequence': {
      let [min, max] = [0, 0];
      for (const item of node.items) {
        const [itemMin, itemMax] = lengthsOf(item);
        min += itemMin;
        max += itemMax;
      }
      return [min, max];
    }
    case 'choice': {
      const lengths = node.branches.map(lengthsOf);
      return [Math.min(...lengths.map(([min]) => min)), Math.max(...lengths.map(([, max]) => max))];
    }
    case 'repeat': {
      const [min, max] = lengthsOf(node.body);
      return [min * node.min, max === 0 || node.max === 0 ? 0 : max * node.max];
    }
  }
}

/** Whether the node can match the empty text. */
export function isNullable(node: Node): boolean {
  return lengthsOf(node)[0] === 0;
}
