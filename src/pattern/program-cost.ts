/** How many steps the matcher of matcher.ts can need: an upper bound. */
import { OP_JUMP, OP_LOOK, OP_MATCH, OP_SET, OP_SPLIT, OP_TABLE, type Program } from './program.ts';

/**
 * At most so many steps per position of the text, lookarounds not counted.
 *
 * An instruction is run at most once per position, and only when the bytes before have led there: so
 * the most is what the start reaches without a byte, and what any two bytes reach.
 */
export function stepsPerByte(program: Program): number {
  const atStart = new Uint8Array(program.ops.length);
  markSets(program, [0], atStart);
  const lists = setsByByte(program);
  let most = 0;
  for (const first of lists) {
    const isActive = atStart.slice();
    markSets(
      program,
      first.map((pc) => pc + 1),
      isActive,
    );
    for (const second of lists) {
      const from = second.filter((pc) => isActive[pc] === 1).map((pc) => pc + 1);
      most = Math.max(most, reachable(program, from));
    }
  }
  return reachable(program, [0]) + most;
}

/** For each byte the instructions that take it; bytes that are alike share a list. */
function setsByByte({ ops, x, sets }: Program): readonly (readonly number[])[] {
  const lists: number[][] = Array.from({ length: 256 }, () => []);
  for (let pc = 0; pc < ops.length; pc++) {
    if (ops[pc] !== OP_SET) continue;
    const offset = x[pc] ?? 0;
    for (let byte = 0; byte < 256; byte++) if (sets[offset + byte] === 1) lists[byte]?.push(pc);
  }
  return [...new Map(lists.map((list) => [list.join(), list])).values()];
}

/** Marks the instructions for a byte that some instructions lead to without one. */
function markSets(
  { ops, x, y, tables }: Program,
  from: readonly number[],
  marks: Uint8Array,
): void {
  const seen = new Uint8Array(ops.length);
  const left = [...from];
  for (let pc = left.pop(); pc !== undefined; pc = left.pop()) {
    if (pc < 0 || seen[pc] === 1) continue;
    seen[pc] = 1;
    const op = ops[pc];
    const target = x[pc] ?? 0;
    if (op === OP_SET) marks[pc] = 1;
    else if (op === OP_TABLE) left.push(...new Set(tables.subarray(target, target + 256)));
    else if (op === OP_JUMP || op === OP_LOOK) left.push(target);
    else if (op === OP_SPLIT) left.push(target, y[pc] ?? 0);
    else if (op !== OP_MATCH) left.push(pc + 1);
  }
}

/** How many steps from some instructions need no byte, at most. */
function reachable(program: Program, from: readonly number[]): number {
  const { ops, x, y, tables } = program;
  const seen = new Uint8Array(ops.length);
  const left = [...from];
  let count = 0;
  // Of the ways of a table one byte takes one: its longest list counts, not all of them.
  for (let pc = left.pop(); pc !== undefined; pc = left.pop()) {
    // To come a second time is a step too, the last one.
    count++;
    if (seen[pc] === 1) continue;
    seen[pc] = 1;
    const op = ops[pc];
    if (op === OP_SET || op === OP_MATCH) continue;
    if (op === OP_TABLE) {
      const offset = x[pc] ?? 0;
      const targets = new Set(tables.subarray(offset, offset + 256));
      targets.delete(-1);
      count += Math.max(0, ...[...targets].map((target) => reachable(program, [target])));
    } else if (op === OP_JUMP || op === OP_LOOK) left.push(x[pc] ?? 0);
    else if (op === OP_SPLIT) left.push(x[pc] ?? 0, y[pc] ?? 0);
    else left.push(pc + 1);
  }
  return count;
}
