/** A tree as instructions for the matcher of matcher.ts. */
import { type ByteSet, EVERYTHING } from './byte-set.ts';
import {
  type AssertionName,
  childrenOf,
  isNullable,
  type LookNode,
  lengthsOf,
  type Node,
  PatternProblem,
  type RepeatNode,
} from './syntax.ts';

/** One byte of the set `x`, an offset into `sets`. */
export const OP_SET = 0;
/** Goes on at `x`; at `y` when that fails. Fails where it has been run before. */
export const OP_SPLIT = 1;
/** Goes on at `x`. */
export const OP_JUMP = 2;
/** Notes the position in slot `x`. */
export const OP_SAVE = 3;
/** The condition number `x` of `CONDITIONS`. */
export const OP_ASSERT = 4;
/** Whether what begins at the next instruction matches here (`y` is 0) or does not (1); then on at `x`. */
export const OP_LOOK = 5;
/** Goes `x` bytes back. */
export const OP_BACK = 6;
/** The end, of the pattern or of a lookaround. */
export const OP_MATCH = 7;

/** Where ways come together. Fails where it has been run before. */
export const OP_JOIN = 8;

/** Goes on where the next byte says: at the cell of `tables`, from offset `x`; -1 there fails. */
export const OP_TABLE = 9;

/** The conditions, by number. */
export const CONDITIONS: readonly AssertionName[] = [
  'start',
  'line-start',
  'end',
  'end-or-newline',
  'line-end',
  'word-edge',
  'no-word-edge',
];

/** Instruction `pc` is `ops[pc]` with `x[pc]` and `y[pc]`. Goes on at `pc + 1` unless said otherwise. */
export interface Program {
  readonly ops: Uint8Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** The number, from 0, of each instruction that is run once per position only; else -1. */
  readonly visits: Int32Array;
  readonly visitCount: number;
  /** All sets, 256 cells each. */
  readonly sets: Uint8Array;
  /** All tables, 256 cells each. */
  readonly tables: Int32Array;
  /** Two per capture, and two for the whole match. */
  readonly slotCount: number;
}

class ProgramWriter {
  readonly ops: number[] = [];
  readonly x: number[] = [];
  readonly y: number[] = [];
  readonly #maxInstructions: number;
  readonly #sets = new Map<ByteSet, number>();
  readonly sets: ByteSet[] = [];
  readonly tables: number[] = [];

  constructor(maxInstructions: number) {
    this.#maxInstructions = maxInstructions;
  }

  emit(op: number, x = 0, y = 0): number {
    if (this.ops.length >= this.#maxInstructions) {
      throw new PatternProblem(
        `not supported: a pattern of more than ${this.#maxInstructions} items; ` +
          'shorten its repetitions {…}, or divide it',
        0,
      );
    }
    this.x.push(x);
    this.y.push(y);
    return this.ops.push(op) - 1;
  }

  node(node: Node): void {
    switch (node.kind) {
      case 'set':
        this.emit(OP_SET, this.#setOffset(node.set));
        break;
      case 'sequence':
        for (const item of node.items) this.node(item);
        break;
      case 'choice':
        if (canDispatch(node.branches)) this.#dispatch(node.branches);
        else this.#choice(node.branches.map((branch) => () => this.node(branch)));
        break;
      case 'capture':
        this.emit(OP_SAVE, 2 * node.index);
        this.node(node.body);
        this.emit(OP_SAVE, 2 * node.index + 1);
        break;
      case 'repeat':
        this.#repeat(node);
        break;
      case 'assertion':
        this.emit(OP_ASSERT, CONDITIONS.indexOf(node.name));
        break;
      case 'look':
        this.#look(node);
        break;
    }
  }

  #setOffset(set: ByteSet): number {
    const known = this.#sets.get(set) ?? this.sets.push(set) - 1;
    this.#sets.set(set, known);
    return known * 256;
  }

