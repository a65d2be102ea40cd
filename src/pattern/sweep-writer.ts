/** A tree as a program for sweep.ts. */

import { type ByteClasses, classesOf } from './byte-classes.ts';
import type { ByteSet } from './byte-set.ts';
import { isAnchored } from './cost.ts';
import { CONDITIONS } from './program.ts';
import { sweepCost } from './sweep-cost.ts';
import { inSweepOrder, type SweepOp } from './sweep-order.ts';
import {
  Plan,
  SWEEP_ASSERT,
  SWEEP_CHAIN,
  SWEEP_LOOK,
  SWEEP_NEWEST,
  SWEEP_OLDEST,
  SWEEP_OR,
  SWEEP_PLUS,
  SWEEP_SET,
  SWEEP_TRUE,
  SWEEP_WINDOW,
  type Sweep,
  type SweepProgram,
  WALK_CAPTURE,
  WALK_CHOICE,
  WALK_COUNT,
  WALK_EITHER,
  WALK_LOOK,
  WALK_LOOP,
  WALK_SEQUENCE,
  WALK_SKIP,
  WALK_TURN,
  WALK_TURNS,
} from './sweep-program.ts';
import {
  contains,
  isNullable,
  type LookNode,
  lengthsOf,
  type Node,
  PatternProblem,
  type RepeatNode,
} from './syntax.ts';

/** Sets of one chain: as many as bits of a number, without its sign. */
const MAX_CHAIN = 31;
const NOTHING = new Plan(WALK_SKIP, {});

/** A node before what follows it: its register, and how to walk it. */
interface Written {
  readonly register: number;
  readonly plan: Plan;
}

/** What the pattern and its lookarounds share. */
class Shared {
  readonly classes: ByteClasses;
  readonly looks: Sweep[] = [];
  readonly tables: number[] = [];
  readonly #setTables = new Map<ByteSet, number>();
  readonly #maxOps: number;
  #opCount = 0;

  constructor(root: Node, maxOps: number) {
    this.classes = classesOf(root);
    this.#maxOps = maxOps;
  }

  countOp(): void {
    if (++this.#opCount <= this.#maxOps) return;
    throw new PatternProblem(
      `not supported: a pattern of more than ${this.#maxOps} items; ` +
        'shorten its repetitions {…}, or divide it',
      0,
    );
  }

  setTable(set: ByteSet): number {
    const known = this.#setTables.get(set) ?? this.chainTable([set]);
    this.#setTables.set(set, known);
    return known;
  }

  /** A cell per class: bit 0 says whether it is in the last set, and so on. One more for no byte. */
  chainTable(sets: readonly ByteSet[]): number {
    const offset = this.tables.length;
    for (const byte of this.classes.examples) {
      const cell = sets.reduce((bits, set) => (bits << 1) | (set[byte] ?? 0), 0);
      this.tables.push(cell);
    }
    this.tables.push(0);
    return offset;
  }
}

class SweepWriter {
  readonly #shared: Shared;
  readonly #isForward: boolean;
  readonly #ops: SweepOp[] = [{ kind: SWEEP_TRUE, a: 0, b: 0, c: 0 }];
  readonly #counters: number[] = [];
  readonly #kept: number[] = [];

  constructor(shared: Shared, isForward: boolean) {
    this.#shared = shared;
    this.#isForward = isForward;
  }

