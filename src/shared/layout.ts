/**
 * Where everything lies in a generation's shared memory. Every offset is computed here and nowhere
 * else.
 *
 *   | board | thread rows         | in-flight cells     | endpoint counters | times     | joins | learned |
 *   | phase | t0 | t1 | … | past  | t0 | t1 | … | other | t0 | t1 | …       | t0 | t1 … | e0 e1 | e0 e1   |
 *
 *   | epoch | standing | failed | checked |
 *   |       | e0 e1    | e0 e1  | e0 e1   |
 *
 *   | turns | retries | queues | queue rows | admissions | turned away | alarm | sessions |
 *   | u0 u1 | u0 u1   | u0 u1  | t0 | t1 …  | u0 u1      | t0 | t1 …   | cell  | zone …   |
 *
 * What belongs to upstreams comes last, so the offset of everything else follows from the number of
 * threads and endpoints. "past" and "other" are the rows `foreign`: what other generations report
 * (reload).
 */

/** How many of each thing a generation has; fixed for its lifetime. */
export interface SharedSizes {
  readonly threadCount: number;
  readonly endpointCount: number;
  readonly upstreamCount: number;
  /** Tables of sessions (`sticky learn`); none when not given. */
  readonly zones?: readonly SessionZone[];
}

/** The table of one upstream. */
export interface SessionZone {
  /** Its id. */
  readonly upstream: number;
  readonly bytes: number;
}

/** Two cache lines: a row never shares one with its neighbour, nor with what is fetched beside it. */
export const ROW_ALIGNMENT_BYTES = 128;

/** Float64 cells in a thread's row: 1,280 bytes. */
export const THREAD_ROW_CELLS = 160;

/**
 * Float64 counters per thread and endpoint (endpoint-table.ts): requests, busy milliseconds, those to
 * heads of answers, bytes both ways, answers by class, failures; and where outcomes are recorded good
 * answers, and attempts without an answer. What every exchange counts comes first.
 */
export const ENDPOINT_COUNTERS = 13;

/** Float64 cells of times per thread and endpoint (endpoint-times.ts): one cache line. */
export const TIME_CELLS = 8;

/** Int32 cells of an endpoint's standing (endpoint-standing.ts). */
export const STANDING_CELLS = 3;

/** Int32 cells of the retry budget of an upstream (retry-budgets.ts): one cache line. */
export const RETRY_CELLS = 16;

/** Int32 cells per upstream that all threads write (queue-table.ts): next ticket, most that waited. */
export const QUEUE_CELLS = 2;

/** Int32 cells of a queue per thread and upstream: one cache line. */
export const QUEUE_ROW_CELLS = 16;

/** Byte offsets of the regions and the Int32 stride of one in-flight row. */
export interface Layout {
  readonly boardOffset: number;
  readonly rowsOffset: number;
  readonly inFlightOffset: number;
  /** Int32 cells from one thread's in-flight row to the next. */
  readonly inFlightStride: number;
  readonly countersOffset: number;
  /** Float64 cells from one thread's endpoint counters to the next. */
  readonly countersStride: number;
  readonly timesOffset: number;
  /** Float64 cells from one thread's times to the next. */
  readonly timesStride: number;
  /** Float64 per endpoint: when it joined last (slow start). */
  readonly joinsOffset: number;
  /** Int32 per endpoint: how many at a time it was learned to take. */
  readonly learnedOffset: number;
  /** One Int32 in a row of its own, then three per endpoint (endpoint-standing.ts). */
  readonly standingOffset: number;
  readonly turnsOffset: number;
  readonly retriesOffset: number;
  readonly queuesOffset: number;
  readonly queueRowsOffset: number;
  /** Int32 cells from one thread's queue row to the next. */
  readonly queueStride: number;
  /** Int32 per upstream: which share of its exchanges is turned away (admission-table.ts). */
  readonly admissionsOffset: number;
  readonly turnedAwayOffset: number;
  /** Int32 cells from one thread's counts of them to the next. */
  readonly turnedAwayStride: number;
  /** Int32: who judges endpoints is woken by it (error-alarm.ts). */
  readonly alarmOffset: number;
  /** Behind all of these. */
  readonly endOffset: number;
}

