// Data path.
import { type Layout, TIME_CELLS } from './layout.ts';

/** Cells of one thread for one endpoint. */
const SAMPLES = 0; // weight of all samples, fading
const HEADER_SUM = 1; // of milliseconds to the head of the answer, fading alike
const TOTAL_SUM = 2; // of milliseconds to its end
const STAMP = 3; // when the three were last faded
const PEAK = 4; // jumps up at once, fades down (Finagle's peak EWMA)
const PEAK_STAMP = 5;

/** A sample is worth 1/e of a new one after this time (semantics.md §15). */
export const FADE_MS = 10_000;
/** A failure counts as an answer that took at least so long: fast failures must not attract. */
export const FAILURE_MS = 5_000;
/** An endpoint whose samples have faded to less is as good as unknown. */
const LEAST_SAMPLES = 1e-4;

/**
 * How long the endpoints take, over all threads: fading sums and a fading peak. Each thread writes
 * its own cells; readers put all of them together, so a sample of one thread counts in the next pick
 * of any other. Times are milliseconds; "now" is `sharedNowMs`. A dead thread's cells fade. Allocates
 * nothing after construction.
 */
export class EndpointTimes {
  readonly #cells: Float64Array;
  readonly #stride: number;
  readonly #own: number;
  readonly #joins: Float64Array;

  constructor(
    buffer: SharedArrayBuffer,
    layout: Layout,
    threadCount: number,
    endpointCount: number,
    thread: number,
  ) {
    this.#stride = layout.timesStride;
    this.#cells = new Float64Array(buffer, layout.timesOffset, layout.timesStride * threadCount);
    this.#own = thread * layout.timesStride;
    this.#joins = new Float64Array(buffer, layout.joinsOffset, endpointCount);
  }

  /** An answer came: `headerMs` to its head, `totalMs` to its end; or the attempt failed. */
  record(
    endpoint: number,
    headerMs: number,
    totalMs: number,
    isFailure: boolean,
    nowMs: number,
  ): void {
    const cells = this.#cells;
    const at = this.#own + endpoint * TIME_CELLS;
    const fade = fadeOver(nowMs - (cells[at + STAMP] as number));
    cells[at + SAMPLES] = (cells[at + SAMPLES] as number) * fade + 1;
    cells[at + HEADER_SUM] = (cells[at + HEADER_SUM] as number) * fade + headerMs;
    cells[at + TOTAL_SUM] = (cells[at + TOTAL_SUM] as number) * fade + totalMs;
    cells[at + STAMP] = nowMs;
    const sample = isFailure ? Math.max(headerMs, FAILURE_MS) : headerMs;
    const sincePeak = fadeOver(nowMs - (cells[at + PEAK_STAMP] as number));
    const peak = cells[at + PEAK] as number;
    cells[at + PEAK] = sample > peak ? sample : peak * sincePeak + sample * (1 - sincePeak);
    cells[at + PEAK_STAMP] = nowMs;
  }

  /** Mean milliseconds to the head of an answer; −1 when nothing is known (any more). */
  headerMs(endpoint: number, nowMs: number): number {
    return this.#mean(endpoint, HEADER_SUM, nowMs);
  }

  /** Mean milliseconds to the end of an answer; −1 when nothing is known (any more). */
  totalMs(endpoint: number, nowMs: number): number {
    return this.#mean(endpoint, TOTAL_SUM, nowMs);
  }

  /** The largest of the threads' peaks, faded to now; −1 when there was no answer yet. */
  peakMs(endpoint: number, nowMs: number): number {
    const cells = this.#cells;
    let largest = -1;
    for (let at = endpoint * TIME_CELLS; at < cells.length; at += this.#stride) {
      const stamp = cells[at + PEAK_STAMP] as number;
      if (stamp === 0) continue;
      const peak = (cells[at + PEAK] as number) * fadeOver(nowMs - stamp);
      if (peak > largest) largest = peak;
    }
    return largest;
  }

  /** When it last came (back) into service; 0: it has been there from the start. */
  joinedAtMs(endpoint: number): number {
    return this.#joins[endpoint] as number;
  }

  /** It comes (back) into service: its slow start begins. Any thread; the last one counts. */
  join(endpoint: number, nowMs: number): void {
    this.#joins[endpoint] = nowMs;
  }

  /** What all threads know of it, for the snapshot of a reload: samples, both sums, stamp, peak. */
  take(endpoint: number, nowMs: number): number[] {
    const cells = this.#cells;
    let samples = 0;
    let header = 0;
    let total = 0;
    for (let at = endpoint * TIME_CELLS; at < cells.length; at += this.#stride) {
      const fade = fadeOver(nowMs - (cells[at + STAMP] as number));
      samples += (cells[at + SAMPLES] as number) * fade;
      header += (cells[at + HEADER_SUM] as number) * fade;
      total += (cells[at + TOTAL_SUM] as number) * fade;
    }
    const peak = this.peakMs(endpoint, nowMs);
    return [samples, header, total, nowMs, Math.max(0, peak), peak < 0 ? 0 : nowMs];
  }

  /** Continues with what `take` of an older generation said. Before any thread serves. */
  restore(endpoint: number, cells: readonly number[]): void {
    this.#cells.set(cells.slice(0, TIME_CELLS), this.#own + endpoint * TIME_CELLS);
  }

  #mean(endpoint: number, sum: number, nowMs: number): number {
    const cells = this.#cells;
    let samples = 0;
    let ms = 0;
    for (let at = endpoint * TIME_CELLS; at < cells.length; at += this.#stride) {
      const weight = cells[at + SAMPLES] as number;
      if (weight === 0) continue;
      const fade = fadeOver(nowMs - (cells[at + STAMP] as number));
      samples += weight * fade;
      ms += (cells[at + sum] as number) * fade;
    }
    return samples < LEAST_SAMPLES ? -1 : ms / samples;
  }
}

/** What is left of a sample of that age. */
function fadeOver(ms: number): number {
  return ms <= 0 ? 1 : Math.exp(-ms / FADE_MS);
}

const ORIGIN_MS = performance.timeOrigin;

/** The clock of shared cells: one for all threads and generations, unlike Clock.nowMs of each. */
export function sharedNowMs(nowMs: number): number {
  return ORIGIN_MS + nowMs;
}
