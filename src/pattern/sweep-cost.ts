/** How long a sweep takes per byte of text. */
import { SWEEP_CELLS, SWEEP_NEWEST, type Sweep } from './sweep-program.ts';

/** Nanoseconds of an instruction, as measured. */
export const OP_NS = 5;
/** Of a counter, of a kept register, of a position. */
const COUNTER_NS = 10;
const KEPT_NS = 2.5;
const POSITION_NS = 12;

/** Nanoseconds per byte of text for some sweeps of a pattern, about and at most. */
export function sweepCost(sweeps: readonly Sweep[]): number {
  let cost = 0;
  for (const { kept, ops } of sweeps) {
    cost += POSITION_NS + KEPT_NS * kept.length;
    for (let at = 0; at < ops.length; at += SWEEP_CELLS) {
      cost += (ops[at] ?? 0) >= SWEEP_NEWEST ? COUNTER_NS : OP_NS;
    }
  }
  return cost;
}
