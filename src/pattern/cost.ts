/**
 * How many steps a backtracking engine can need: an upper bound, for a length of text.
 *
 * `ways` is in how many ways an item can match from one position so that the engine may come back
 * for the next one; `work` is what trying all of them costs. Where the next byte alone says whether a
 * loop goes on, coming back fails at once: one way.
 */
import { byteSet, inverted } from './byte-set.ts';
import { isNullable, type LookNode, lengthsOf, type Node, type RepeatNode } from './syntax.ts';

interface Cost {
  readonly ways: number;
  readonly work: number;
}

/** What comes behind an item: the next byte (cell 256: the end of the text), and the steps to see that it cannot. */
interface Follow {
  readonly set: Uint8Array;
  readonly entry: number;
}

const END = 256;
const CELLS = 257;
/** Behind the pattern: a match, from which nobody comes back. */
const SUCCESS: Follow = { set: new Uint8Array(CELLS), entry: 1 };
const ANYTHING = new Uint8Array(CELLS).fill(1);
const NEWLINE_OR_END = widened(byteSet((byte) => byte === 0x0a));
NEWLINE_OR_END[END] = 1;
const ONLY_END = new Uint8Array(CELLS);
ONLY_END[END] = 1;
const ONE: Cost = { ways: 1, work: 1 };

function widened(set: Uint8Array): Uint8Array {
  const wide = new Uint8Array(CELLS);
  wide.set(set);
  return wide;
}

function united(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = one.slice();
  for (let at = 0; at < CELLS; at++) if (other[at] === 1) both[at] = 1;
  return both;
}

function haveCommon(one: Uint8Array, other: Uint8Array): boolean {
  for (let at = 0; at < CELLS; at++) if (one[at] === 1 && other[at] === 1) return true;
  return false;
}

/** What the node, and then what follows it, can begin with. */
function before(node: Node, follow: Follow): Follow {
  switch (node.kind) {
    case 'set':
      return beforeSet(node.set);
    case 'sequence':
      return node.items.reduceRight((next, item) => before(item, next), follow);
    case 'capture': {
      const body = before(node.body, follow);
      return { set: body.set, entry: body.entry + 2 };
    }
    case 'choice': {
      const branches = node.branches.map((branch) => before(branch, follow));
      return {
        set: branches.map(({ set }) => set).reduce(united),
        entry: branches.reduce((sum, { entry }) => sum + entry, 1),
      };
    }
    case 'repeat': {
      const body = before(node.body, follow);
      if (node.min > 0 && !isNullable(node.body)) return body;
      return { set: united(body.set, follow.set), entry: body.entry + follow.entry + 1 };
    }
    case 'assertion':
      return beforeAssertion(node.name, follow);
    case 'look':
      return beforeLook(node, follow);
  }
}

const BEFORE_SETS = new WeakMap<Uint8Array, Follow>();

function beforeSet(set: Uint8Array): Follow {
  const known = BEFORE_SETS.get(set) ?? { set: widened(set), entry: 1 };
  BEFORE_SETS.set(set, known);
  return known;
}

function beforeAssertion(name: string, follow: Follow): Follow {
  const entry = follow.entry + 1;
  if (name === 'end') return { set: ONLY_END, entry };
  if (name === 'end-or-newline' || name === 'line-end') return { set: NEWLINE_OR_END, entry };
  return { set: follow.set, entry };
}

/** A lookaround that is one byte at most costs one step; any other can cost more than a byte tells. */
function beforeLook({ body, behind, negative }: LookNode, follow: Follow): Follow {
  const entry = follow.entry + 2;
  if (body.kind !== 'set') return { set: ANYTHING, entry };
  if (behind) return { set: follow.set, entry };
  const allowed = widened(negative ? inverted(body.set) : body.set);
  if (negative) allowed[END] = 1;
  return { set: follow.set.map((cell, at) => cell & (allowed[at] ?? 0)), entry };
}

function costOf(node: Node, follow: Follow, length: number): Cost {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return ONE;
    case 'look':
      return { ways: 1, work: 2 + costOf(node.body, SUCCESS, length).work };
    case 'capture': {
      const { ways, work } = costOf(node.body, follow, length);
      return { ways, work: work + 2 };
    }
    case 'sequence':
      return sequenceCost(node.items, follow, length);
    case 'choice': {
      const costs = node.branches.map((branch) => costOf(branch, follow, length));
      const firsts = node.branches.map((branch) => before(branch, follow).set);
      const areApart = firsts.every((set, at) =>
        firsts.slice(at + 1).every((other) => !haveCommon(set, other)),
      );
      const ways = costs.map((cost) => cost.ways);
      return {
        ways: areApart ? Math.max(...ways) : ways.reduce((sum, count) => sum + count),
        work: costs.reduce((sum, { work }) => sum + work, costs.length),
      };
    }
    case 'repeat':
      return repeatCost(node, follow, length);
  }
}

