// Data path.
import { type Layout, TIME_CELLS } from './layout.ts';

/** Cells of one thread for one endpoint. */
const SAMPLES = 0; // weight of all samples, fading
const HEADER_SUM = 1; // of milliseconds to the head of the answer, fading alike
const TOTAL_SUM = 2; // of milliseconds to its end
const STAMP = 3; // when the three were last faded
const PEAK = 4; // jumps up at once, fades down (Finagle's peak EWMA)
const PEAK_STAMP = 5;
const OPEN = 6; // exchanges that wait for what the policy measures; only where it asks for their age
const OPEN_STARTS = 7; // sum of when they began, in whole milliseconds since OPEN_EPOCH_MS

/** A sample is worth 1/e of a new one after this time (semantics.md §15). */
export const FADE_MS = 10_000;
/** A failure counts as an answer that took at least so long: fast failures must not attract. */
export const FAILURE_MS = 5_000;
/**
 * An endpoint whose samples have faded to less is unknown: after half a minute for one, a minute and
 * a half for a thousand. So who was slow is tried again.
 */
const LEAST_SAMPLES = 0.05;
/** What is left of a sample after so many steps; between them it falls along a line. */
const FADE_STEP_MS = 100;
const LAST_FADE_MS = 100_000;
const FADES = Float64Array.from({ length: LAST_FADE_MS / FADE_STEP_MS + 1 }, (_, step) =>
  fadeOver(step * FADE_STEP_MS),
);
/** A small integer for V8: 18 minutes. */
const MOST_US = 0x3fff_ffff;
/** Whole milliseconds from here are small enough that sums of them are exact, and nothing drifts. */
const OPEN_EPOCH_MS = 1_750_000_000_000;

/**
 * Which times a policy wants recorded and looks at: means to the head or the end of an answer, and
 * with `-open` the mean age of what still waits for it when that is larger; or the fading peak.
 */
export type TimeMeasure = 'none' | 'header' | 'header-open' | 'total' | 'total-open' | 'peak';

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
      const peak = (cells[at + PEAK] as number) * fadeAtRead(nowMs - stamp);
      if (peak > largest) largest = peak;
    }
    return largest;
  }

  /** An exchange waits there from now on; `close` with the same time must follow once. */
  open(endpoint: number, startedAtMs: number): void {
    const at = this.#own + endpoint * TIME_CELLS;
    this.#cells[at + OPEN] = (this.#cells[at + OPEN] as number) + 1;
    this.#cells[at + OPEN_STARTS] =
      (this.#cells[at + OPEN_STARTS] as number) + sinceEpoch(startedAtMs);
  }

  /** It waits no longer. */
  close(endpoint: number, startedAtMs: number): void {
    const at = this.#own + endpoint * TIME_CELLS;
    this.#cells[at + OPEN] = (this.#cells[at + OPEN] as number) - 1;
    this.#cells[at + OPEN_STARTS] =
      (this.#cells[at + OPEN_STARTS] as number) - sinceEpoch(startedAtMs);
  }

  /** Mean age of what waits there, in milliseconds, of all threads; −1 when nothing does. */
  openAgeMs(endpoint: number, nowMs: number): number {
    const cells = this.#cells;
    let count = 0;
    let starts = 0;
    for (let at = endpoint * TIME_CELLS; at < cells.length; at += this.#stride) {
      count += cells[at + OPEN] as number;
      starts += cells[at + OPEN_STARTS] as number;
    }
    return count <= 0 ? -1 : Math.max(0, nowMs - OPEN_EPOCH_MS - starts / count);
  }

  /** Nothing waits in a thread that is dead. Called by the main thread after it has ended. */
  zeroOpen(thread: number): void {
    const cells = this.#cells;
    const first = thread * this.#stride;
    for (let at = first; at < first + this.#stride; at += TIME_CELLS) {
      cells.fill(0, at + OPEN, at + OPEN_STARTS + 1);
    }
  }

  /** Nothing is known of the endpoint in this thread: another one gets its slot. */
  zero(endpoint: number, thread: number): void {
    const from = thread * this.#stride + endpoint * TIME_CELLS;
    this.#cells.fill(0, from, from + TIME_CELLS);
  }

  /**
   * Puts together what `which` measures, of each of the endpoints `ids`: whole microseconds, −1 where
   * nothing is known. One call for all, and the time in a cell, as fractions that calls hand over
   * cost heap.
   */
  readAll(which: TimeMeasure, ids: Int32Array, now: Float64Array, into: Int32Array): void {
    const nowMs = now[0] as number;
    for (let at = 0; at < ids.length; at++) {
      const id = ids[at] as number;
      let ms = -1;
      // A peak fades towards the mean: who is usually slow does not become fast by waiting.
      if (which === 'peak') ms = Math.max(this.peakMs(id, nowMs), this.headerMs(id, nowMs));
      else if (which === 'header' || which === 'header-open') ms = this.headerMs(id, nowMs);
      else if (which !== 'none') ms = this.totalMs(id, nowMs);
      if (ms >= 0 && (which === 'header-open' || which === 'total-open')) {
        // The age of an answer that never ends would exceed all bounds; nginx's, too, is 5 s.
        ms = Math.max(ms, Math.min(this.openAgeMs(id, nowMs), FAILURE_MS));
      }
      into[at] = ms < 0 ? -1 : Math.min(Math.round(ms * 1_000), MOST_US);
    }
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
    this.#cells.set(cells.slice(0, OPEN), this.#own + endpoint * TIME_CELLS);
  }

  #mean(endpoint: number, sum: number, nowMs: number): number {
    const cells = this.#cells;
    let samples = 0;
    let ms = 0;
    for (let at = endpoint * TIME_CELLS; at < cells.length; at += this.#stride) {
      const weight = cells[at + SAMPLES] as number;
      if (weight === 0) continue;
      const fade = fadeAtRead(nowMs - (cells[at + STAMP] as number));
      samples += weight * fade;
      ms += (cells[at + sum] as number) * fade;
    }
    return samples < LEAST_SAMPLES ? -1 : ms / samples;
  }
}

function sinceEpoch(ms: number): number {
  return Math.round(ms - OPEN_EPOCH_MS);
}

/** As `fadeOver`, to a part in 50,000: reading 64 endpoints of four threads asks it 256 times. */
function fadeAtRead(ms: number): number {
  if (ms <= 0) return 1;
  if (ms >= LAST_FADE_MS) return 0;
  const steps = ms / FADE_STEP_MS;
  const step = steps | 0;
  const fade = FADES[step] as number;
  return fade + ((FADES[step + 1] as number) - fade) * (steps - step);
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
