/** Possessive quantifiers and atomic groups, as trees that need neither. */
import { addTo } from './byte-set.ts';
import { EMPTY, type Node, PatternProblem, type RepeatNode } from './syntax.ts';

/** A repeated node; one that repeats nothing, or exactly once, is not wrapped. */
export function repeat(repeated: Omit<RepeatNode, 'kind'>): Node {
  const { body, min, max } = repeated;
  if (max === 0) return EMPTY;
  if (min === 1 && max === 1) return body;
  return { kind: 'repeat', ...repeated };
}

/** Alternatives; those that are one byte each are one set. */
export function choice(branches: readonly Node[]): Node {
  const [only] = branches;
  if (only !== undefined && branches.length === 1) return only;
  const set = new Uint8Array(256);
  for (const branch of branches) {
    if (branch.kind !== 'set') return { kind: 'choice', branches };
    addTo(set, branch.set);
  }
  return { kind: 'set', set };
}

/** Nodes one behind the other. */
export function sequence(items: readonly Node[]): Node {
  const [only] = items;
  return only !== undefined && items.length === 1 ? only : { kind: 'sequence', items };
}

/**
 * What never gives back what it has matched. `[a]*+` is `[a]*(?![a])`, and `[a]{2,5}+` is
 * `[a]{5}|[a]{2,4}(?![a])`; what can match in one way only is itself.
 * @throws {PatternProblem} for anything else: `name` is what to call it
 */
export function withoutGivingBack(node: Node, name: string, offset: number): Node {
  if (matchesInOneWay(node)) return node;
  if (node.kind !== 'repeat' || node.body.kind !== 'set' || !node.greedy) {
    throw new PatternProblem(
      `not supported: ${name} around more than one repeated character; repeat one character or class`,
      offset,
    );
  }
  const { body, min, max } = node;
  const noMore: Node = { kind: 'look', behind: false, negative: true, body, offset };
  if (max === Number.POSITIVE_INFINITY) return sequence([node, noMore]);
  const all = repeat({ ...node, min: max });
  return choice([all, sequence([repeat({ ...node, min, max: max - 1 }), noMore])]);
}

function matchesInOneWay(node: Node): boolean {
  switch (node.kind) {
    case 'set':
    case 'assertion':
    case 'look':
      return true;
    case 'sequence':
      return node.items.every(matchesInOneWay);
    case 'capture':
      return matchesInOneWay(node.body);
    case 'repeat':
      return node.min === node.max && matchesInOneWay(node.body);
    case 'choice':
      return false;
  }
}
