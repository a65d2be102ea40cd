/** Data path. The phase of a connection and what the thread's row counts of it. */

import { GAUGE_OF_PHASE, NO_GAUGE, P_NEW } from './phases.ts';

export class PhaseCount {
  readonly #row: Float64Array;
  phase = P_NEW;

  constructor(row: Float64Array) {
    this.#row = row;
  }

  /** Every change of phase: the gauges follow it. */
  enter(phase: number): void {
    const left = GAUGE_OF_PHASE[this.phase] as number;
    const entered = GAUGE_OF_PHASE[phase] as number;
    this.phase = phase;
    if (left === entered) return;
    if (left !== NO_GAUGE) this.add(left, -1);
    if (entered !== NO_GAUGE) this.add(entered, 1);
  }

  /** For the next connection; the last one has left no gauge behind, closed as it is. */
  reset(): void {
    this.phase = P_NEW;
  }

  add(column: number, by: number): void {
    this.#row[column] = (this.#row[column] ?? 0) + by;
  }
}
