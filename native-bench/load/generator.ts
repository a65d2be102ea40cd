import { Arrivals, type Job } from './arrivals.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import type { CompleteLoadOptions, FailureKind, LoadReport } from './options.ts';
import { type MadeRequest, RequestMaker } from './request-maker.ts';
import { Tally } from './tally.ts';

const SWEEP_MS = 50; // how late a timeout may be noticed
const SPIN_MS = 1.2; // the last stretch before a start, too short for a timer

/** A request under way. */
interface Exchange {
  readonly job: Job;
  readonly request: MadeRequest;
  sentMs: number;
  retried: boolean;
}

/**
 * The generator of one thread. Open mode starts each job at its intended time: on an idle
 * connection, on a new one, or, when `connections` are busy, later; latency counts from the
 * intended start, so a stall of the server is seen by every request it delayed.
 */
export class Generator implements ConnectionOwner {
  readonly #options: CompleteLoadOptions;
  readonly #tally: Tally;
  readonly #arrivals: Arrivals;
  readonly #maker: RequestMaker;
  readonly #limit: number;
  readonly #idle: ClientConnection[] = [];
  readonly #busy = new Map<ClientConnection, Exchange>(); // oldest sending first
  readonly #queue: Job[] = [];
  #next: Job | undefined;
  #opened = 0;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined; // of the next start
  #sweeper: NodeJS.Timeout | undefined;
  #finish: ((report: LoadReport) => void) | undefined;
  #lastStartMs = 0;

  constructor(options: CompleteLoadOptions) {
    this.#options = options;
    this.#tally = new Tally(options);
    this.#arrivals = new Arrivals(options);
    this.#maker = new RequestMaker(options);
    const { connections, threadCount, thread } = options;
    this.#limit =
      Math.floor(connections / threadCount) + (thread < connections % threadCount ? 1 : 0);
  }

