/** A tree as the source of a JavaScript RegExp without flags. */
import { classSource } from './byte-set.ts';
import type { AssertionName, Node, RepeatNode } from './syntax.ts';

const ASSERTIONS: Readonly<Record<AssertionName, string>> = {
  start: '^',
  'line-start': '(?:^|(?<=\\n)(?=[^]))',
  end: '$',
  'end-or-newline': '(?=\\n?$)',
  'line-end': '(?=\\n|$)',
  'word-edge': '\\b',
  'no-word-edge': '\\B',
};

/** The RegExp source that matches what the tree does in text of one character per byte. */
export function javaScriptSource(node: Node): string {
  switch (node.kind) {
    case 'set':
      return setSource(node.set);
    case 'sequence':
      return node.items.map(javaScriptSource).join('');
    case 'choice':
      return `(?:${node.branches.map(javaScriptSource).join('|')})`;
    case 'capture':
      return `(${javaScriptSource(node.body)})`;
    case 'repeat':
      return `(?:${javaScriptSource(node.body)})${quantifier(node)}`;
    case 'assertion':
      return ASSERTIONS[node.name];
    case 'look':
      return `(?${node.behind ? '<' : ''}${node.negative ? '!' : '='}${javaScriptSource(node.body)})`;
  }
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
