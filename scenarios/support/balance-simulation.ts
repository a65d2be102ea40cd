/**
 * A discrete-event simulation of endpoints under load, in virtual time, by the balancers that serve:
 * what is in flight and how long it takes stands in the same cells, which several threads write, and
 * time is a number (scenarios.md §0). The same seed gives the same figures on every machine.
 */
import { ManualClock } from '#src/base/clock.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { Balancer, PickView } from '#src/upstream/balancers/balancer.ts';
import { balancerNamed } from '#src/upstream/balancers/index.ts';
import { RecentTimes } from '#src/upstream/recent-times.ts';
import { Random } from '#test/fuzz/random.ts';
import { EventQueue } from './event-queue.ts';

/** An endpoint as a simulation has it. */
export interface SimulatedEndpoint {
  readonly weight?: number;
  /** So many exchanges are worked on at a time, the others wait; default: any number. */
  readonly slots?: number;
  /** What it does takes so many times as long. Default 1. */
  readonly slowness?: number;
  /** It answers 503 after so long, whatever the work. */
  readonly failsAfterMs?: number;
}

/** An exchange to be served. */
export interface SimulatedExchange {
  readonly atMs: number;
  readonly workMs: number;
}

export interface SimulationSetup {
  /** A policy and the words behind its name. */
  readonly policy: readonly [string, ...string[]];
  readonly endpoints: readonly SimulatedEndpoint[];
  /** In order of time. */
  readonly exchanges: readonly SimulatedExchange[];
  readonly seed: number;
  /** Each exchange comes to one of so many proxy threads, by lot. Default 1. */
  readonly threads?: number;
  /** Each thread knows of its own exchanges only, as without shared memory. */
  readonly countsAlone?: boolean;
}

/** Per endpoint. */
export interface SimulationResult {
  readonly requests: readonly number[];
  /** The work that it was given, in milliseconds of one slot. */
  readonly busyMs: readonly number[];
  /** Of each exchange, in order: from its arrival to its end. */
  readonly latenciesMs: readonly number[];
}

/** A thread of the proxy: its balancer and what that sees. */
class SimulatedThread implements PickView {
  readonly table: EndpointTable;
  readonly #count: number;
  readonly #balancer: Balancer;
  readonly #recent: RecentTimes;
  readonly #random: Random;
  readonly #clock = new ManualClock();

  constructor(setup: SimulationSetup, table: EndpointTable, random: Random) {
    const [name, ...words] = setup.policy;
    const kind = balancerNamed(name);
    const endpoints = setup.endpoints.map(({ weight = 1 }, at) => ({
      name: `e${at}`,
      server: `e${at}`,
      weight,
    }));
    this.table = table;
    this.#count = endpoints.length;
    this.#balancer = kind.create({ endpoints, words });
    const ids = Int32Array.from(endpoints.keys());
    this.#recent = new RecentTimes(table.times, ids, kind.measure?.(words) ?? 'none', this.#clock);
    this.#random = random;
  }

  pick(nowMs: number): number {
    this.#clock.nowMs = nowMs;
    this.#recent.refresh();
    return this.#balancer.pick(this);
  }

  // ---- PickView --------------------------------------------------------------------------------

  mayTake(): boolean {
    return true;
  }

  inFlight(at: number): number {
    return this.table.active(at);
  }

  allInFlight(): number {
    return this.table.sumActive(0, this.#count);
  }

  timeUs(at: number): number {
    return this.#recent.us(at);
  }

  nextTurn(): number {
    return this.table.nextTurn(0);
  }

  randomBits(): number {
    return this.#random.below(0x4000_0000);
  }

  key(): string {
    return '';
  }
}

/** An exchange at an endpoint. */
interface Job {
  readonly index: number;
  readonly thread: SimulatedThread;
  readonly at: number;
}

class Simulation {
  readonly #setup: SimulationSetup;
  readonly #threads: readonly SimulatedThread[];
  readonly #random: Random;
  readonly #ends = new EventQueue<Job>();
  /** Per endpoint: who waits for a slot, first come first served. */
  readonly #waiting: readonly Job[][];
  readonly #running: number[];
  readonly #requests: number[];
  readonly #busyMs: number[];
  readonly #latenciesMs: number[];

