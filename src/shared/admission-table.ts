// Data path.
import type { Layout } from './layout.ts';

/** What share 1 is in a cell. */
export const WHOLE_SHARE = 0x1_0000;
/** Set in a cell where `admission_control` asks for the share, and no breaker. */
const IS_ADMISSION = 0x10_0000;
const SHARE_MASK = 0x1_ffff;

/** Who turns exchanges away. */
export type Turner = 'breaker' | 'admission';

/**
 * Which share of its exchanges an upstream turns away before any endpoint is asked: one cell per
 * upstream, written by the generation's main thread (src/upstream/judges), and per thread and
 * upstream how many were. 0, as the memory begins, turns nobody away. Allocates nothing after
 * construction.
 */
export class AdmissionTable {
  readonly #shares: Int32Array;
  readonly #rows: Int32Array;
  readonly #stride: number;
  readonly #own: number;

  constructor(
    buffer: SharedArrayBuffer,
    layout: Layout,
    threadCount: number,
    upstreamCount: number,
    thread: number,
  ) {
    this.#stride = layout.turnedAwayStride;
    this.#shares = new Int32Array(buffer, layout.admissionsOffset, upstreamCount);
    this.#rows = new Int32Array(buffer, layout.turnedAwayOffset, this.#stride * threadCount);
    this.#own = thread * this.#stride;
  }

  /** 0: none, to WHOLE_SHARE: all. */
  share(upstream: number): number {
    return (this.#shares[upstream] as number) & SHARE_MASK;
  }

  /** Whose decision the share is. */
  turner(upstream: number): Turner {
    return ((this.#shares[upstream] as number) & IS_ADMISSION) === 0 ? 'breaker' : 'admission';
  }

  /** `share` from 0 to 1. Generation's main thread only. */
  setShare(upstream: number, share: number, turner: Turner): void {
    const cell = Math.round(Math.min(1, Math.max(0, share)) * WHOLE_SHARE);
    const flag = turner === 'admission' && cell > 0 ? IS_ADMISSION : 0;
    Atomics.store(this.#shares, upstream, cell | flag);
  }

  /** One exchange was turned away. */
  turnAway(upstream: number): void {
    const cell = this.#own + upstream;
    this.#rows[cell] = ((this.#rows[cell] as number) + 1) | 0;
  }

  /** How many were, over all threads since the start. */
  turnedAway(upstream: number): number {
    let sum = 0;
    for (let at = upstream; at < this.#rows.length; at += this.#stride) {
      sum += (this.#rows[at] as number) >>> 0;
    }
    return sum;
  }
}