function sequenceCost(items: readonly Node[], follow: Follow, length: number): Cost {
  const follows: Follow[] = [];
  let next = follow;
  for (const item of items.toReversed()) {
    follows.unshift(next);
    next = before(item, next);
  }
  let ways = 1;
  let work = 0;
  for (const [at, item] of items.entries()) {
    const cost = costOf(item, follows[at] ?? follow, length);
    work += ways * cost.work;
    ways *= cost.ways;
  }
  return { ways, work };
}

function repeatCost(node: RepeatNode, follow: Follow, length: number): Cost {
  const { body, min, max } = node;
  const shortest = lengthsOf(body)[0];
  if (shortest === 0 && max === Number.POSITIVE_INFINITY) {
    return { ways: Number.POSITIVE_INFINITY, work: Number.POSITIVE_INFINITY };
  }
  const again = before(body, follow);
  const inner: Follow = {
    set: united(again.set, follow.set),
    entry: again.entry + follow.entry + 1,
  };
  const cost = costOf(body, inner, length);
  const turns = shortest === 0 ? max : Math.min(max, Math.floor(length / shortest));
  const leaves = min === max || !haveCommon(again.set, follow.set);
  if (cost.ways <= 1) {
    const work = (turns + 1) * (cost.work + follow.entry + 1);
    return { ways: leaves ? 1 : Math.max(1, turns - Math.min(min, turns) + 1), work };
  }
  const all = cost.ways ** turns;
  const ways = all * (turns + 1);
  return { ways, work: ways * (cost.work + follow.entry + 1) };
}

/** Whether every match begins at the start of the text. */
export function isAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'assertion':
      return node.name === 'start';
    case 'sequence':
      // A condition on the position before the anchor is no obstacle: both hold or neither.
      for (const item of node.items) {
        if (isAnchored(item)) return true;
        if (lengthsOf(item)[1] > 0) return false;
      }
      return false;
    case 'choice':
      return node.branches.every(isAnchored);
    case 'capture':
      return isAnchored(node.body);
    case 'repeat':
      return node.min > 0 && isAnchored(node.body);
    case 'set':
    case 'look':
      return false;
  }
}

/** At most so many steps a backtracking engine takes for a text of that many bytes. May be Infinity. */
export function backtrackingSteps(root: Node, length: number): number {
  const { work } = costOf(root, SUCCESS, length);
  return isAnchored(root) ? work : work * (length + 1);
}

/**
 * At most so many steps the lookarounds add to those of the matcher of matcher.ts, which runs each
 * of them from anew at every position that it may be reached at.
 */
export function lookSteps(root: Node, length: number): number {
  return lookWork(root, isAnchored(root) ? 1 : length + 1, length).work;
}

/** Work of the lookarounds in a node that is reached at `places` positions; and at how many it ends. */
function lookWork(node: Node, places: number, length: number): { work: number; ends: number } {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return { work: 0, ends: places };
    case 'look': {
      const [, longest] = lengthsOf(node.body);
      const reach = Math.min(longest, length) + 1;
      const inner = lookWork(node.body, 1, length);
      // The matcher's bound, or that of plain backtracking, which is less for a plain word.
      const own = Math.min(stepCount(node.body) * reach, costOf(node.body, SUCCESS, length).work);
      return { work: places * (own + inner.work), ends: places };
    }
    case 'capture':
      return lookWork(node.body, places, length);
    case 'sequence': {
      let work = 0;
      let ends = places;
      for (const item of node.items) {
        const inner = lookWork(item, ends, length);
        work += inner.work;
        ends = inner.ends;
      }
      return { work, ends };
    }
    case 'choice': {
      const inner = node.branches.map((branch) => lookWork(branch, places, length));
      const ends = inner.reduce((sum, branch) => sum + branch.ends, 0);
      return {
        work: inner.reduce((sum, branch) => sum + branch.work, 0),
        ends: Math.min(ends, length + 1),
      };
    }
    case 'repeat': {
      const { min, max, body } = node;
      const copies = max === Number.POSITIVE_INFINITY ? min + 1 : max;
      const ends = min === max ? places : Math.min(length + 1, places * (max - min + 1));
      // Between its turns a loop may stand anywhere.
      const inside = max > 1 && lengthsOf(body)[1] > 0 ? length + 1 : places;
      return { work: copies * lookWork(body, inside, length).work, ends };
    }
  }
}

/** The instructions of a node, about: each is run at most once per position. */
function stepCount(node: Node): number {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return 1;
    case 'look':
      return 2;
    case 'capture':
      return 2 + stepCount(node.body);
    case 'sequence':
      return node.items.reduce((sum, item) => sum + stepCount(item), 0);
    case 'choice':
      return node.branches.reduce((sum, branch) => sum + stepCount(branch) + 3, 0);
    case 'repeat': {
      const turns = node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max;
      return turns * (stepCount(node.body) + 3);
    }
  }
}
