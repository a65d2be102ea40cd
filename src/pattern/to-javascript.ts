/** A tree as the source of a JavaScript RegExp without flags. */
import { classSource } from './byte-set.ts';
import {
  type AssertionName,
  isNullable,
  type LookNode,
  type Node,
  type RepeatNode,
} from './syntax.ts';

const ASSERTIONS: Readonly<Record<AssertionName, string>> = {
  start: '^',
  'line-start': '(?:^|(?<=\\n)(?=[^]))',
  end: '$',
  'end-or-newline': '(?=\\n?$)',
  'line-end': '(?=\\n|$)',
  'word-edge': '\\b',
  'no-word-edge': '\\B',
};

/**
 * The RegExp source that matches what the tree does in text of one character per byte.
 *
 * A `^` behind a byte can never hold and is written as a set of nothing: V8 14 misses other
 * alternatives beside one (`(?:a((?:[^]{0,}?|)\xe9^b)|\s??\x20)` finds no blank).
 * @param isMoved whether a byte was taken before the node
 */
export function javaScriptSource(node: Node, isMoved = false): string {
  switch (node.kind) {
    case 'set':
      return setSource(node.set);
    case 'sequence':
      return sequenceSource(node.items, isMoved);
    case 'choice':
      return `(?:${node.branches.map((branch) => javaScriptSource(branch, isMoved)).join('|')})`;
    case 'capture':
      return `(${javaScriptSource(node.body, isMoved)})`;
    case 'repeat':
      return `(?:${javaScriptSource(node.body, isMoved)})${quantifier(node)}`;
    case 'assertion':
      return node.name === 'start' && isMoved ? '[]' : ASSERTIONS[node.name];
    case 'look':
      return lookSource(node, isMoved);
  }
}

function sequenceSource(items: readonly Node[], isMoved: boolean): string {
  let source = '';
  let hasMoved = isMoved;
  for (const item of items) {
    source += javaScriptSource(item, hasMoved);
    hasMoved ||= !isNullable(item);
  }
  return source;
}

function lookSource({ behind, body, negative }: LookNode, isMoved: boolean): string {
  const inner = javaScriptSource(body, isMoved && !behind);
  return `(?${behind ? '<' : ''}${negative ? '!' : '='}${inner})`;
}

/** A single byte is not a class: V8 searches for it faster. */
function setSource(set: Uint8Array): string {
  const source = classSource(set);
  return /^\[\\x..\]$/.test(source) ? source.slice(1, -1) : source;
}

function quantifier({ min, max, greedy }: RepeatNode): string {
  const most = max === Number.POSITIVE_INFINITY ? '' : max;
  return `{${min},${most}}${greedy ? '' : '?'}`;
}