  write(root: Node): Sweep {
    const { register, plan } = this.#node(root, SWEEP_TRUE);
    const { ops, registers } = inSweepOrder(this.#ops);
    return {
      ops,
      root: registers[register] ?? 0,
      counters: Int32Array.from(this.#counters),
      kept: Int32Array.from(this.#kept, (kept) => registers[kept] ?? 0),
      plan: this.#isForward ? undefined : plan,
      isForward: this.#isForward,
    };
  }

  #emit(kind: number, a: number, b: number, c = 0): number {
    this.#shared.countOp();
    return this.#ops.push({ kind, a, b, c }) - 1;
  }

  /** Has the walk know a register. Gives the number of its bit. */
  #keep(register: number): number {
    const known = this.#kept.indexOf(register);
    return known < 0 ? this.#kept.push(register) - 1 : known;
  }

  /**
   * Writes a node.
   * @param next the register of what follows it once a byte has been taken
   * @param unmoved the same where none has been taken yet. Another one only within a turn of an
   * endless loop: PCRE leaves the loop behind a turn that matched nothing
   */
  #node(node: Node, next: number, unmoved = next): Written {
    switch (node.kind) {
      case 'set':
        return this.#sets([node.set], next);
      case 'sequence':
        return this.#sequence(node.items, next, unmoved);
      case 'choice':
        return this.#choice(node.branches, next, unmoved);
      case 'capture': {
        const { register, plan } = this.#node(node.body, next, unmoved);
        return { register, plan: new Plan(WALK_CAPTURE, { items: [plan], index: node.index }) };
      }
      case 'repeat':
        if (node.body.kind === 'set') {
          return this.#repeatedSet(node.body.set, node, next, unmoved);
        }
        return node.max === Number.POSITIVE_INFINITY
          ? this.#loop(node, next, unmoved)
          : this.#turns(node, next, unmoved);
      case 'assertion': {
        const condition = CONDITIONS.indexOf(node.name);
        return { register: this.#emit(SWEEP_ASSERT, condition, unmoved), plan: NOTHING };
      }
      case 'look':
        return this.#look(node, unmoved);
    }
  }

  #sequence(all: readonly Node[], next: number, unmoved: number): Written {
    const rows = rowsOf(all);
    // Only up to the first row that takes a byte it matters whether one has been taken.
    const mover = rows.findIndex((row) => Array.isArray(row) || !isNullable(row as Node));
    const lastUnmoved = mover < 0 ? rows.length - 1 : mover - 1;
    const items: Plan[] = [];
    let moved = next;
    let still = unmoved;
    const inOrder = [...rows.entries()];
    for (const [at, row] of this.#isForward ? inOrder : inOrder.toReversed()) {
      const written = this.#row(row, moved, moved);
      if (still === moved || at > lastUnmoved) {
        if (written.plan !== NOTHING) items.unshift(written.plan);
        still = written.register;
      } else {
        const first = this.#row(row, moved, still);
        items.unshift(new Plan(WALK_EITHER, { items: [first.plan, written.plan] }));
        still = first.register;
      }
      moved = written.register;
    }
    const [only = NOTHING] = items;
    return {
      register: still,
      plan: items.length < 2 ? only : new Plan(WALK_SEQUENCE, { items }),
    };
  }

  #row(row: Node | readonly ByteSet[], next: number, unmoved: number): Written {
    return Array.isArray(row)
      ? this.#sets(row as ByteSet[], next)
      : this.#node(row as Node, next, unmoved);
  }

