/**
 * Data path. Matches in time linear in the text, in PCRE's order of preference.
 *
 * It backtracks, but enters no alternative twice at the same position: what failed there once fails
 * again, since nothing but the position decides (there are no back references). So it takes at most
 * one step per instruction and byte, whatever the pattern.
 */
import { WORD } from './byte-set.ts';
import {
  OP_ASSERT,
  OP_BACK,
  OP_JOIN,
  OP_JUMP,
  OP_LOOK,
  OP_MATCH,
  OP_SAVE,
  OP_SET,
  OP_SPLIT,
  OP_TABLE,
  type Program,
} from './program.ts';

const NEWLINE = 0x0a;
/** Memory beyond this is not kept for the next match. */
const MAX_KEPT_CELLS = 1 << 20;

/** Memory of the matches of this thread, which run one at a time and to their end. */
let stack = new Int32Array(1024);
let depth = 0;
let visited = new Int32Array(1024);
/** Words of `visited` that lookarounds have changed, for taking them back. */
let touched = new Int32Array(64);
let touchedCount = 0;
let steps = 0;

/** The steps of the last `match`, for tests: instructions that were run. */
export function lastSteps(): number {
  return steps;
}

/**
 * Looks for the first place where the program matches; fills `slots` with the positions of its
 * captures (-1 for none).
 * @param first the bytes that a match can begin with
 * @param isAnchored whether it can begin at 0 only
 */
export function match(
  program: Program,
  text: string,
  slots: Int32Array,
  first: Uint8Array,
  canBeEmpty: boolean,
  isAnchored: boolean,
): boolean {
  const words = ((text.length + 1) * program.visitCount + 31) >>> 5;
  if (visited.length < words) visited = new Int32Array(2 * words);
  else visited.fill(0, 0, words);
  depth = 0;
  touchedCount = 0;
  steps = 0;
  slots.fill(-1);
  const last = isAnchored ? 0 : text.length;
  let end = -1;
  let start = 0;
  for (; start <= last; start++) {
    if (!canBeEmpty && first[text.charCodeAt(start)] !== 1) continue;
    end = run(program, text, slots, 0, start, false);
    if (end >= 0) break;
  }
  if (stack.length > MAX_KEPT_CELLS) stack = new Int32Array(1024);
  if (visited.length > MAX_KEPT_CELLS) visited = new Int32Array(1024);
  if (end < 0) return false;
  slots[0] = start;
  slots[1] = end;
  return true;
}

/**
 * Runs from an instruction and a position. Gives where it ended, or -1.
 * One function, since calls between the steps would cost more than the steps.
 */
function run(
  program: Program,
  text: string,
  slots: Int32Array,
  startPc: number,
  startPosition: number,
  isLook: boolean,
): number {
  const { ops, x, y, visits, sets, tables } = program;
  const width = text.length + 1;
  const base = depth;
  const touchedBase = touchedCount;
  let pc = startPc;
  let position = startPosition;
  let end = -1;
  let count = 0;
  for (;;) {
    let goesOn = true;
    count++;
    switch (ops[pc]) {
      case OP_SET: {
        const code = position < text.length ? text.charCodeAt(position) : 256;
        goesOn = code < 256 && sets[(x[pc] as number) + code] === 1;
        position++;
        pc++;
        break;
      }
      case OP_JOIN:
      case OP_SPLIT: {
        const bit = (visits[pc] as number) * width + position;
        const word = bit >>> 5;
        const mask = 1 << (bit & 31);
        const cell = visited[word] as number;
        goesOn = (cell & mask) === 0;
        if (!goesOn) break;
        visited[word] = cell | mask;
        if (isLook) touch(bit);
        if (ops[pc] === OP_JOIN) pc++;
        else {
          push(y[pc] as number, position);
          pc = x[pc] as number;
        }
        break;
      }
      case OP_TABLE: {
        const code = position < text.length ? text.charCodeAt(position) : 256;
        pc = code < 256 ? (tables[(x[pc] as number) + code] as number) : -1;
        goesOn = pc >= 0;
        break;
      }
      case OP_JUMP:
        pc = x[pc] as number;
        break;
      case OP_SAVE: {
        const slot = x[pc] as number;
        push(-1 - slot, slots[slot] as number);
        slots[slot] = position;
        pc++;
        break;
      }
      case OP_ASSERT:
        goesOn = conditionHolds(x[pc] as number, text, position);
        pc++;
        break;
      case OP_LOOK: {
        const found = run(program, text, slots, pc + 1, position, true) >= 0;
        goesOn = found === (y[pc] === 0);
        pc = x[pc] as number;
        break;
      }
      case OP_BACK:
        position -= x[pc] as number;
        goesOn = position >= 0;
        pc++;
        break;
      case OP_MATCH:
        end = position;
        goesOn = false;
        break;
    }
    if (goesOn) continue;
    if (end >= 0 && !isLook) break;
    // Back to the last choice, and captures to what they were; a lookaround that is through keeps none.
    pc = -1;
    while (depth > base) {
      depth -= 2;
      const entry = stack[depth] as number;
      const value = stack[depth + 1] as number;
      if (entry < 0) slots[-1 - entry] = value;
      else if (end < 0) {
        pc = entry;
        position = value;
        break;
      }
    }
    if (pc < 0) break;
  }
  steps += count;
  if (isLook) untouch(touchedBase);
  return end;
}

/** A choice, or the former value of a slot. */
function push(entry: number, value: number): void {
  if (depth + 2 > stack.length) {
    const longer = new Int32Array(2 * stack.length);
    longer.set(stack);
    stack = longer;
  }
  stack[depth] = entry;
  stack[depth + 1] = value;
  depth += 2;
}

function touch(bit: number): void {
  if (touchedCount === touched.length) {
    const longer = new Int32Array(2 * touched.length);
    longer.set(touched);
    touched = longer;
  }
  touched[touchedCount++] = bit;
}

/** A lookaround succeeds without trying everything, so what it has visited has not failed. */
function untouch(base: number): void {
  while (touchedCount > base) {
    const bit = touched[--touchedCount] as number;
    visited[bit >>> 5] = (visited[bit >>> 5] as number) & ~(1 << (bit & 31));
  }
}

/** Whether a condition of `CONDITIONS`, by number, holds at a position. */
export function conditionHolds(condition: number, text: string, position: number): boolean {
  const { length } = text;
  switch (condition) {
    case 0:
      return position === 0;
    case 1:
      return position === 0 || (position < length && text.charCodeAt(position - 1) === NEWLINE);
    case 2:
      return position === length;
    case 3:
      return (
        position === length || (position === length - 1 && text.charCodeAt(position) === NEWLINE)
      );
    case 4:
      return position === length || text.charCodeAt(position) === NEWLINE;
    default:
      return (isWord(text, position - 1) !== isWord(text, position)) === (condition === 5);
  }
}

function isWord(text: string, position: number): boolean {
  return WORD[text.charCodeAt(position)] === 1;
}