  #choice(branches: readonly (() => void)[]): void {
    const jumps: number[] = [];
    for (const [index, branch] of branches.entries()) {
      if (index === branches.length - 1) branch();
      else {
        const split = this.emit(OP_SPLIT, this.ops.length + 1);
        branch();
        jumps.push(this.emit(OP_JUMP));
        this.y[split] = this.ops.length;
      }
    }
    const join = this.emit(OP_JOIN);
    for (const jump of jumps) this.x[jump] = join;
  }

  /** Branches by the byte that they begin with: per byte, a choice of those that can. */
  #dispatch(branches: readonly Node[]): void {
    const offset = this.tables.length;
    this.emit(OP_TABLE, offset);
    const bodies: number[] = [];
    const jumps: number[] = [];
    for (const branch of branches) {
      bodies.push(this.ops.length);
      this.node(branch);
      jumps.push(this.emit(OP_JUMP));
    }
    const firsts = branches.map(firstBytes);
    const lists = new Map<string, number>([['', -1]]);
    for (let byte = 0; byte < 256; byte++) {
      const able = bodies.filter((_, index) => firsts[index]?.[byte] === 1);
      const key = able.join();
      const target = lists.get(key) ?? this.#listOf(able);
      lists.set(key, target);
      this.tables[offset + byte] = target;
    }
    const join = this.emit(OP_JOIN);
    for (const jump of jumps) this.x[jump] = join;
  }

  /** Splits that try some instructions one after the other. Gives where they begin. */
  #listOf(targets: readonly number[]): number {
    const [only = -1] = targets;
    if (targets.length <= 1) return only;
    const start = this.ops.length;
    for (const target of targets.slice(0, -1)) this.emit(OP_SPLIT, target, this.ops.length + 1);
    this.emit(OP_JUMP, targets.at(-1));
    return start;
  }

  #repeat({ body, min, max, greedy }: RepeatNode): void {
    for (let turn = 0; turn < min; turn++) this.node(body);
    const isEndless = max === Number.POSITIVE_INFINITY;
    const optional = isEndless ? 1 : max - min;
    const splits: number[] = [];
    for (let turn = 0; turn < optional; turn++) {
      splits.push(this.emit(OP_SPLIT));
      this.node(body);
      // A body that can be empty comes back to a split that it has visited, and so fails.
      if (isEndless) this.emit(OP_JUMP, splits[0]);
    }
    if (splits.length === 0) return;
    const join = this.emit(OP_JOIN);
    for (const split of splits) {
      this.x[split] = greedy ? split + 1 : join;
      this.y[split] = greedy ? join : split + 1;
    }
  }

  #look({ behind, negative, body }: LookNode): void {
    const look = this.emit(OP_LOOK, 0, negative ? 1 : 0);
    if (behind) {
      const branches = body.kind === 'choice' ? body.branches : [body];
      this.#choice(
        branches.map((branch) => () => {
          this.emit(OP_BACK, lengthsOf(branch)[0]);
          this.node(branch);
        }),
      );
    } else this.node(body);
    this.emit(OP_MATCH);
    this.x[look] = this.ops.length;
  }
}

/**
 * Writes the instructions of a tree.
 * @throws {PatternProblem} when they are more than `maxInstructions`
 */
export function writeProgram(root: Node, captureCount: number, maxInstructions: number): Program {
  const writer = new ProgramWriter(maxInstructions);
  writer.node(root);
  writer.emit(OP_MATCH);
  const ops = Uint8Array.from(writer.ops);
  let visitCount = 0;
  const visits = Int32Array.from(ops, (op) =>
    op === OP_SPLIT || op === OP_JOIN ? visitCount++ : -1,
  );
  const sets = new Uint8Array(256 * writer.sets.length);
  for (const [index, set] of writer.sets.entries()) sets.set(set, 256 * index);
  return {
    tables: Int32Array.from(writer.tables),
    ops,
    x: Int32Array.from(writer.x),
    y: Int32Array.from(writer.y),
    visits,
    visitCount,
    sets,
    slotCount: 2 * captureCount + 2,
  };
}

/** At most so many instructions a node becomes, without writing them; of wide choices no less is known than very many. */
export function mostInstructions(node: Node): number {
  switch (node.kind) {
    case 'set':
    case 'assertion':
      return 1;
    case 'sequence':
      return node.items.reduce((sum, item) => sum + mostInstructions(item), 0);
    case 'capture':
      return mostInstructions(node.body) + 2;
    case 'choice':
      // The lists of a table are as many as the bytes make them.
      if (node.branches.length > MAX_TRIED) return Number.MAX_SAFE_INTEGER;
      return node.branches.reduce((sum, branch) => sum + mostInstructions(branch) + 2, 1);
    case 'repeat': {
      const { body, max, min } = node;
      const one = mostInstructions(body);
      const optional = max === Number.POSITIVE_INFINITY ? 1 : max - min;
      return min * one + optional * (one + 2) + 1;
    }
    case 'look':
      return mostInstructions(node.body) + 3 + 2 * childrenOf(node.body).length;
  }
}

/** Branches that are tried one after the other; of more the next byte chooses. */
const MAX_TRIED = 3;

/** Whether the next byte tells branches apart; for two or three, trying them is as good. */
function canDispatch(branches: readonly Node[]): boolean {
  return (
    branches.length > MAX_TRIED && branches.every((branch) => addFirst(branch, new Uint8Array(256)))
  );
}

/** The bytes that a match can begin with; everything when it can be empty. */
export function firstBytes(node: Node): ByteSet {
  const set = new Uint8Array(256);
  return addFirst(node, set) ? set : EVERYTHING;
}

/** Adds what the node can begin with. Says whether it must have a byte. */
function addFirst(node: Node, set: Uint8Array): boolean {
  switch (node.kind) {
    case 'set':
      for (let byte = 0; byte < 256; byte++) if (node.set[byte] === 1) set[byte] = 1;
      return true;
    case 'capture':
      return addFirst(node.body, set);
    case 'sequence':
      return node.items.some((item) => addFirst(item, set));
    case 'choice':
      return node.branches.map((branch) => addFirst(branch, set)).every((must) => must);
    case 'repeat':
      return addFirst(node.body, set) && node.min > 0 && !isNullable(node);
    case 'assertion':
    case 'look':
      return false;
  }
}
