/**
 * A constant rate, open loop: request i is due at i / rate after the start, whatever the answers
 * do, and its latency counts from then. A stall of the server is so seen by every request that was
 * due meanwhile (no coordinated omission), and so is a stall of the generator itself, which
 * `lateness` shows.
 *
 * It does not spin while it waits, for it shares its core with the origin: requests are sent
 * whenever it is awake, which at a high rate every answer makes it, and at least once per
 * millisecond.
 */
import { Random } from '#native-bench/measure/random.ts';
import { LatencyHistogram, type LatencySummary } from './latency.ts';
import { SteadyConnection, type SteadyOwner } from './steady-connection.ts';

/** What a steady load does. */
export interface SteadyOptions {
  readonly port: number;
  /** Of the Host field; default 127.0.0.1:PORT. */
  readonly hostField?: string;
  /** 0: closed loop, every connection asks again at once; finds what can be carried at all. */
  readonly ratePerSec: number;
  /** Measured time, after the warm-up. */
  readonly durationMs: number;
  readonly warmupMs: number;
  /** Opened before the start, used in turn. A request that finds all busy waits, and its wait counts. */
  readonly connections: number;
  readonly seed: number;
}

/** What it found. Latencies in microseconds. */
export interface SteadyReport {
  /** Requests that were due in the measured time. */
  readonly requests: number;
  /** Of all, warm-up included: lost with a connection, or not answered with 200 five seconds after the end. */
  readonly failures: number;
  /** The first reasons. */
  readonly reasons: readonly string[];
  /** From the moment a request was due to its last byte. */
  readonly latency: LatencySummary;
  /** From its sending to its last byte: what a generator with coordinated omission would report. */
  readonly service: LatencySummary;
  /** From the moment it was due to its sending. */
  readonly lateness: LatencySummary;
  /** CPU time of the generator's process divided by the measured time. */
  readonly generatorCpu: number;
}

const PATIENCE_MS = 5_000;
const BACKSTOP_MS = 1;
const MAX_REASONS = 10;

interface Histograms {
  readonly latency: LatencyHistogram;
  readonly service: LatencyHistogram;
  readonly lateness: LatencyHistogram;
}

function newHistograms(): Histograms {
  return {
    latency: new LatencyHistogram(),
    service: new LatencyHistogram(),
    lateness: new LatencyHistogram(),
  };
}

/** One run. */
export class SteadyGenerator implements SteadyOwner {
  readonly #options: SteadyOptions;
  /** Between two requests; 0 in a closed loop. */
  readonly #gapMs: number;
  /** How many there will be; known at the end only in a closed loop. */
  #dueCount: number;
  /** Requests from this one on are measured; in a closed loop those after the warm-up. */
  #firstMeasured: number;
  readonly #free: SteadyConnection[] = []; // a ring: taken at #freeHead, put at #freeTail
  #freeHead = 0;
  #freeTail = 0;
  #freeCount = 0;
  #connected = 0;
  #usable: number;
  #next = 0; // the request to be sent next
  #ended = 0;
  #failures = 0;
  readonly #reasons: string[] = [];
  readonly #measured = newHistograms();
  /** Never read: recording must be compiled when the measured time begins. */
  readonly #warm = newHistograms();
  readonly #random: Random;
  readonly #tail: string;
  #startMs = 0;
  #ticker: NodeJS.Timeout | undefined;
  #cpuAtWarm = { user: 0, system: 0 };
  #finish: ((report: SteadyReport) => void) | undefined;

