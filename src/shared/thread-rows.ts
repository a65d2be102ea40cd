// Data path.
import { layoutOf, THREAD_ROW_CELLS } from './layout.ts';

/** Connections accepted since the thread's row exists. Only grows. */
export const CONNECTIONS_ACCEPTED = 0;
/** Downstream connections open now. Gauge. */
export const CONNECTIONS_ACTIVE = 1;
/** Downstream connections reading a request head now (nginx: Reading). Gauge. */
export const CONNECTIONS_READING = 2;
/** Downstream connections with an exchange after its head (nginx: Writing). Gauge. */
export const CONNECTIONS_WRITING = 3;
/** Idle downstream connections (nginx: Waiting). Gauge. */
export const CONNECTIONS_WAITING = 4;
/** Request heads decoded. Only grows. */
export const REQUESTS = 5;
/** Final responses sent downstream, by class of status. Only grow. */
export const RESPONSES_1XX = 6;
export const RESPONSES_2XX = 7;
export const RESPONSES_3XX = 8;
export const RESPONSES_4XX = 9;
export const RESPONSES_5XX = 10;
/** Bytes read from and written to downstream connections. Only grow. */
export const BYTES_IN = 11;
export const BYTES_OUT = 12;
/** Upstream connections dialed, and exchanges that found an idle one. Only grow. */
export const UPSTREAM_CONNECTS = 13;
export const UPSTREAM_REUSES = 14;
/** Access log lines given up because the sink was stuck or the disk full. Only grows. */
export const LOG_LINES_DROPPED = 15;
/** Milliseconds the event loop spent in callbacks, and waiting. Only grow. */
export const LOOP_BUSY_MS = 16;
export const LOOP_IDLE_MS = 17;
/** Connections closed unserved: over worker_connections, or no descriptor left. Only grows. */
export const CONNECTIONS_REFUSED = 18;
/** Internal errors that ended one exchange with a 500 (CE-24). Only grows. */
export const INTERNAL_ERRORS = 19;

/** Calls of functions of weir.config.ts, and how many of them failed. Only grow. */
export const FUNCTION_CALLS = 20;
export const FUNCTION_ERRORS = 21;
/** 1 + number of the function that runs now, or of one that is awaited; 0 for none. Gauge. */
export const FUNCTION_NOW = 22;
/** Turns of the loop, several per second, of a thread that has functions. Only grows. */
export const LOOP_BEATS = 23;

/** Exchanges that `fault` held back, and answers that it slowed down. Only grow. */
export const FAULT_DELAYS = 24;
export const FAULT_RATES = 25;

/** From here on reasons are counted (reason-columns.ts); the row has room for THREAD_ROW_CELLS. */
export const FIRST_REASON_COLUMN = 26;

/** The columns that fall as well as rise. */
export const GAUGES = [
  CONNECTIONS_ACTIVE,
  CONNECTIONS_READING,
  CONNECTIONS_WRITING,
  CONNECTIONS_WAITING,
  FUNCTION_NOW,
] as const;

/**
 * One row of counters and gauges per thread. Only that thread writes its row, any thread may read
 * it and may find it some microseconds old. One more row, `foreign`, holds what older generations
 * counted; only the generation's main thread writes it.
 */
export class ThreadRows {
  readonly threadCount: number;
  readonly #rows: Float64Array[] = [];

  constructor(buffer: SharedArrayBuffer, threadCount: number) {
    this.threadCount = threadCount;
    const { rowsOffset } = layoutOf(threadCount, 0);
    const rowBytes = THREAD_ROW_CELLS * Float64Array.BYTES_PER_ELEMENT;
    for (let row = 0; row <= threadCount; row++) {
      this.#rows.push(new Float64Array(buffer, rowsOffset + row * rowBytes, THREAD_ROW_CELLS));
    }
  }

  /** The cells of one thread, indexed by the constants of this file. */
  row(thread: number): Float64Array {
    const row = this.#rows[thread];
    if (row === undefined) throw new RangeError(`no thread ${thread} of ${this.threadCount}`);
    return row;
  }

  /** What older generations counted. Written by the generation's main thread alone. */
  get foreign(): Float64Array {
    return this.row(this.threadCount);
  }

  /** Sum of one column over all threads and the older generations. */
  total(column: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row[column] ?? 0;
    return sum;
  }

  /** Sum of one column over this generation's own threads. */
  ownTotal(column: number): number {
    return this.total(column) - (this.foreign[column] ?? 0);
  }

  /** A dead thread has no connections; what it counted stays. Called after it has ended. */
  zeroGauges(thread: number): void {
    const row = this.row(thread);
    for (const column of GAUGES) row[column] = 0;
  }
}
