import { Random } from '#native-bench/measure/random.ts';
import { type CustomAnswer, plainAnswer } from './answer.ts';
import { type Behaviour, type Fault, parseFault } from './behaviour.ts';
import type { OriginConnection } from './origin-connection.ts';
import type { SeenRequest } from './request-reader.ts';
import { type WorkReport, WorkStation } from './work-station.ts';

/** What does not change while an origin runs. */
export interface OriginSettings {
  /** Seed of the draws for `faultShare`. */
  readonly seed: number;
  /** How many requests are kept whole for `requests`; 0 allows the fast path. */
  readonly keepRequests: number;
  /** How much of each kept body. */
  readonly keepBodyBytes: number;
  /** How many raw bytes of each connection are kept for `sawRaw`. */
  readonly keepRawBytes: number;
  /** A test's own answers; undefined: the usual one. */
  readonly respond?:
    | ((request: SeenRequest) => CustomAnswer | undefined | Promise<CustomAnswer | undefined>)
    | undefined;
}

/** Counted since the start or the last reset. */
export interface OriginCounters {
  connectionsAccepted: number;
  connectionsOpen: number;
  connectionErrors: number;
  requests: number;
  completions: number;
  inFlight: number;
  peakInFlight: number;
  /** Connections with a request of which only a part has arrived. */
  incomplete: number;
  peakIncomplete: number;
}

/** Everything an origin can tell. */
export interface OriginReport extends OriginCounters {
  /** Jobs that went through the slots. */
  work: WorkReport;
}

const READ_BUFFER_BYTES = 65_536;

/** What all connections of one origin share. */
export class OriginCore {
  readonly settings: OriginSettings;
  readonly behaviour: Behaviour;
  readonly station: WorkStation;
  readonly requests: SeenRequest[] = [];
  readonly connections = new Set<OriginConnection>();
  /** Read callbacks are synchronous, so one buffer serves all; nothing keeps a slice of it. */
  readonly readBuffer = Buffer.alloc(READ_BUFFER_BYTES);
  readonly counters: OriginCounters = {
    connectionsAccepted: 0,
    connectionsOpen: 0,
    connectionErrors: 0,
    requests: 0,
    completions: 0,
    inFlight: 0,
    peakInFlight: 0,
    incomplete: 0,
    peakIncomplete: 0,
  };
  /** True when plain requests may be answered without being looked at. */
  isFast = false;

  #random: Random;
  #raw: Buffer[] = [];
  #plain: Buffer[] = [];
  #fault: Fault | undefined;
  #arrivalWaiters: { count: number; resolve: () => void }[] = [];

  constructor(settings: OriginSettings, behaviour: Behaviour) {
    this.settings = settings;
    this.behaviour = { ...behaviour };
    this.station = new WorkStation(behaviour);
    this.#random = new Random(settings.seed);
    this.change({});
  }

  change(behaviour: Partial<Behaviour>): void {
    Object.assign(this.behaviour, behaviour);
    const now = this.behaviour;
    const { slots, discipline, work, speed } = now;
    this.station.configure({ slots, discipline, work, speed });
    this.#fault = now.fault === undefined ? undefined : parseFault(now.fault);
    this.#plain = [Buffer.alloc(0), plainAnswer(now.bodyBytes)];
    const delays = now.headDelayMs + now.bodyDelayMs + now.chunkDelayMs + now.workMs;
    this.isFast =
      this.settings.keepRequests === 0 &&
      this.settings.respond === undefined &&
      this.#fault === undefined &&
      slots === Number.POSITIVE_INFINITY &&
      delays === 0 &&
      now.maxRequests === 0 &&
      now.bodyBytes <= READ_BUFFER_BYTES;
  }

  /** The default answer `count` times in one buffer. */
  plainAnswers(count: number): Buffer {
    const known = this.#plain[count];
    if (known !== undefined) return known;
    const one = this.#plain[1] ?? Buffer.alloc(0);
    const many = Buffer.alloc(one.length * count, one);
    this.#plain[count] = many;
    return many;
  }

  /** The behaviour's fault, if it strikes this time. */
  drawFault(): Fault | undefined {
    if (this.#fault === undefined || this.#random.uniform() >= this.behaviour.faultShare) {
      return undefined;
    }
    return this.#fault;
  }

  noteArrival(request: SeenRequest): void {
    const { counters } = this;
    counters.requests += 1;
    counters.inFlight += 1;
    counters.peakInFlight = Math.max(counters.peakInFlight, counters.inFlight);
    if (this.requests.length < this.settings.keepRequests) this.requests.push(request);
    if (this.#arrivalWaiters.length === 0) return;
    const due = this.#arrivalWaiters.filter(({ count }) => count <= counters.requests);
    this.#arrivalWaiters = this.#arrivalWaiters.filter(({ count }) => count > counters.requests);
    for (const { resolve } of due) resolve();
  }

  noteEnd(): void {
    this.counters.inFlight -= 1;
  }

  noteIncomplete(change: 1 | -1): void {
    const { counters } = this;
    counters.incomplete += change;
    counters.peakIncomplete = Math.max(counters.peakIncomplete, counters.incomplete);
  }

  noteAccepted(connection: OriginConnection): void {
    this.connections.add(connection);
    this.counters.connectionsOpen += 1;
  }

  /** Called once per connection; its raw bytes outlive it. */
  noteClosed(connection: OriginConnection): void {
    this.connections.delete(connection);
    this.counters.connectionsOpen -= 1;
    if (this.settings.keepRawBytes > 0) this.#raw[connection.number] = connection.raw;
  }

  /** Resolves once that many requests have arrived since the start or reset. */
  waitForRequests(count: number): Promise<void> {
    if (this.counters.requests >= count) return Promise.resolve();
    return new Promise((resolve) => this.#arrivalWaiters.push({ count, resolve }));
  }

  report(): OriginReport {
    return { ...this.counters, work: this.station.report() };
  }

  /** Raw bytes per connection in the order of acceptance, of open and closed ones. */
  raw(): Buffer[] {
    const all = this.#raw.slice();
    for (const connection of this.connections) all[connection.number] = connection.raw;
    return Array.from(all, (bytes) => bytes ?? Buffer.alloc(0));
  }

  reset(): void {
    this.requests.length = 0;
    this.station.reset();
    const { connectionsOpen, inFlight, incomplete } = this.counters;
    Object.assign(this.counters, {
      connectionsAccepted: 0,
      connectionErrors: 0,
      requests: 0,
      completions: 0,
      peakInFlight: inFlight,
      peakIncomplete: incomplete,
      connectionsOpen,
    });
  }
}