  /** `prepareHistograms` must have been awaited. */
  constructor(options: SteadyOptions) {
    this.#options = options;
    const { ratePerSec, durationMs, warmupMs, connections, port, seed } = options;
    this.#gapMs = ratePerSec > 0 ? 1000 / ratePerSec : 0;
    this.#dueCount =
      ratePerSec > 0 ? Math.ceil((warmupMs + durationMs) / this.#gapMs) : Number.POSITIVE_INFINITY;
    this.#firstMeasured =
      ratePerSec > 0 ? Math.ceil(warmupMs / this.#gapMs) : Number.POSITIVE_INFINITY;
    this.#usable = connections;
    this.#random = new Random(seed);
    const host = options.hostField ?? `127.0.0.1:${port}`;
    this.#tail = ` HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: wrk\r\nAccept: */*\r\nCookie: session=`;
  }

  /** Resolves when every request has its answer, or the patience is over. */
  run(): Promise<SteadyReport> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      const { connections, port } = this.#options;
      for (let opened = 0; opened < connections; opened += 1) new SteadyConnection(port, this);
    });
  }

  onConnected(connection: SteadyConnection): void {
    this.#putFree(connection);
    this.#connected += 1;
    this.#startWhenConnected();
  }

  onAnswer(connection: SteadyConnection): void {
    const nowMs = this.#nowMs();
    this.#ended += 1;
    const { intendedMs, sentMs } = connection;
    const kept = connection.index >= this.#firstMeasured ? this.#measured : this.#warm;
    kept.latency.recordMs(nowMs - intendedMs);
    kept.service.recordMs(nowMs - sentMs);
    kept.lateness.recordMs(sentMs - intendedMs);
    this.#putFree(connection);
    this.#sendDue(nowMs);
    if (this.#ended >= this.#dueCount) this.#end();
  }

  onBroken(connection: SteadyConnection, why: string): void {
    this.#usable -= 1;
    if (this.#reasons.length < MAX_REASONS) this.#reasons.push(why);
    if (connection.isBusy) {
      this.#ended += 1;
      this.#failures += 1;
    }
    if (this.#usable === 0) this.#end();
    else this.#startWhenConnected();
  }

  #startWhenConnected(): void {
    if (this.#ticker !== undefined || this.#connected < this.#usable) return;
    this.#startMs = performance.now();
    this.#ticker = setInterval(this.#tick, BACKSTOP_MS);
    const { warmupMs, durationMs } = this.#options;
    setTimeout(() => {
      this.#cpuAtWarm = process.cpuUsage();
    }, warmupMs);
    setTimeout(() => this.#end(), warmupMs + durationMs + PATIENCE_MS).unref();
  }

  readonly #tick = (): void => this.#sendDue(this.#nowMs());

  #nowMs(): number {
    return performance.now() - this.#startMs;
  }

  /** Sends what is due, as far as connections are free. */
  #sendDue(nowMs: number): void {
    let sentMs = nowMs;
    while (this.#next < this.#dueCount && this.#freeCount > 0) {
      const intendedMs = this.#gapMs > 0 ? this.#next * this.#gapMs : sentMs;
      if (intendedMs > sentMs) return;
      if (this.#gapMs === 0 && this.#isOver(sentMs)) return;
      const connection = this.#takeFree();
      if (!connection.isUsable) continue;
      const index = this.#next;
      this.#next += 1;
      connection.index = index;
      const number = this.#random.uint32();
      connection.send(
        `GET /u/${number}/${index}${this.#tail}${number ^ index}\r\n\r\n`,
        intendedMs,
        sentMs,
      );
      sentMs = this.#nowMs();
    }
  }

  /** In a closed loop the clock says which requests are measured, and when there are no more. */
  #isOver(nowMs: number): boolean {
    const { warmupMs, durationMs } = this.#options;
    if (nowMs >= warmupMs) this.#firstMeasured = Math.min(this.#firstMeasured, this.#next);
    if (nowMs < warmupMs + durationMs) return false;
    this.#dueCount = this.#next;
    return true;
  }

  #putFree(connection: SteadyConnection): void {
    this.#free[this.#freeTail] = connection;
    this.#freeTail = (this.#freeTail + 1) % this.#options.connections;
    this.#freeCount += 1;
  }

  #takeFree(): SteadyConnection {
    const connection = this.#free[this.#freeHead] as SteadyConnection;
    this.#freeHead = (this.#freeHead + 1) % this.#options.connections;
    this.#freeCount -= 1;
    return connection;
  }

  #end(): void {
    const finish = this.#finish;
    if (finish === undefined) return;
    this.#finish = undefined;
    clearInterval(this.#ticker);
    const elapsedMs = Math.max(1, this.#nowMs() - this.#options.warmupMs);
    const { user, system } = process.cpuUsage(this.#cpuAtWarm);
    const dueCount = Number.isFinite(this.#dueCount) ? this.#dueCount : this.#next;
    const unanswered = dueCount - this.#ended;
    if (unanswered > 0) this.#reasons.push(`${unanswered} not sent or not answered`);
    finish({
      requests: Math.max(0, dueCount - this.#firstMeasured),
      failures: this.#failures + unanswered,
      reasons: this.#reasons,
      latency: this.#measured.latency.summary(),
      service: this.#measured.service.summary(),
      lateness: this.#measured.lateness.summary(),
      generatorCpu: (user + system) / 1000 / elapsedMs,
    });
  }
}
