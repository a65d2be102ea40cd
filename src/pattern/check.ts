/** What PCRE accepts and Weir refuses, since it would mean something else or take too long. */
import {
  childrenOf,
  contains,
  isNullable,
  type LookNode,
  lengthsOf,
  type Node,
  PatternProblem,
} from './syntax.ts';

/**
 * Refuses a tree that the engines here would not treat as PCRE does.
 * @throws {PatternProblem} that says what to change
 */
export function checkTree(root: Node): void {
  walk(root, (node) => {
    if (node.kind === 'look') checkLook(node);
  });
}

function checkLook(look: LookNode): void {
  if (!look.behind) return;
  if (!look.negative && contains(look.body, ({ kind }) => kind === 'capture')) {
    throw new PatternProblem(
      'not supported: a capture in a positive look behind; write (?:…) in it',
      look.offset,
    );
  }
  const branches = look.body.kind === 'choice' ? look.body.branches : [look.body];
  for (const branch of branches) {
    const [min, max] = lengthsOf(branch);
    if (min !== max) {
      throw new PatternProblem('a look behind wants alternatives of fixed length', look.offset);
    }
  }
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

/**
 * Whether JavaScript's captures are PCRE's: JavaScript forgets at each turn of a loop what the turn
 * before has captured, which shows where a turn can do without. And it numbers them as they stand,
 * while `(a){0}` leaves one out and `(?|(a)|(b))` has one twice.
 */
export function hasJavaScriptCaptures(root: Node, captureCount: number): boolean {
  const numbers: number[] = [];
  walk(root, (node) => {
    if (node.kind === 'capture') numbers.push(node.index);
  });
  if (numbers.length !== captureCount || numbers.some((number, at) => number !== at + 1)) {
    return false;
  }
  return !contains(
    root,
    (node) => node.kind === 'repeat' && node.max > 1 && contains(node.body, isOptionalCapture),
  );
}

/**
 * Whether it shows what a turn does that matches nothing: behind it PCRE leaves the loop, JavaScript
 * takes it back.
 */
export function hasEmptyTurns(root: Node, captureCount: number): boolean {
  return (
    captureCount > 0 &&
    contains(
      root,
      (node) =>
        node.kind === 'repeat' && node.max > 1 && node.max > node.min && isNullable(node.body),
    )
  );
}

/** Whether a lookaround captures: the matcher forgets what it has read there. */
export function hasCapturesInLooks(root: Node): boolean {
  return contains(
    root,
    (node) =>
      node.kind === 'look' && !node.negative && contains(node, ({ kind }) => kind === 'capture'),
  );
}

function isOptionalCapture(node: Node): boolean {
  const isOptional = node.kind === 'choice' || (node.kind === 'repeat' && node.min === 0);
  return isOptional && contains(node, ({ kind }) => kind === 'capture');
}
