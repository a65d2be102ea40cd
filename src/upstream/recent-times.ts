/**
 * Data path. What a thread last read of the times of a tier's endpoints. They are put together anew,
 * over the cells of all threads, at most once in a millisecond, and of more than 64 endpoints less
 * often: 256 cache lines that other threads write to cost more than a pick, for times that hardly
 * differ. So what another thread has learnt counts here a millisecond later.
 */

import type { Clock } from '#src/base/clock.ts';
import { type EndpointTimes, sharedNowMs, type TimeMeasure } from '#src/shared/endpoint-times.ts';

/** Per millisecond. */
const ENDPOINTS_READ = 64;

export class RecentTimes {
  readonly #times: EndpointTimes;
  readonly #ids: Int32Array;
  readonly #measure: TimeMeasure;
  readonly #values: Int32Array;
  readonly #keepMs: number;
  readonly #clock: Clock;
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** `sharedNowMs` of that, in a cell. */
  readonly #now = new Float64Array(1);

  /** `ids`: of the endpoints in the table, by their index. */
  constructor(times: EndpointTimes, ids: Int32Array, measure: TimeMeasure, clock: Clock) {
    this.#clock = clock;
    this.#times = times;
    this.#ids = ids;
    this.#measure = measure;
    this.#values = new Int32Array(ids.length).fill(-1);
    this.#keepMs = Math.max(1, ids.length / ENDPOINTS_READ);
  }

  /** Before a pick. */
  refresh(): void {
    const { nowMs } = this.#clock;
    if (nowMs - this.#readAtMs < this.#keepMs) return;
    this.#readAtMs = nowMs;
    this.#now[0] = sharedNowMs(nowMs);
    this.#times.readAll(this.#measure, this.#ids, this.#now, this.#values);
  }

  /** Whole microseconds by the measure of the policy; −1: not known. */
  us(at: number): number {
    return this.#values[at] as number;
  }
}