  #sets(sets: readonly ByteSet[], next: number): Written {
    const plan = new Plan(WALK_SKIP, { length: sets.length });
    const [only] = sets;
    if (only !== undefined && sets.length === 1) {
      return { register: this.#emit(SWEEP_SET, this.#shared.setTable(only), next), plan };
    }
    const table = this.#shared.chainTable(this.#isForward ? sets.toReversed() : sets);
    return { register: this.#emit(SWEEP_CHAIN, table, next, sets.length - 1), plan };
  }

  #choice(branches: readonly Node[], next: number, unmoved: number): Written {
    const written = branches.map((branch) => this.#node(branch, next, unmoved));
    const registers = written.map((branch) => branch.register);
    const bits = registers.slice(0, -1).map((register) => this.#keep(register));
    const items = written.map((branch) => branch.plan);
    return {
      register: registers.reduce((one, other) => this.#emit(SWEEP_OR, one, other)),
      plan: items.every((plan) => plan === NOTHING)
        ? NOTHING
        : new Plan(WALK_CHOICE, { items, bits }),
    };
  }

  #repeatedSet(set: ByteSet, repeat: RepeatNode, next: number, unmoved: number): Written {
    const { greedy, max, min } = repeat;
    const table = this.#shared.setTable(set);
    const least = Math.max(1, min);
    const isEndless = max === Number.POSITIVE_INFINITY;
    let register: number;
    if (least === 1 && isEndless) register = this.#emit(SWEEP_PLUS, table, next);
    else if (max === 1) register = this.#emit(SWEEP_SET, table, next);
    else {
      const number = this.#counters.push(least, isEndless ? 0 : max) / 2 - 1;
      const kind = isEndless ? SWEEP_OLDEST : least === 1 ? SWEEP_NEWEST : SWEEP_WINDOW;
      register = this.#emit(kind, table, next, number);
    }
    const bits = [this.#keep(unmoved), this.#keep(next)];
    const counter = { table, min, max };
    return {
      register: min > 0 ? register : this.#emit(SWEEP_OR, register, unmoved),
      plan: new Plan(WALK_COUNT, { counter, bits, goesOn: greedy ? 1 : 0 }),
    };
  }

  /** An endless repetition. A turn that takes no byte is the last one. */
  #loop({ body, min, greedy, offset }: RepeatNode, next: number, unmoved: number): Written {
    const goesOn = greedy ? 1 : 0;
    const head = this.#emit(SWEEP_OR, next, SWEEP_TRUE);
    const turn = this.#node(body, head, next);
    this.#ops[head] = { kind: SWEEP_OR, a: next, b: turn.register, c: 0 };
    const loop = new Plan(WALK_LOOP, {
      items: [turn.plan],
      bits: [this.#keep(greedy ? turn.register : next)],
      goesOn,
    });
    const first = unmoved === next || !isNullable(body) ? turn : this.#node(body, head, unmoved);
    if (min > 0) {
      const plan = new Plan(WALK_TURN, { items: [first.plan, loop] });
      return this.#mandatory(
        body,
        min - 1,
        { register: first.register, plan },
        unmoved !== next,
        offset,
      );
    }
    if (unmoved === next) return { register: head, plan: loop };
    const bits = [this.#keep(greedy ? first.register : unmoved)];
    return {
      register: this.#emit(SWEEP_OR, unmoved, first.register),
      plan: new Plan(WALK_TURN, { items: [first.plan, loop], bits, goesOn }),
    };
  }

  /** A repetition with a most. Turns that take no byte are turns as others are. */
  #turns({ body, max, min, greedy, offset }: RepeatNode, next: number, unmoved: number): Written {
    const items: Plan[] = [];
    const bits: number[] = [];
    let register = next;
    for (let turn = min; turn < max; turn++) {
      const { register: entry, plan } = this.#node(body, register);
      items.unshift(plan);
      // What follows the loop comes next, however many turns are left.
      const exit = turn === max - 1 && min === 0 ? unmoved : next;
      bits.unshift(this.#keep(greedy ? entry : exit));
      register = this.#emit(SWEEP_OR, exit, entry);
    }
    const plan = new Plan(WALK_TURNS, { items, bits, goesOn: greedy ? 1 : 0 });
    if (unmoved !== next && isNullable(body)) throw emptyTurn(offset);
    return this.#mandatory(body, min, { register, plan }, unmoved !== next, offset);
  }

  #mandatory(body: Node, turns: number, rest: Written, isFirst: boolean, offset: number): Written {
    if (turns === 0) return rest;
    if (isFirst && isNullable(body)) throw emptyTurn(offset);
    const items = [rest.plan];
    let { register } = rest;
    for (let turn = 0; turn < turns; turn++) {
      const written = this.#node(body, register);
      items.unshift(written.plan);
      register = written.register;
    }
    return { register, plan: new Plan(WALK_SEQUENCE, { items }) };
  }

  #look({ body, behind, negative }: LookNode, next: number): Written {
    const sweep = new SweepWriter(this.#shared, behind).write(body);
    const isWalked = !negative && !behind && contains(body, ({ kind }) => kind === 'capture');
    const index = this.#shared.looks.push(isWalked ? sweep : withoutWalk(sweep)) - 1;
    const register = this.#emit(SWEEP_LOOK, index, next, negative ? 1 : 0);
    if (!isWalked || sweep.plan === undefined) return { register, plan: NOTHING };
    return { register, plan: new Plan(WALK_LOOK, { items: [sweep.plan], index }) };
  }
}

function emptyTurn(offset: number): PatternProblem {
  return new PatternProblem(
    'not supported: a counted group that can match nothing in a repeated one; ' +
      'make one of its items mandatory',
    offset,
  );
}

function withoutWalk(sweep: Sweep): Sweep {
  return { ...sweep, kept: new Int32Array(0), plan: undefined };
}

/** Items with neighbouring sets drawn together, in rows that fit one instruction. */
function rowsOf(items: readonly Node[]): readonly (Node | readonly ByteSet[])[] {
  const rows: (Node | ByteSet[])[] = [];
  const add = (item: Node): void => {
    if (item.kind === 'sequence') for (const inner of item.items) add(inner);
    else if (isShortRow(item)) for (let turn = 0; turn < item.min; turn++) add(item.body);
    else if (item.kind !== 'set') rows.push(item);
    else {
      const last = rows.at(-1);
      if (Array.isArray(last) && last.length < MAX_CHAIN) last.push(item.set);
      else rows.push([item.set]);
    }
  };
  for (const item of items) add(item);
  return rows;
}

function isShortRow(node: Node): node is RepeatNode {
  return (
    node.kind === 'repeat' &&
    node.min === node.max &&
    lengthsOf(node)[1] <= MAX_CHAIN &&
    (node.body.kind === 'set' ||
      (node.body.kind === 'sequence' && node.body.items.every(({ kind }) => kind === 'set')))
  );
}

/**
 * Writes the program of a tree.
 * @throws {PatternProblem} when it has more than `maxOps` instructions, or a counted
 * repetition of what can be empty in an endless one
 */
export function writeSweep(root: Node, captureCount: number, maxOps: number): SweepProgram {
  const shared = new Shared(root, maxOps);
  const main = new SweepWriter(shared, false).write(root);
  const { looks, classes } = shared;
  return {
    main,
    looks,
    classOf: classes.classOf,
    classCount: classes.examples.length,
    tables: Int32Array.from(shared.tables),
    slotCount: 2 * captureCount + 2,
    isAnchored: isAnchored(root),
    longest: lengthsOf(root)[1],
    cost: sweepCost([main]),
    looksCost: sweepCost(looks),
  };
}
