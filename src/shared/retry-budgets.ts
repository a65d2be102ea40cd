// Data path.
import { type Layout, RETRY_CELLS } from './layout.ts';

/** Cells of one upstream. */
const SPENT = 0; //    what was taken or has lapsed, of all that was ever earned; wraps
const SINCE_SEC = 1; // when it was asked first; 0: never
const UNEARNED = 2; //  answers that ended well for their connection, and were bad ones
const TAKEN = 3;
const REFUSED = 4;

/** What nobody has taken for so long lapses, unless more exchanges than that are in flight. */
const RESERVE_SEC = 10;
const LEAST_RESERVE = 10;

/** What the tries beyond the first of each exchange may cost (`retry_budget`). */
export interface RetryBudgetConfig {
  /** Of the tries that end well. */
  readonly ratio: number;
  /** Beside these, per second. */
  readonly minPerSec: number;
}

/**
 * How many further tries the exchanges of each upstream may have, over all threads: `ratio` is
 * earned by each try that ends well and `minPerSec` by each second; a further try takes 1. Who fails
 * earns nothing, so an upstream that fails altogether sees hardly more than its clients send. What is
 * left is counted in one cell by compare-and-swap: no try is allowed twice for the same earnings.
 * What was earned in quiet times lapses, down to one try for every exchange in flight: as many as a
 * sudden failure can hit. Asked only when a try has failed. Allocates nothing after construction.
 */
export class RetryBudgets {
  readonly #cells: Int32Array;

  constructor(buffer: SharedArrayBuffer, layout: Layout, upstreamCount: number) {
    this.#cells = new Int32Array(buffer, layout.retriesOffset, upstreamCount * RETRY_CELLS);
  }

  /**
   * Takes one further try; false when there is none. `endedWell`: tries of the upstream that have, so
   * far; `inFlight`: exchanges it has now; `nowMs`: `sharedNowMs`.
   */
  take(
    upstream: number,
    { minPerSec, ratio }: RetryBudgetConfig,
    endedWell: number,
    inFlight: number,
    nowMs: number,
  ): boolean {
    const cells = this.#cells;
    const at = upstream * RETRY_CELLS;
    const reserve = Math.max(LEAST_RESERVE, RESERVE_SEC * minPerSec);
    const most = Math.max(reserve, inFlight);
    const seconds = nowMs / 1000 - this.#since(at, nowMs);
    const good = endedWell - Atomics.load(cells, at + UNEARNED);
    // The reserve is there from the start. Only differences count: all wraps at 2^32.
    const earned = Math.floor(reserve + good * ratio + seconds * minPerSec) | 0;
    for (;;) {
      const spent = Atomics.load(cells, at + SPENT);
      const left = (earned - spent) | 0;
      // Nobody can owe so much: the counts began anew, or all have wrapped since the last time.
      const have = left > most || left < -most ? most : left;
      if (have < 1) {
        Atomics.add(cells, at + REFUSED, 1);
        return false;
      }
      if (Atomics.compareExchange(cells, at + SPENT, spent, (earned - have + 1) | 0) !== spent) {
        continue;
      }
      Atomics.add(cells, at + TAKEN, 1);
      return true;
    }
  }

  /** An answer that is as good as a failure has earned, or will earn, what it should not. */
  noteBadAnswer(upstream: number): void {
    Atomics.add(this.#cells, upstream * RETRY_CELLS + UNEARNED, 1);
  }

  /** Further tries of this generation. */
  taken(upstream: number): number {
    return Atomics.load(this.#cells, upstream * RETRY_CELLS + TAKEN) >>> 0;
  }

  /** Further tries that there was no budget for. */
  refused(upstream: number): number {
    return Atomics.load(this.#cells, upstream * RETRY_CELLS + REFUSED) >>> 0;
  }

  #since(at: number, nowMs: number): number {
    const cell = at + SINCE_SEC;
    const nowSec = Math.floor(nowMs / 1000);
    return Atomics.compareExchange(this.#cells, cell, 0, nowSec) || nowSec;
  }
}
