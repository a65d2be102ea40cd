/** How many steps the matcher of matcher.ts can need: an upper bound. */
import { OP_JUMP, OP_LOOK, OP_MATCH, OP_SET, OP_SPLIT, OP_TABLE, type Program } from './program.ts';

/**
 * At most so many steps per position of the text, lookarounds not counted.
 *
 * An instruction is run at most once per position, and only when the byte before has led there: so
 * the most is what the start reaches without a byte, and what any one byte reaches.
 */
export function stepsPerByte(program: Program): number {
  const { ops, x, sets } = program;
  const atStart = reachable(program, [0]);
  const starts: number[][] = Array.from({ length: 256 }, () => []);
  for (let pc = 0; pc < ops.length; pc++) {
    if (ops[pc] !== OP_SET) continue;
    const offset = x[pc] ?? 0;
    for (let byte = 0; byte < 256; byte++)
      if (sets[offset + byte] === 1) starts[byte]?.push(pc + 1);
  }
  const most = new Map<string, number>();
  for (const from of starts) {
    const key = from.join();
    if (!most.has(key)) most.set(key, reachable(program, from));
  }
  return atStart + Math.max(...most.values());
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