  constructor(setup: SimulationSetup) {
    const { endpoints, exchanges, seed, threads = 1 } = setup;
    this.#setup = setup;
    this.#random = new Random(seed);
    const sizes = { threadCount: threads, endpointCount: endpoints.length, upstreamCount: 1 };
    const shared = allocateShared(sizes);
    this.#threads = Array.from({ length: threads }, (_, thread) => {
      const memory = setup.countsAlone ? allocateShared(sizes) : shared;
      const table = new EndpointTable(memory, threads, endpoints.length, thread);
      return new SimulatedThread(setup, table, this.#random);
    });
    // Where the rotation of a thread that counts alone begins is chance, as in nginx.
    for (const { table } of this.#threads) table.setTurn(0, this.#random.below(1_000));
    this.#waiting = endpoints.map(() => []);
    this.#running = endpoints.map(() => 0);
    this.#requests = endpoints.map(() => 0);
    this.#busyMs = endpoints.map(() => 0);
    this.#latenciesMs = exchanges.map(() => 0);
  }

  run(): SimulationResult {
    for (const [index, { atMs }] of this.#setup.exchanges.entries()) {
      while (this.#ends.nextMs <= atMs) this.#end();
      this.#arrive(index, atMs);
    }
    while (this.#ends.nextMs < Number.POSITIVE_INFINITY) this.#end();
    return {
      requests: this.#requests,
      busyMs: this.#busyMs,
      latenciesMs: this.#latenciesMs,
    };
  }

  #arrive(index: number, nowMs: number): void {
    const thread = this.#threads[this.#random.below(this.#threads.length)] as SimulatedThread;
    const at = thread.pick(nowMs);
    thread.table.start(at);
    thread.table.times.open(at, sharedNowMs(nowMs));
    this.#requests[at] = (this.#requests[at] as number) + 1;
    this.#enter({ index, thread, at }, nowMs);
  }

  #enter(job: Job, nowMs: number): void {
    const { failsAfterMs, slots = Number.POSITIVE_INFINITY } = this.#endpoint(job);
    if (failsAfterMs === undefined && (this.#running[job.at] as number) >= slots) {
      (this.#waiting[job.at] as Job[]).push(job);
      return;
    }
    const workMs = failsAfterMs ?? this.#workMs(job);
    this.#running[job.at] = (this.#running[job.at] as number) + 1;
    this.#busyMs[job.at] = (this.#busyMs[job.at] as number) + workMs;
    this.#ends.add(nowMs + workMs, job);
  }

  #end(): void {
    const nowMs = this.#ends.nextMs;
    const job = this.#ends.take();
    const { at, index, thread } = job;
    const { atMs } = this.#setup.exchanges[index] as SimulatedExchange;
    const tookMs = nowMs - atMs;
    const isFailure = this.#endpoint(job).failsAfterMs !== undefined;
    this.#latenciesMs[index] = tookMs;
    this.#running[at] = (this.#running[at] as number) - 1;
    thread.table.finish(at, tookMs);
    thread.table.times.close(at, sharedNowMs(atMs));
    thread.table.times.record(at, tookMs, tookMs, isFailure, sharedNowMs(nowMs));
    const next = this.#waiting[at]?.shift();
    if (next !== undefined) this.#enter(next, nowMs);
  }

  #endpoint({ at }: Job): SimulatedEndpoint {
    return this.#setup.endpoints[at] as SimulatedEndpoint;
  }

  #workMs(job: Job): number {
    const { slowness = 1 } = this.#endpoint(job);
    return (this.#setup.exchanges[job.index] as SimulatedExchange).workMs * slowness;
  }
}

/** Runs it to the end of its last exchange. */
export function simulate(setup: SimulationSetup): SimulationResult {
  return new Simulation(setup).run();
}

/** Poisson arrivals of so many a second, with work of exponential length. */
export function poissonExchanges(
  ratePerSec: number,
  meanWorkMs: number,
  seconds: number,
  seed: number,
): SimulatedExchange[] {
  const random = new Random(seed);
  const exponential = (mean: number) => -mean * Math.log(1 - random.next());
  const exchanges: SimulatedExchange[] = [];
  let atMs = exponential(1_000 / ratePerSec);
  while (atMs < seconds * 1_000) {
    exchanges.push({ atMs, workMs: exponential(meanWorkMs) });
    atMs += exponential(1_000 / ratePerSec);
  }
  return exchanges;
}
