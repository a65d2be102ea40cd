/** What sweep.ts runs: instructions of the sweep, and the plan of the walk behind it. */

/** Always true: where a match may end. It is instruction 0 and never run. */
export const SWEEP_TRUE = 0;
/** A byte of the class table `a`, before what register `b` stands for. */
export const SWEEP_SET = 1;
/** One or more bytes of the class table `a`, before what register `b` stands for. */
export const SWEEP_PLUS = 2;
/** A row of up to 31 sets, before `b`. Cell of the table `a`: bit n is for the nth set from the end; `c` is the last bit's number. */
export const SWEEP_CHAIN = 3;
/** Register `a` or register `b`. */
export const SWEEP_OR = 4;
/** The condition number `a` of `CONDITIONS` holds, and register `b`. */
export const SWEEP_ASSERT = 5;
/** Lookaround number `a` holds, and register `b`; `c` is 1 for a negative one. */
export const SWEEP_LOOK = 6;
/** From 1 to `max` bytes of a set, before `b`; `c` is the number of the counter. */
export const SWEEP_NEWEST = 7;
/** At least `min` bytes of a set, before `b`; `c` is the number of the counter. */
export const SWEEP_OLDEST = 8;
/** From `min` to `max` bytes of a set, before `b`; `c` is the number of the counter. */
export const SWEEP_WINDOW = 9;

/** Cells of an instruction: what it is, `a`, `b`, `c`. */
export const SWEEP_CELLS = 4;

/** A repeated set. */
export interface Counter {
  readonly table: number;
  readonly min: number;
  /** Infinity when there is no limit. */
  readonly max: number;
}

/** Passes `length` bytes. */
export const WALK_SKIP = 0;
/** All `items`, one behind the other. */
export const WALK_SEQUENCE = 1;
/** The first of `items` whose bit is set; the last one has none. */
export const WALK_CHOICE = 2;
/** The items one behind the other, as long as the bit of the next is `goesOn`. */
export const WALK_TURNS = 3;
/** As `WALK_TURNS`, with its one item again and again, until a turn takes no byte. */
export const WALK_LOOP = 4;
/** As many bytes of `counter` as can be (`goesOn` is 1) or must be (0), where a bit is set behind them: the first one without a byte, the second one else. */
export const WALK_COUNT = 5;
/** Its one item, noted as capture `index`. */
export const WALK_CAPTURE = 6;
/** Its one item, from here on in the bits of lookahead number `index`; then back. */
export const WALK_LOOK = 7;

/** Its first item as a turn, if it has no bit or that is `goesOn`; then its second one, if that took a byte. */
export const WALK_TURN = 8;
/** Its first item where the turn has not taken a byte yet, else its second one. */
export const WALK_EITHER = 9;

/**
 * A step of the walk from the start of a match to its end. One class for all of them: the walk meets
 * one shape only.
 */
export class Plan {
  readonly kind: number;
  readonly items: readonly Plan[];
  /** Numbers of kept bits, one per item or one for all. */
  readonly bits: readonly number[];
  readonly goesOn: 0 | 1;
  readonly length: number;
  readonly index: number;
  readonly counter: Counter;

  constructor(
    kind: number,
    {
      items = [],
      bits = [],
      goesOn = 1,
      length = 0,
      index = 0,
      counter = { table: 0, min: 0, max: 0 },
    }: Partial<Omit<Plan, 'kind'>>,
  ) {
    this.kind = kind;
    this.items = items;
    this.bits = bits;
    this.goesOn = goesOn;
    this.length = length;
    this.index = index;
    this.counter = counter;
  }
}

/** The instructions of a pattern or of a lookaround in it. */
export interface Sweep {
  /** `SWEEP_CELLS` per instruction; its number is its register. */
  readonly ops: Int32Array;
  /** The register of the whole. */
  readonly root: number;
  /** The least and most bytes of each counter; no most for SWEEP_OLDEST. */
  readonly counters: Int32Array;
  /** The registers that the walk asks for: bit n is for the nth. Empty without a walk. */
  readonly kept: Int32Array;
  readonly plan: Plan | undefined;
  /** Whether it goes from the start to the end, as a look behind does. */
  readonly isForward: boolean;
}

/** A pattern for the sweep. */
export interface SweepProgram {
  readonly main: Sweep;
  /** Those that another one needs stand before it. */
  readonly looks: readonly Sweep[];
  /** The class of each byte: bytes of a class are alike to the pattern. */
  readonly classOf: Uint8Array;
  /** Cells by class; each table has one more cell, for what is no byte. */
  readonly tables: Int32Array;
  readonly classCount: number;
  readonly slotCount: number;
  readonly isAnchored: boolean;
  /** The longest text that can match, in bytes. */
  readonly longest: number;
  /** Nanoseconds per byte, about and at most: of the main sweep and of the lookarounds together. */
  readonly cost: number;
  readonly looksCost: number;
}
