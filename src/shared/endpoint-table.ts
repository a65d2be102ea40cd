// Data path.
import { AdmissionTable } from './admission-table.ts';
import { EndpointStanding, OUT_GONE } from './endpoint-standing.ts';
import { EndpointTimes } from './endpoint-times.ts';
import { ErrorAlarm } from './error-alarm.ts';
import { ENDPOINT_COUNTERS, layoutOf } from './layout.ts';
import { QueueTable } from './queue-table.ts';
import { RetryBudgets } from './retry-budgets.ts';

const REQUESTS = 0;
const BUSY_MS = 1;
const HEADER_MS = 2;
const SENT_BYTES = 3;
const RECEIVED_BYTES = 4;
/** And the class of a status, 1 to 5. */
const ANSWERS = 4;
const ERROR_ANSWERS = ANSWERS + 5;
const FAILURES = 10;
const GOOD_ANSWERS = 11;
const LOST = 12;
/** A turn is taken modulo 2^30, so it stays a small non-negative integer. */
const TURN_MASK = 0x3fffffff;

/**
 * Exchanges in flight per endpoint, exact over all threads: one Int32 cell per thread and endpoint,
 * written by that thread alone; the truth is the sum. A further row, `foreign`, is what draining
 * older generations last reported; the generation's main thread writes it. Allocates nothing after
 * construction.
 *
 *   in-flight   [thread 0][e0 e1 e2 …]  [thread 1][e0 e1 e2 …]  …  [foreign][e0 e1 e2 …]
 */
export class EndpointTable {
  readonly threadCount: number;
  readonly endpointCount: number;
  readonly times: EndpointTimes;
  readonly queues: QueueTable;
  readonly retries: RetryBudgets;
  /** Who is out, and what failed. */
  readonly standing: EndpointStanding;
  readonly admissions: AdmissionTable;
  readonly alarm: ErrorAlarm;
  readonly #learned: Int32Array;
  readonly #inFlight: Int32Array;
  readonly #inFlightStride: number;
  readonly #counters: Float64Array;
  readonly #countersStride: number;
  readonly #turns: Int32Array;
  readonly #own: number;
  readonly #ownCounters: number;

