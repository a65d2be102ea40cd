/**
 * Data path. Matches in time linear in the text, whatever the pattern: the engine for patterns whose
 * repetitions are too many for the other two.
 *
 * It goes over the text once, from the end to the start, and works out for every place of the pattern
 * whether it leads to a match from there. So where a match begins is known, and from there a walk
 * takes, at every choice, the first way that leads to the end: it never has to come back, and gives
 * what PCRE, which tries the ways in that order, ends with. A lookaround is a sweep of its own before.
 */
import { conditionHolds } from './matcher.ts';
import {
  type Plan,
  SWEEP_ASSERT,
  SWEEP_CELLS,
  SWEEP_CHAIN,
  SWEEP_LOOK,
  SWEEP_NEWEST,
  SWEEP_OLDEST,
  SWEEP_OR,
  SWEEP_PLUS,
  SWEEP_SET,
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

/** Memory beyond this, in cells, is not kept for the next match. */
const MAX_KEPT_CELLS = 1 << 20;
/** Registers and counters of a program at most. */
export const MAX_SWEEP_OPS = 1000;

/** Memory of the sweeps of this thread, which run one at a time and to their end. */
let present = new Uint8Array(MAX_SWEEP_OPS + 1);
let former = new Uint8Array(MAX_SWEEP_OPS + 1);
const chains = new Int32Array(MAX_SWEEP_OPS + 1);
/** Of each counter: where what it counts began; of a window, its ring's head, tail, start and end in `rings`. */
const counts = new Int32Array(4 * MAX_SWEEP_OPS);
let rings = new Int32Array(1024);
/** For each lookaround and position whether it matches there. */
let looks = new Uint8Array(1024);
/** The kept registers: for each sweep that is walked, a row of words per position. */
let bits = new Int32Array(1024);

/** Where the walk is: the text up to its limit, the rows of `bits`, and where captures go. */
let walked: SweepProgram;
let walkText = '';
let walkLimit = 0;
let walkSlots: Int32Array = new Int32Array(0);
let rowsAt = 0;
let rowWords = 0;
/** Where the present turn of the innermost endless loop has begun. */
let turnStart = 0;

/** Whether the program matches somewhere in the text. */
export function sweepTest(program: SweepProgram, text: string): boolean {
  const limit = limitOf(program, text);
  sweepLooks(program, text, false);
  const start = sweep(program, program.main, text, limit, -1, -1, true);
  release();
  return start >= 0;
}

/** Looks for the first place where the program matches; fills `slots` with the positions of its captures (-1 for none). */
export function sweepExec(program: SweepProgram, text: string, slots: Int32Array): boolean {
  const { main } = program;
  const limit = limitOf(program, text);
  const words = wordsOf(main) * (limit + 1);
  const total = words + lookWords(program, text);
  if (bits.length < total) bits = new Int32Array(2 * total);
  slots.fill(-1);
  sweepLooks(program, text, true);
  const start = sweep(program, main, text, limit, -1, lookWords(program, text), false);
  if (start >= 0 && main.plan !== undefined) {
    walked = program;
    walkText = text;
    walkLimit = limit;
    walkSlots = slots;
    rowsAt = lookWords(program, text);
    rowWords = wordsOf(main);
    slots[0] = start;
    slots[1] = walk(main.plan, start);
    walkText = '';
  }
  release();
  return start >= 0;
}

/** With one start, nothing is left of it behind the longest text that matches. */
function limitOf({ isAnchored, longest }: SweepProgram, text: string): number {
  return isAnchored && longest < text.length ? longest : text.length;
}

function wordsOf(one: Sweep): number {
  return (one.kept.length + 31) >>> 5;
}

/** Words of `bits` for lookarounds that are walked; they stand before those of the pattern. */
function lookWords({ looks: all }: SweepProgram, text: string): number {
  let words = 0;
  for (let index = 0; index < all.length; index++) words += wordsOf(all[index] as Sweep);
  return words * (text.length + 1);
}

function sweepLooks(program: SweepProgram, text: string, keeps: boolean): void {
  const width = text.length + 1;
  const count = program.looks.length;
  if (looks.length < count * width) looks = new Uint8Array(2 * count * width);
  let row = 0;
  for (let index = 0; index < count; index++) {
    const one = program.looks[index] as Sweep;
    sweep(program, one, text, text.length, index * width, keeps ? row : -1, false);
    row += wordsOf(one) * width;
  }
}

function release(): void {
  if (rings.length > MAX_KEPT_CELLS) rings = new Int32Array(1024);
  if (looks.length > MAX_KEPT_CELLS) looks = new Uint8Array(1024);
  if (bits.length > MAX_KEPT_CELLS) bits = new Int32Array(1024);
}

/** Empties the counters. A window needs room for as many places as it is wide, for a new one, and one that stays empty. */
function resetCounters({ counters }: Sweep, limit: number): void {
  let start = 0;
  for (let at = 0; at < counters.length; at += 2) {
    const end = start + Math.min(counters[at + 1] as number, limit) + 2;
    counts[2 * at] = -1;
    counts[2 * at + 1] = start;
    counts[2 * at + 2] = start;
    counts[2 * at + 3] = end;
    start = end;
  }
  if (rings.length < start) rings = new Int32Array(2 * start);
}

/**
 * One sweep over the first `limit` bytes. Fills a row of `looks` from `looksAt` on, and rows of `bits`
 * from `bitsAt` on, unless they are -1.
 * One function, since calls between the instructions would cost more than the instructions.
 * @returns the last position met at which it matches, or -1; the first one if `stops`
 */
function sweep(
  program: SweepProgram,
  one: Sweep,
  text: string,
  limit: number,
  looksAt: number,
  bitsAt: number,
  stops: boolean,
): number {
  const { classCount, classOf, tables } = program;
  const { counters, isForward, kept, ops, root } = one;
  const words = wordsOf(one);
  const width = text.length + 1;
  let now = present;
  let before = former;
  now[0] = 1;
  before[0] = 1;
  chains.fill(0, 0, ops.length / SWEEP_CELLS);
  resetCounters(one, limit);
  let found = -1;
  for (let turn = 0; turn <= limit; turn++) {
    const position = isForward ? turn : limit - turn;
    let byteClass = classCount;
    if (turn > 0) {
      const code = text.charCodeAt(isForward ? turn - 1 : position);
      if (code < 256) byteClass = classOf[code] as number;
    }
    let register = 1;
    for (let at = SWEEP_CELLS; at < ops.length; at += SWEEP_CELLS, register++) {
      const a = ops[at + 1] as number;
      const b = ops[at + 2] as number;
      let value = 0;
      switch (ops[at]) {
        case SWEEP_SET:
          value = (tables[a + byteClass] as number) & (before[b] as number);
          break;
        case SWEEP_PLUS:
          value =
            (tables[a + byteClass] as number) &
            ((before[b] as number) | (before[register] as number));
          break;
        case SWEEP_CHAIN: {
          const row =
            (((chains[register] as number) << 1) | (before[b] as number)) &
            (tables[a + byteClass] as number);
          chains[register] = row;
          value = (row >>> (ops[at + 3] as number)) & 1;
          break;
        }
        case SWEEP_OR:
          value = (now[a] as number) | (now[b] as number);
          break;
        case SWEEP_ASSERT:
          if (now[b] === 1 && conditionHolds(a, text, position)) value = 1;
          break;
        case SWEEP_LOOK:
          value =
            (now[b] as number) &
            ((looks[a * width + position] as number) ^ (ops[at + 3] as number));
          break;
        case SWEEP_NEWEST: {
          const counter = ops[at + 3] as number;
          if (tables[a + byteClass] === 0) counts[4 * counter] = -1;
          else {
            if (before[b] === 1) counts[4 * counter] = turn - 1;
            const began = counts[4 * counter] as number;
            if (began >= 0 && turn - began <= (counters[2 * counter + 1] as number)) value = 1;
          }
          break;
        }
        case SWEEP_OLDEST: {
          const counter = ops[at + 3] as number;
          if (tables[a + byteClass] === 0) counts[4 * counter] = -1;
          else {
            if (before[b] === 1 && counts[4 * counter] === -1) counts[4 * counter] = turn - 1;
            const began = counts[4 * counter] as number;
            if (began >= 0 && turn - began >= (counters[2 * counter] as number)) value = 1;
          }
          break;
        }
        case SWEEP_WINDOW:
          value = window(
            ops[at + 3] as number,
            counters,
            tables[a + byteClass] as number,
            before[b] as number,
            turn,
          );
          break;
      }
      now[register] = value;
    }
    const matches = now[root] as number;
    if (matches === 1) {
      found = position;
      if (stops) break;
    }
    if (looksAt >= 0) looks[looksAt + position] = matches;
    if (bitsAt >= 0 && words > 0) keep(kept, now, bitsAt + position * words);
    const swapped = before;
    before = now;
    now = swapped;
  }
  present = now;
  former = before;
  return found;
}

/** A counted repetition with a least and a most: the places that it began at are in a ring, the oldest at its head. */
function window(
  counter: number,
  counters: Int32Array,
  isMember: number,
  begins: number,
  turn: number,
): number {
  const at = 4 * counter;
  const start = counter === 0 ? 0 : (counts[at - 1] as number);
  const end = counts[at + 3] as number;
  let head = counts[at + 1] as number;
  let tail = counts[at + 2] as number;
  if (isMember === 0) {
    counts[at + 1] = start;
    counts[at + 2] = start;
    return 0;
  }
  if (begins === 1) {
    rings[tail] = turn - 1;
    if (++tail === end) tail = start;
    counts[at + 2] = tail;
  }
  if (head === tail) return 0;
  // One place a turn at most grows too old.
  if (turn - (rings[head] as number) > (counters[2 * counter + 1] as number)) {
    if (++head === end) head = start;
    counts[at + 1] = head;
    if (head === tail) return 0;
  }
  return turn - (rings[head] as number) >= (counters[2 * counter] as number) ? 1 : 0;
}

function keep(kept: Int32Array, registers: Uint8Array, at: number): void {
  let word = 0;
  for (let index = 0; index < kept.length; index++) {
    word |= (registers[kept[index] as number] as number) << (index & 31);
    if ((index & 31) === 31) {
      bits[at + (index >>> 5)] = word;
      word = 0;
    }
  }
  if ((kept.length & 31) !== 0) bits[at + (kept.length >>> 5)] = word;
}

function bitAt(bit: number, position: number): number {
  return ((bits[rowsAt + position * rowWords + (bit >>> 5)] as number) >>> (bit & 31)) & 1;
}

/** Goes a step of the plan from a position. Gives where it ends. */
function walk(plan: Plan, from: number): number {
  const { bits: numbers, items } = plan;
  let position = from;
  switch (plan.kind) {
    case WALK_SKIP:
      return position + plan.length;
    case WALK_SEQUENCE:
      for (let at = 0; at < items.length; at++) position = walk(items[at] as Plan, position);
      return position;
    case WALK_CHOICE: {
      let at = 0;
      while (at < numbers.length && bitAt(numbers[at] as number, position) === 0) at++;
      return walk(items[at] as Plan, position);
    }
    case WALK_TURNS:
      for (let at = 0; at < items.length; at++) {
        if (bitAt(numbers[at] as number, position) !== plan.goesOn) break;
        position = walk(items[at] as Plan, position);
      }
      return position;
    case WALK_LOOP:
      while (bitAt(numbers[0] as number, position) === plan.goesOn) {
        const end = walkTurn(items[0] as Plan, position);
        if (end === position) break;
        position = end;
      }
      return position;
    case WALK_TURN:
      if (numbers.length > 0 && bitAt(numbers[0] as number, from) !== plan.goesOn) return from;
      position = walkTurn(items[0] as Plan, from);
      return position === from ? from : walk(items[1] as Plan, position);
    case WALK_EITHER:
      return walk(items[position === turnStart ? 0 : 1] as Plan, position);
    case WALK_COUNT:
      return walkCount(plan, position);
    case WALK_CAPTURE:
      position = walk(items[0] as Plan, from);
      walkSlots[2 * plan.index] = from;
      walkSlots[2 * plan.index + 1] = position;
      return position;
    case WALK_LOOK:
      walkLook(plan, from);
      return from;
  }
  return position;
}

function walkTurn(body: Plan, from: number): number {
  const outer = turnStart;
  turnStart = from;
  const end = walk(body, from);
  turnStart = outer;
  return end;
}

function walkCount({ bits: numbers, counter, goesOn }: Plan, from: number): number {
  const { classOf, tables } = walked;
  const { max, min, table } = counter;
  let bit = numbers[0] as number;
  let end = from;
  for (let position = from; position <= walkLimit; position++) {
    if (position - from >= min && bitAt(bit, position) === 1) {
      end = position;
      if (goesOn === 0) break;
    }
    bit = numbers[1] as number;
    if (position - from === max || position === walkLimit) break;
    const code = walkText.charCodeAt(position);
    if (code > 255 || tables[table + (classOf[code] as number)] === 0) break;
  }
  return end;
}

/** A lookahead has bits of its own, for the whole text. */
function walkLook({ index, items }: Plan, from: number): void {
  const [outerRows, outerWords, outerLimit] = [rowsAt, rowWords, walkLimit];
  let words = 0;
  for (let at = 0; at < index; at++) words += wordsOf(walked.looks[at] as Sweep);
  rowsAt = words * (walkText.length + 1);
  rowWords = wordsOf(walked.looks[index] as Sweep);
  walkLimit = walkText.length;
  walk(items[0] as Plan, from);
  rowsAt = outerRows;
  rowWords = outerWords;
  walkLimit = outerLimit;
}
