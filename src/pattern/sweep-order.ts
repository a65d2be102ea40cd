/** The order in which the instructions of a sweep can be run. */
import { SWEEP_ASSERT, SWEEP_CELLS, SWEEP_LOOK, SWEEP_OR, SWEEP_TRUE } from './sweep-program.ts';

/** An instruction whose registers are those of the order in which it was written. */
export interface SweepOp {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * Sorts instructions so that each stands behind those whose present register it reads. There is such
 * an order, since no loop goes round without a byte.
 * @returns the instructions, and the new register of each former one
 */
export function inSweepOrder(all: readonly SweepOp[]): {
  ops: Int32Array;
  registers: Int32Array;
} {
  const registers = new Int32Array(all.length).fill(-1);
  const ops = new Int32Array(SWEEP_CELLS * all.length);
  const order: number[] = [];
  const left: number[] = [];
  for (let at = 0; at < all.length; at++) {
    left.push(at);
    for (let top = left.at(-1); top !== undefined; top = left.at(-1)) {
      const open = presentReads(all[top]).filter((read) => registers[read] === -1);
      if (open.length > 0 && registers[top] === -1) {
        left.push(...open);
        continue;
      }
      left.pop();
      if (registers[top] === -1) registers[top] = order.push(top) - 1;
    }
  }
  for (const [register, at] of order.entries()) {
    const { kind, a, b, c } = all[at] ?? { kind: SWEEP_TRUE, a: 0, b: 0, c: 0 };
    const first = kind === SWEEP_OR ? (registers[a] ?? 0) : a;
    ops.set([kind, first, registers[b] ?? 0, c], SWEEP_CELLS * register);
  }
  return { ops, registers };
}

function presentReads(op: SweepOp | undefined): readonly number[] {
  if (op?.kind === SWEEP_OR) return [op.a, op.b];
  return op?.kind === SWEEP_ASSERT || op?.kind === SWEEP_LOOK ? [op.b] : [];
}