  /** Runs to the end of the jobs, or until stop(), and waits for the answers under way. */
  run(): Promise<LoadReport> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#sweeper = setInterval(this.#sweep, SWEEP_MS);
      this.#next = this.#arrivals.next();
      const waitMs = this.#options.startAtMs - performance.timeOrigin - performance.now();
      if (waitMs > 0) this.#timer = setTimeout(this.#start, waitMs);
      else this.#start();
    });
  }

  /** Makes no more requests; run() resolves when those under way have ended. */
  stop(): void {
    this.#stopping = true;
    this.#endIfDone();
  }

  /** Requests ended so far, and how many of them failed. */
  get progress(): { requests: number; failures: number } {
    return { requests: this.#tally.requests, failures: this.#tally.failures };
  }

  readonly #start = (): void => {
    if (this.#options.mode === 'open') {
      this.#tick();
      return;
    }
    for (let i = 0; i < this.#limit; i += 1) this.#startClosed();
    this.#endIfDone();
  };

  /** Milliseconds since the common start. */
  #nowMs(): number {
    return performance.timeOrigin + performance.now() - this.#options.startAtMs;
  }

  /** Starts what is due and arranges for the next start. */
  readonly #tick = (): void => {
    const nowMs = this.#nowMs();
    while (this.#next !== undefined && !this.#stopping && this.#next.intendedMs <= nowMs) {
      this.#dispatch(this.#next);
      this.#next = this.#arrivals.next();
    }
    if (this.#next === undefined || this.#stopping) {
      this.#endIfDone();
      return;
    }
    const waitMs = this.#next.intendedMs - nowMs;
    const spins = this.#options.pacing === 'spin';
    if (spins && waitMs <= SPIN_MS) setImmediate(this.#tick);
    else this.#timer = setTimeout(this.#tick, spins ? waitMs - SPIN_MS : waitMs);
  };

  #dispatch(job: Job): void {
    const connection = this.#takeConnection();
    if (connection === undefined) {
      this.#queue.push(job);
      this.#tally.peakQueued = Math.max(this.#tally.peakQueued, this.#queue.length);
      return;
    }
    this.#send(connection, job);
  }

  #takeConnection(): ClientConnection | undefined {
    const idle = this.#idle.pop(); // the most recently used one
    if (idle !== undefined) return idle;
    return this.#busy.size < this.#limit ? this.#connect() : undefined;
  }

  #startClosed(): void {
    if (this.#isOver()) return;
    const job = this.#next;
    if (job === undefined) return;
    this.#next = this.#arrivals.next();
    const connection = this.#takeConnection();
    if (connection !== undefined) this.#send(connection, job);
  }

  #isOver(): boolean {
    return this.#stopping || this.#next === undefined || this.#nowMs() >= this.#options.durationMs;
  }

  #connect(): ClientConnection {
    const { host, port, localAddresses } = this.#options;
    const local =
      localAddresses.length > 0 ? localAddresses[this.#opened % localAddresses.length] : undefined;
    this.#opened += 1;
    this.#tally.connectionsOpened += 1;
    return new ClientConnection(this, host, port, local);
  }

  #send(connection: ClientConnection, job: Job): void {
    const sentMs = this.#nowMs();
    this.#lastStartMs = sentMs;
    const request = this.#maker.make(job);
    this.#busy.set(connection, { job, request, sentMs, retried: false });
    this.#tally.peakInFlight = Math.max(this.#tally.peakInFlight, this.#busy.size);
    connection.send(request, this.#options.bodyBytes);
  }

  onAnswer(connection: ClientConnection): void {
    const exchange = this.#take(connection);
    if (exchange === undefined) return;
    const { status, keepsAlive, receivedBytes } = connection.reader;
    this.#tally.bytesReceived += receivedBytes;
    if (this.#options.keepAlive && keepsAlive) this.#idle.push(connection);
    else connection.destroy();
    if (this.#isExpected(status)) this.#recordCompletion(exchange, status);
    else this.#recordFailure(exchange, 'badStatus', String(status), status);
    this.#proceed();
  }

  onFailure(connection: ClientConnection, kind: FailureKind, detail: string): void {
    const exchange = this.#take(connection);
    if (exchange === undefined) return;
    const isStale =
      connection.sent > 1 &&
      connection.reader.receivedBytes === 0 &&
      (kind === 'closed' || kind === 'reset');
    if (isStale && this.#options.retryStale && !exchange.retried) {
      this.#tally.staleRetries += 1;
      exchange.retried = true;
      const fresh = this.#connect();
      this.#busy.set(fresh, exchange);
      fresh.send(exchange.request, this.#options.bodyBytes);
      return;
    }
    this.#recordFailure(exchange, kind, detail, connection.reader.status);
    this.#proceed();
  }

  onStray(connection: ClientConnection, detail: string): void {
    this.#forgetIdle(connection);
    const atMs = this.#nowMs();
    this.#tally.onMoment(atMs, 'failures');
    this.#tally.onStray({ kind: 'unexpectedBytes', atMs, request: '', detail });
  }

  onIdleClosed(connection: ClientConnection): void {
    this.#forgetIdle(connection);
  }

  #forgetIdle(connection: ClientConnection): void {
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  #take(connection: ClientConnection): Exchange | undefined {
    const exchange = this.#busy.get(connection);
    this.#busy.delete(connection);
    return exchange;
  }

  /** What follows the end of a request. */
  #proceed(): void {
    if (this.#options.mode === 'closed') {
      this.#startClosed();
    } else {
      const waiting = this.#stopping ? undefined : this.#queue.shift();
      if (waiting !== undefined) this.#dispatch(waiting);
    }
    this.#endIfDone();
  }

  #isExpected(status: number): boolean {
    const { expectStatus } = this.#options;
    if (expectStatus.length > 0) return expectStatus.includes(status);
    return status >= 200 && status < 400;
  }

  #isWarmup(exchange: Exchange): boolean {
    return this.#startOf(exchange) < this.#options.warmupMs;
  }

  /** From when latency counts: the intended start; in closed mode there is none but the sending. */
  #startOf({ job, sentMs }: Exchange): number {
    return this.#options.mode === 'open' ? job.intendedMs : sentMs;
  }

  #recordCompletion(exchange: Exchange, status: number): void {
    const endedMs = this.#nowMs();
    this.#tally.onMoment(endedMs, 'completions');
    if (this.#isWarmup(exchange)) {
      this.#tally.warmupRequests += 1;
      return;
    }
    const intendedMs = this.#startOf(exchange);
    this.#tally.onCompletion(exchange.job.classIndex, status, {
      intendedMs,
      sentMs: exchange.sentMs,
      endedMs,
    });
  }

  #recordFailure(exchange: Exchange, kind: FailureKind, detail: string, status: number): void {
    const atMs = this.#nowMs();
    this.#tally.onMoment(atMs, 'failures');
    if (this.#isWarmup(exchange)) {
      this.#tally.warmupRequests += 1;
      return;
    }
    const request = exchange.request.target;
    this.#tally.onFailure(exchange.job.classIndex, status, { kind, atMs, request, detail });
  }

  /** Fails what has waited too long for its answer. */
  readonly #sweep = (): void => {
    const beforeMs = this.#nowMs() - this.#options.timeoutMs;
    for (const [connection, exchange] of this.#busy) {
      if (exchange.sentMs > beforeMs) break; // the rest was sent later
      connection.destroy();
      this.onFailure(connection, 'timeout', `no answer after ${this.#options.timeoutMs} ms`);
    }
    this.#endIfDone();
  };

  #endIfDone(): void {
    if (this.#finish === undefined || this.#busy.size > 0) return;
    if (!this.#stopping) {
      const hasMore = this.#options.mode === 'open' ? this.#next !== undefined : !this.#isOver();
      if (hasMore || this.#queue.length > 0) return;
    }
    const finish = this.#finish;
    this.#finish = undefined;
    clearTimeout(this.#timer);
    clearInterval(this.#sweeper);
    for (const connection of this.#idle) connection.destroy();
    const { warmupMs, durationMs } = this.#options;
    const runMs = Math.max(this.#nowMs(), 1);
    // A period that was to last a given time is judged by that time, not by its last answer.
    const endMs = this.#stopping || durationMs === Infinity ? this.#lastStartMs : durationMs;
    const report = this.#tally.report(Math.max(1, Math.max(endMs, 1) - warmupMs), runMs);
    this.#tally.destroy();
    finish(report);
  }
}