/** The layout; who needs nothing of upstreams need not know how many there are. */
export function layoutOf(threadCount: number, endpointCount: number, upstreamCount = 0): Layout {
  const boardOffset = 0;
  const rowsOffset = align((threadCount + 1) * Int32Array.BYTES_PER_ELEMENT);
  const rowBytes = THREAD_ROW_CELLS * Float64Array.BYTES_PER_ELEMENT;
  const inFlightOffset = rowsOffset + (threadCount + 1) * rowBytes;
  const inFlightBytes = align(endpointCount * Int32Array.BYTES_PER_ELEMENT);
  const countersOffset = inFlightOffset + (threadCount + 1) * inFlightBytes;
  const countersBytes = align(endpointCount * ENDPOINT_COUNTERS * Float64Array.BYTES_PER_ELEMENT);
  const timesOffset = countersOffset + threadCount * countersBytes;
  const timesBytes = align(endpointCount * TIME_CELLS * Float64Array.BYTES_PER_ELEMENT);
  const joinsOffset = timesOffset + threadCount * timesBytes;
  const joinsBytes = align(endpointCount * Float64Array.BYTES_PER_ELEMENT);
  const learnedOffset = joinsOffset + joinsBytes;
  const standingOffset = learnedOffset + align(endpointCount * Int32Array.BYTES_PER_ELEMENT);
  const standingBytes = align(endpointCount * STANDING_CELLS * Int32Array.BYTES_PER_ELEMENT);
  const turnsOffset = standingOffset + ROW_ALIGNMENT_BYTES + standingBytes;
  const retriesOffset = turnsOffset + align(upstreamCount * Int32Array.BYTES_PER_ELEMENT);
  const retryBytes = align(upstreamCount * RETRY_CELLS * Int32Array.BYTES_PER_ELEMENT);
  const queuesOffset = retriesOffset + retryBytes;
  const queuesBytes = align(upstreamCount * QUEUE_CELLS * Int32Array.BYTES_PER_ELEMENT);
  const queueRowBytes = align(upstreamCount * QUEUE_ROW_CELLS * Int32Array.BYTES_PER_ELEMENT);
  const queueRowsOffset = queuesOffset + queuesBytes;
  const admissionsOffset = queueRowsOffset + threadCount * queueRowBytes;
  const perUpstreamBytes = align(upstreamCount * Int32Array.BYTES_PER_ELEMENT);
  const turnedAwayOffset = admissionsOffset + perUpstreamBytes;
  const alarmOffset = turnedAwayOffset + threadCount * perUpstreamBytes;
  return {
    boardOffset,
    rowsOffset,
    inFlightOffset,
    inFlightStride: inFlightBytes / Int32Array.BYTES_PER_ELEMENT,
    countersOffset,
    countersStride: countersBytes / Float64Array.BYTES_PER_ELEMENT,
    timesOffset,
    timesStride: timesBytes / Float64Array.BYTES_PER_ELEMENT,
    joinsOffset,
    learnedOffset,
    standingOffset,
    turnsOffset,
    retriesOffset,
    queuesOffset,
    queueRowsOffset,
    queueStride: queueRowBytes / Int32Array.BYTES_PER_ELEMENT,
    admissionsOffset,
    turnedAwayOffset,
    turnedAwayStride: perUpstreamBytes / Int32Array.BYTES_PER_ELEMENT,
    alarmOffset,
    endOffset: alarmOffset + ROW_ALIGNMENT_BYTES,
  };
}

/** Bytes of shared memory a generation of these sizes needs. */
export function sharedBytes(sizes: SharedSizes): number {
  const zones = sizes.zones ?? [];
  return zoneOffset(sizes, zones.length);
}

/** Where the table of sessions of that number begins; behind the last one, all ends. */
export function zoneOffset(
  { endpointCount, threadCount, upstreamCount, zones = [] }: SharedSizes,
  number: number,
): number {
  const { endOffset } = layoutOf(threadCount, endpointCount, upstreamCount);
  return zones.slice(0, number).reduce((offset, { bytes }) => offset + align(bytes), endOffset);
}

function align(bytes: number): number {
  return Math.ceil(bytes / ROW_ALIGNMENT_BYTES) * ROW_ALIGNMENT_BYTES;
}
