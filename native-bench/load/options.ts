import type { LatencySummary } from './latency.ts';

/** How much work a class of requests asks of the origin (`x-work-ms`), in milliseconds. */
export type Work =
  | { readonly fixedMs: number }
  | { readonly exponentialMs: number }
  | { readonly paretoMs: number; readonly alpha: number; readonly capMs: number };

/** A share of the requests with something in common, reported on its own. */
export interface JobClass {
  readonly name: string;
  /** Relative frequency; shares need not sum to 1. */
  readonly share: number;
  readonly work?: Work;
  /** Instead of the options' target. */
  readonly path?: string;
}

/** What a load run does. */
export interface LoadOptions {
  /** Default 127.0.0.1. */
  host?: string;
  port: number;
  /**
   * `open`: requests start at their intended times whatever the answers do. `closed`: every
   * connection sends its next request when the last was answered.
   */
  mode: 'open' | 'closed';
  /** Open mode: gaps between starts. `trace` takes `traceMs`. Default poisson. */
  arrivals?: 'poisson' | 'constant' | 'trace';
  /** Open mode: requests per second over all threads. */
  ratePerSec?: number;
  /** Open mode with `trace`: intended starts in milliseconds, ascending. */
  traceMs?: readonly number[];
  /** Ends after that long (warm-up included); default: until `requests` or stop(). */
  durationMs?: number;
  /** Ends after that many requests; default: until `durationMs` or stop(). */
  requests?: number;
  /** Requests intended before that are made but not reported. */
  warmupMs?: number;
  /** Same seed: same starts, same classes, same work, whatever the number of threads. */
  seed?: number;
  /** Worker threads; 0 (default): in the calling thread. */
  threads?: number;
  /** At most so many at once over all threads; open mode queues beyond that. Default 64. */
  connections?: number;
  /** false: a new connection for every request, with `Connection: close`. Default true. */
  keepAlive?: boolean;
  /**
   * `identical`: the same bytes every time. `unique`: random path and cookie. `checked`:
   * `/id/ID/BYTES`, and every byte of the answer must be that id's. Default identical.
   */
  heads?: 'identical' | 'unique' | 'checked';
  /** Default `/`. A prefix for `unique` and `checked`. */
  path?: string;
  /** Bytes asked for with `checked`; default 64. */
  bodyBytes?: number;
  /** Sends that many bytes of request body by POST; default 0: GET. */
  uploadBytes?: number;
  /** Host field; default HOST:PORT. */
  hostField?: string;
  /** More request fields. */
  fields?: readonly (readonly [string, string])[];
  /** Default: one class with everything. */
  classes?: readonly JobClass[];
  /** A request unanswered that long has failed. Default 10,000. */
  timeoutMs?: number;
  /** Statuses that are no failure; default: 200 to 399. */
  expectStatus?: readonly number[];
  /**
   * Repeats a request once on a new connection when a reused one ended without a single byte, as
   * clients do (RFC 9110 §9.2.2). Default false: that is a failure.
   */
  retryStale?: boolean;
  /** Waiting for the next start: `spin` the last millisecond (default) or `timer` only. */
  pacing?: 'spin' | 'timer';
  /** Local addresses used in turn, for more connections than one address has ports. */
  localAddresses?: readonly string[];
}

/** The options with nothing left open; crosses to threads as it is. */
export interface CompleteLoadOptions extends Required<LoadOptions> {
  readonly thread: number;
  readonly threadCount: number;
  /** Common start in epoch milliseconds with fraction. */
  readonly startAtMs: number;
}

/** Ways to fail, one word each. */
export const FAILURE_KINDS = [
  'refused', //        ECONNREFUSED
  'reset', //          RST, before or during the response
  'closed', //         FIN before the first byte of a response
  'truncated', //      FIN in the middle of a response
  'timeout', //        no complete answer within timeoutMs
  'badStatus', //      a complete answer whose status was not expected
  'mixedBody', //      a byte, or the length, is not what that request asked for
  'malformed', //      not an HTTP response
  'unexpectedBytes', // bytes beyond the response, or without a request
  'other', //          any other socket error
] as const;

/** One way to fail. */
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** One failure in detail. */
export interface FailureSample {
  readonly kind: FailureKind;
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly request: string;
  readonly detail: string;
}

/** What one class of requests experienced. */
export interface ClassReport {
  readonly requests: number;
  readonly completions: number;
  readonly failures: number;
  readonly latency: LatencySummary;
}

/** What a run found. */
export interface LoadReport {
  /** Requests of the reported period; each is a completion or a failure. */
  readonly requests: number;
  readonly completions: number;
  readonly failures: number;
  readonly failuresByKind: Readonly<Record<FailureKind, number>>;
  /** The first ones. */
  readonly failureSamples: readonly FailureSample[];
  readonly warmupRequests: number;
  /** Length of the reported period, and completions per second in it. */
  readonly durationMs: number;
  readonly ratePerSec: number;
  /** From the intended start (open) or the sending (closed) to the last byte. */
  readonly latency: LatencySummary;
  /** From the actual sending to the last byte. */
  readonly service: LatencySummary;
  /** How much later than intended requests were handed to a connection: the generator's own error, and waiting for a free connection. */
  readonly lateness: LatencySummary;
  readonly classes: Readonly<Record<string, ClassReport>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly connectionsOpened: number;
  readonly staleRetries: number;
  readonly bytesReceived: number;
  readonly peakInFlight: number;
  readonly peakQueued: number;
  /** Completions and failures per 100 ms from the start of the run, warm-up included. */
  readonly timeline: { readonly completions: number[]; readonly failures: number[] };
  /** CPU time of the generator's threads divided by the run's length; spinning counts. */
  readonly generatorCpu: number;
}

/** Width of a timeline's cell. */
export const TIMELINE_STEP_MS = 100;

/** Fills in defaults. Throws an Error on options that contradict each other. */
export function completeOptions(options: LoadOptions): Required<LoadOptions> {
  const { mode, ratePerSec, traceMs, durationMs, requests } = options;
  const arrivals = options.arrivals ?? (traceMs === undefined ? 'poisson' : 'trace');
  if (mode === 'open' && arrivals === 'trace' && traceMs === undefined) {
    throw new Error('arrivals: trace needs traceMs');
  }
  if (mode === 'open' && arrivals !== 'trace' && !(ratePerSec !== undefined && ratePerSec > 0)) {
    throw new Error('open mode needs a ratePerSec above 0');
  }
  return {
    host: '127.0.0.1',
    ratePerSec: 0,
    traceMs: [],
    warmupMs: 0,
    seed: 1,
    threads: 0,
    connections: 64,
    keepAlive: true,
    heads: 'identical',
    path: '/',
    bodyBytes: 64,
    uploadBytes: 0,
    hostField: `${options.host ?? '127.0.0.1'}:${options.port}`,
    fields: [],
    classes: [{ name: 'all', share: 1 }],
    timeoutMs: 10_000,
    expectStatus: [],
    retryStale: false,
    pacing: 'spin',
    localAddresses: [],
    ...options,
    arrivals,
    durationMs: durationMs ?? Number.POSITIVE_INFINITY,
    requests: requests ?? Number.POSITIVE_INFINITY,
  };
}