  /**
   * `thread` is the row this thread writes; the main thread of a generation passes 0 and only reads.
   * `upstreamCount` is for queues and retry budgets; without it none may be used.
   */
  constructor(
    buffer: SharedArrayBuffer,
    threadCount: number,
    endpointCount: number,
    thread: number,
    upstreamCount = 0,
  ) {
    const layout = layoutOf(threadCount, endpointCount, upstreamCount);
    this.threadCount = threadCount;
    this.endpointCount = endpointCount;
    this.#inFlightStride = layout.inFlightStride;
    this.#inFlight = new Int32Array(
      buffer,
      layout.inFlightOffset,
      layout.inFlightStride * (threadCount + 1),
    );
    this.#countersStride = layout.countersStride;
    this.#counters = new Float64Array(
      buffer,
      layout.countersOffset,
      layout.countersStride * threadCount,
    );
    this.times = new EndpointTimes(buffer, layout, threadCount, endpointCount, thread);
    this.queues = new QueueTable(buffer, layout, threadCount, upstreamCount, thread);
    this.retries = new RetryBudgets(buffer, layout, upstreamCount);
    this.standing = new EndpointStanding(buffer, layout, endpointCount);
    this.alarm = new ErrorAlarm(buffer, layout);
    this.admissions = new AdmissionTable(buffer, layout, threadCount, upstreamCount, thread);
    this.#learned = new Int32Array(buffer, layout.learnedOffset, endpointCount);
    this.#turns = new Int32Array(buffer, layout.turnsOffset);
    this.#own = thread * layout.inFlightStride;
    this.#ownCounters = thread * layout.countersStride;
  }

  /** An exchange goes to this endpoint: counted in flight and as a request. */
  start(endpoint: number): void {
    const cell = this.#own + endpoint;
    this.#inFlight[cell] = (this.#inFlight[cell] ?? 0) + 1;
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + REQUESTS;
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
  }

  /**
   * As `start`, unless more than `limit` (max_conns) would be in flight over all threads. Adds to the
   * own cell first and sums after, both sequentially consistent: two threads racing for the last
   * place may both be refused, never both admitted.
   */
  tryStart(endpoint: number, limit: number): boolean {
    const cell = this.#own + endpoint;
    Atomics.add(this.#inFlight, cell, 1);
    let sum = 0;
    for (let at = endpoint; at < this.#inFlight.length; at += this.#inFlightStride) {
      sum += Atomics.load(this.#inFlight, at);
    }
    if (sum > limit) {
      Atomics.sub(this.#inFlight, cell, 1);
      return false;
    }
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + REQUESTS;
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
    return true;
  }

  /**
   * As `tryStart`, unless more than `most` would be in flight over `count` endpoints from `first` on,
   * too. `limit` 0: the endpoint has none of its own.
   */
  tryStartAmong(
    endpoint: number,
    limit: number,
    first: number,
    count: number,
    most: number,
  ): boolean {
    const cell = this.#own + endpoint;
    Atomics.add(this.#inFlight, cell, 1);
    let own = 0;
    let all = 0;
    for (let row = 0; row < this.#inFlight.length; row += this.#inFlightStride) {
      for (let id = first; id < first + count; id++) {
        const inFlight = Atomics.load(this.#inFlight, row + id);
        all += inFlight;
        if (id === endpoint) own += inFlight;
      }
    }
    if (all > most || (limit > 0 && own > limit)) {
      Atomics.sub(this.#inFlight, cell, 1);
      return false;
    }
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + REQUESTS;
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
    return true;
  }

  /**
   * The exchange that `start` or one of its like counted has left this endpoint, which it kept busy for so
   * many milliseconds, and which was sent so many bytes, and sent so many (heads included). Exactly once each.
   */
  finish(endpoint: number, busyMs: number, sent = 0, received = 0): void {
    const cell = this.#own + endpoint;
    this.#inFlight[cell] = (this.#inFlight[cell] ?? 0) - 1;
    const first = this.#ownCounters + endpoint * ENDPOINT_COUNTERS;
    const counters = this.#counters;
    counters[first + BUSY_MS] = (counters[first + BUSY_MS] as number) + busyMs;
    counters[first + SENT_BYTES] = (counters[first + SENT_BYTES] as number) + sent;
    counters[first + RECEIVED_BYTES] = (counters[first + RECEIVED_BYTES] as number) + received;
  }

  /**
   * Before the queue is looked at: who joins it from now on sees what `finish` wrote, and whoever had
   * joined before is seen. A plain store may still wait in this core.
   */
  settle(endpoint: number): void {
    Atomics.add(this.#inFlight, this.#own + endpoint, 0);
  }

  /**
   * Counts one more request for an exchange that is in flight there already, and what the one before
   * has carried.
   */
  repeat(endpoint: number, sent = 0, received = 0): void {
    const first = this.#ownCounters + endpoint * ENDPOINT_COUNTERS;
    const counters = this.#counters;
    counters[first + REQUESTS] = (counters[first + REQUESTS] as number) + 1;
    counters[first + SENT_BYTES] = (counters[first + SENT_BYTES] as number) + sent;
    counters[first + RECEIVED_BYTES] = (counters[first + RECEIVED_BYTES] as number) + received;
  }

  /** What `start` or `tryStart` counted just now does not begin after all. */
  withdraw(endpoint: number): void {
    Atomics.sub(this.#inFlight, this.#own + endpoint, 1);
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + REQUESTS;
    this.#counters[counter] = (this.#counters[counter] ?? 0) - 1;
  }

  /**
   * Takes the endpoint out for these OUT_ reasons, or no longer for them; or it is DEGRADED, or is not: all threads see it at their
   * next pick, and those that wait in queues are looked at again. Generation's main thread only.
   * True: that was not so before.
   */
  setOut(endpoint: number, reasons: number, isOut: boolean): boolean {
    const hasChanged = this.standing.setOut(endpoint, reasons, isOut);
    if (hasChanged) this.queues.wakeAllFirst();
    return hasChanged;
  }

  /** An attempt against this endpoint failed. */
  fail(endpoint: number): void {
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + FAILURES;
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
  }

  /**
   * It answered with a status of this class (1 to 5), whether that leads to another attempt or not;
   * the head took so many whole milliseconds.
   */
  noteAnswer(endpoint: number, statusClass: number, headerMs: number): void {
    const counters = this.#counters;
    const first = this.#ownCounters + endpoint * ENDPOINT_COUNTERS;
    const answers = first + ANSWERS + statusClass;
    counters[answers] = (counters[answers] as number) + 1;
    counters[first + HEADER_MS] = (counters[first + HEADER_MS] as number) + headerMs;
  }

  /**
   * An attempt has ended well (`isGood`), or without a whole answer, which was the endpoint's fault.
   * Only where an upstream has outcomes recorded; errors that it answers are counted above.
   */
  noteOutcome(endpoint: number, isGood: boolean): void {
    const which = isGood ? GOOD_ANSWERS : LOST;
    const counter = this.#ownCounters + endpoint * ENDPOINT_COUNTERS + which;
    this.#counters[counter] = (this.#counters[counter] ?? 0) + 1;
  }

  /** Exchanges in flight at this endpoint, over all threads and draining generations. */
  active(endpoint: number): number {
    let sum = 0;
    for (let at = endpoint; at < this.#inFlight.length; at += this.#inFlightStride) {
      sum += this.#inFlight[at] ?? 0;
    }
    return sum;
  }

  /** The sum of `active` over `count` endpoints with consecutive ids. */
  sumActive(first: number, count: number): number {
    const inFlight = this.#inFlight;
    let sum = 0;
    for (let row = first; row < inFlight.length; row += this.#inFlightStride) {
      const end = row + count;
      for (let at = row; at < end; at++) sum = (sum + (inFlight[at] as number)) | 0;
    }
    return sum;
  }

  /** What this thread alone has in flight at this endpoint. */
  activeHere(endpoint: number): number {
    return this.#inFlight[this.#own + endpoint] ?? 0;
  }

  /** As `active`, without what draining generations report. */
  ownActive(endpoint: number): number {
    return this.active(endpoint) - (this.#inFlight[this.#foreignCell(endpoint)] ?? 0);
  }

  /** What draining generations have in flight at this endpoint. Generation's main thread only. */
  setForeign(endpoint: number, inFlight: number): void {
    Atomics.store(this.#inFlight, this.#foreignCell(endpoint), inFlight);
  }

  /** How many at a time the endpoint was learned to take; 0: nobody learns it (yet). */
  learnedLimit(endpoint: number): number {
    return this.#learned[endpoint] as number;
  }

  /** Generation's main thread only. */
  setLearnedLimit(endpoint: number, limit: number): void {
    Atomics.store(this.#learned, endpoint, limit);
  }

  /** Exchanges sent to this endpoint by this generation. */
  requests(endpoint: number): number {
    return this.#counted(endpoint, REQUESTS);
  }

  /** Attempts against this endpoint that have ended and did not fail. */
  endedWell(endpoint: number): number {
    return this.requests(endpoint) - this.failures(endpoint) - this.ownActive(endpoint);
  }

  /** Failed attempts against this endpoint in this generation. */
  failures(endpoint: number): number {
    return this.#counted(endpoint, FAILURES);
  }

  /**
   * Nobody serves with it: its place has no tenant, or one for which some thread has not put back yet
   * what it counted of the tenant before. No figure of it is worth telling.
   */
  isVacant(endpoint: number): boolean {
    return (this.standing.out(endpoint) & OUT_GONE) !== 0;
  }

  /** Answers with a status of this class, 1 to 5, in this generation. */
  answers(endpoint: number, statusClass: number): number {
    return this.#counted(endpoint, ANSWERS + statusClass);
  }

  /** Bytes that it was sent in attempts that have left it, heads included. */
  sentBytes(endpoint: number): number {
    return this.#counted(endpoint, SENT_BYTES);
  }

  /** Bytes that came from it in attempts that have left it, heads included. */
  receivedBytes(endpoint: number): number {
    return this.#counted(endpoint, RECEIVED_BYTES);
  }

  /** Milliseconds to the heads of all its answers together. */
  headerMs(endpoint: number): number {
    return this.#counted(endpoint, HEADER_MS);
  }

  /** Answers with 5xx of this endpoint in this generation. */
  errorAnswers(endpoint: number): number {
    return this.#counted(endpoint, ERROR_ANSWERS);
  }

  /** Answers below 500; only where outcomes are recorded. */
  goodAnswers(endpoint: number): number {
    return this.#counted(endpoint, GOOD_ANSWERS);
  }

  /** Attempts that it left without a whole answer; only where outcomes are recorded. */
  lost(endpoint: number): number {
    return this.#counted(endpoint, LOST);
  }

  /** Milliseconds that exchanges which have left have spent at this endpoint, in this generation. */
  busyMs(endpoint: number): number {
    return this.#counted(endpoint, BUSY_MS);
  }

  /** A dead thread has nothing in flight. Called by the main thread after the thread has ended. */
  zeroThread(thread: number): void {
    const from = thread * this.#inFlightStride;
    this.#inFlight.fill(0, from, from + this.#inFlightStride);
    this.times.zeroOpen(thread);
  }

  /**
   * Its row of an endpoint begins anew: another one gets the slot. By the thread itself, or by the main
   * thread when that one has ended. Nothing may be in flight there.
   */
  zeroCounts(endpoint: number, thread: number): void {
    const from = thread * this.#countersStride + endpoint * ENDPOINT_COUNTERS;
    this.#counters.fill(0, from, from + ENDPOINT_COUNTERS);
    this.times.zero(endpoint, thread);
  }

  /** Next round-robin position of an upstream, over all threads: 0 … 2^30-1, wrapping. */
  nextTurn(upstream: number): number {
    return Atomics.add(this.#turns, upstream, 1) & TURN_MASK;
  }

  /** The position `nextTurn` will give, for the snapshot of a reload. */
  turn(upstream: number): number {
    return Atomics.load(this.#turns, upstream) & TURN_MASK;
  }

  /** Continues where an older generation was. Main thread, before any thread serves. */
  setTurn(upstream: number, turn: number): void {
    Atomics.store(this.#turns, upstream, turn);
  }

  #foreignCell(endpoint: number): number {
    return this.threadCount * this.#inFlightStride + endpoint;
  }

  #counted(endpoint: number, which: number): number {
    let sum = 0;
    const first = endpoint * ENDPOINT_COUNTERS + which;
    for (let at = first; at < this.#counters.length; at += this.#countersStride) {
      sum += this.#counters[at] ?? 0;
    }
    return sum;
  }
}
