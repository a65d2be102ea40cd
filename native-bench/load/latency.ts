import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
  initWebAssembly,
} from 'hdr-histogram-js';

/** Percentiles of a set of latencies in microseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly meanUs: number;
  readonly minUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** HdrHistogram V2, compressed, base64: mergeable, and readable by its tools. */
  readonly encoded: string;
}

const HIGHEST_US = 3600 * 1e6; // one hour, in case an export takes that long
const DIGITS = 3;

let ready: Promise<void> | undefined;

/** Must be awaited in each thread before a histogram is made; as often as one likes. */
export function prepareHistograms(): Promise<void> {
  // Once: another instance of the module would have another memory, and histograms that were made
  // with the first would be looked for in it.
  ready ??= initWebAssembly();
  return ready;
}

/** Latencies with three significant digits (HdrHistogram, WebAssembly: 25 ns per record). */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    bitBucketSize: 64,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: DIGITS,
    useWebAssembly: true,
  });

  /** Records one latency; below a microsecond counts as one. */
  recordMs(ms: number): void {
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.max(1, Math.round(ms * 1000))));
  }

  /** Adds an encoded histogram: exact, as if its values had been recorded here. */
  merge(encoded: string): void {
    if (encoded === '') return;
    const other = decodeFromCompressedBase64(encoded, 64, true);
    this.#histogram.add(other);
    other.destroy();
  }

  summary(): LatencySummary {
    const histogram = this.#histogram;
    const count = histogram.totalCount;
    const at = (percent: number): number =>
      count === 0 ? 0 : histogram.getValueAtPercentile(percent);
    return {
      count,
      meanUs: count === 0 ? 0 : Math.round(histogram.mean * 10) / 10,
      minUs: count === 0 ? 0 : histogram.minNonZeroValue,
      p50Us: at(50),
      p90Us: at(90),
      p99Us: at(99),
      p999Us: at(99.9),
      maxUs: count === 0 ? 0 : histogram.maxValue,
      encoded: count === 0 ? '' : encodeIntoCompressedBase64(histogram),
    };
  }

  /** Returns its memory to the WebAssembly heap. */
  destroy(): void {
    this.#histogram.destroy();
  }
}
