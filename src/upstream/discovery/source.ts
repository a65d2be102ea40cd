import type { RandomBits } from '#src/base/random-bits.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';

/** Something that names endpoints while it runs. It tells a SourceKeeper. */
export interface Source {
  start(): void;
  /** Nobody is told anything afterwards. */
  close(): void;
}

/** Time and chance of a source; tests have their own. */
export interface SourceSurroundings {
  readonly wheel: TimerWheel;
  readonly random: RandomBits;
}
