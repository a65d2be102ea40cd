import { LatencyHistogram } from './latency.ts';
import {
  type CompleteLoadOptions,
  FAILURE_KINDS,
  type FailureKind,
  type FailureSample,
  type LoadReport,
  TIMELINE_STEP_MS,
} from './options.ts';

const MAX_SAMPLES = 50;

interface ClassTally {
  requests: number;
  completions: number;
  failures: number;
  readonly latency: LatencyHistogram;
}

/** Counts what happens in one thread, and adds up what happened in several. */
export class Tally {
  connectionsOpened = 0;
  staleRetries = 0;
  bytesReceived = 0;
  peakInFlight = 0;
  peakQueued = 0;
  warmupRequests = 0;
  /** Milliseconds of CPU used by the generator's threads. */
  cpuMs = 0;

  readonly #names: readonly string[];
  readonly #classes: ClassTally[];
  readonly #latency = new LatencyHistogram();
  readonly #service = new LatencyHistogram();
  readonly #lateness = new LatencyHistogram();
  readonly #kinds: Record<FailureKind, number>;
  readonly #statuses: Record<string, number> = {};
  readonly #samples: FailureSample[] = [];
  readonly #timeline = { completions: [] as number[], failures: [] as number[] };
  #requests = 0;
  #completions = 0;
  #failures = 0;

  constructor(options: Pick<CompleteLoadOptions, 'classes'>) {
    this.#names = options.classes.map(({ name }) => name);
    this.#classes = this.#names.map(() => ({
      requests: 0,
      completions: 0,
      failures: 0,
      latency: new LatencyHistogram(),
    }));
    this.#kinds = Object.fromEntries(FAILURE_KINDS.map((kind) => [kind, 0])) as Record<
      FailureKind,
      number
    >;
  }

  get requests(): number {
    return this.#requests;
  }

  get failures(): number {
    return this.#failures;
  }

  /** A complete answer with an expected status. Times in milliseconds since the start. */
  onCompletion(
    classIndex: number,
    status: number,
    times: { intendedMs: number; sentMs: number; endedMs: number },
  ): void {
    this.#requests += 1;
    this.#completions += 1;
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const latencyMs = times.endedMs - times.intendedMs;
    this.#latency.recordMs(latencyMs);
    this.#service.recordMs(times.endedMs - times.sentMs);
    this.#lateness.recordMs(times.sentMs - times.intendedMs);
    const tally = this.#classes[classIndex];
    if (tally === undefined) return;
    tally.requests += 1;
    tally.completions += 1;
    tally.latency.recordMs(latencyMs);
  }

  /** A request that failed; `status` 0 when there was none. */
  onFailure(classIndex: number, status: number, sample: FailureSample): void {
    this.#requests += 1;
    this.#failures += 1;
    this.#kinds[sample.kind] += 1;
    if (status > 0) this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push(sample);
    const tally = this.#classes[classIndex];
    if (tally === undefined) return;
    tally.requests += 1;
    tally.failures += 1;
  }

  /** Bytes that belong to no request: a failure without a request. */
  onStray(sample: FailureSample): void {
    this.#failures += 1;
    this.#kinds[sample.kind] += 1;
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push(sample);
  }

  /** Marks the moment, warm-up or not. */
  onMoment(atMs: number, what: 'completions' | 'failures'): void {
    const cell = Math.max(0, Math.floor(atMs / TIMELINE_STEP_MS));
    const cells = this.#timeline[what];
    while (cells.length <= cell) cells.push(0);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }

  /** The report of a period of that length. */
  report(durationMs: number, runMs: number): LoadReport {
    return {
      requests: this.#requests,
      completions: this.#completions,
      failures: this.#failures,
      failuresByKind: { ...this.#kinds },
      failureSamples: this.#samples.slice(),
      warmupRequests: this.warmupRequests,
      durationMs,
      ratePerSec: durationMs > 0 ? (this.#completions / durationMs) * 1000 : 0,
      latency: this.#latency.summary(),
      service: this.#service.summary(),
      lateness: this.#lateness.summary(),
      classes: Object.fromEntries(
        this.#classes.map(({ latency, ...counts }, index) => [
          this.#names[index] ?? '',
          { ...counts, latency: latency.summary() },
        ]),
      ),
      statuses: { ...this.#statuses },
      connectionsOpened: this.connectionsOpened,
      staleRetries: this.staleRetries,
      bytesReceived: this.bytesReceived,
      peakInFlight: this.peakInFlight,
      peakQueued: this.peakQueued,
      timeline: this.#timeline,
      generatorCpu: runMs > 0 ? this.cpuMs / runMs : 0,
    };
  }

  /** Adds another thread's report. Peaks are summed: an upper bound of the true peak. */
  merge(other: LoadReport, runMs: number): void {
    this.#requests += other.requests;
    this.#completions += other.completions;
    this.#failures += other.failures;
    this.warmupRequests += other.warmupRequests;
    this.connectionsOpened += other.connectionsOpened;
    this.staleRetries += other.staleRetries;
    this.bytesReceived += other.bytesReceived;
    this.peakInFlight += other.peakInFlight;
    this.peakQueued += other.peakQueued;
    this.cpuMs += other.generatorCpu * runMs;
    this.#latency.merge(other.latency.encoded);
    this.#service.merge(other.service.encoded);
    this.#lateness.merge(other.lateness.encoded);
    for (const kind of FAILURE_KINDS) this.#kinds[kind] += other.failuresByKind[kind];
    for (const [status, count] of Object.entries(other.statuses)) {
      this.#statuses[status] = (this.#statuses[status] ?? 0) + count;
    }
    this.#samples.push(...other.failureSamples.slice(0, MAX_SAMPLES - this.#samples.length));
    this.#classes.forEach((tally, index) => {
      const theirs = other.classes[this.#names[index] ?? ''];
      if (theirs === undefined) return;
      tally.requests += theirs.requests;
      tally.completions += theirs.completions;
      tally.failures += theirs.failures;
      tally.latency.merge(theirs.latency.encoded);
    });
    for (const what of ['completions', 'failures'] as const) {
      const mine = this.#timeline[what];
      other.timeline[what].forEach((count, cell) => {
        while (mine.length <= cell) mine.push(0);
        mine[cell] = (mine[cell] ?? 0) + count;
      });
    }
  }

  /** Returns the histograms' memory. */
  destroy(): void {
    for (const histogram of [this.#latency, this.#service, this.#lateness]) histogram.destroy();
    for (const { latency } of this.#classes) latency.destroy();
  }
}
