/**
 * The work of an origin: slots, a queue, and what they did. Jobs ask for milliseconds of work;
 * time comes from a clock, so a test can turn it by hand.
 */

/** Time and timers of a station. */
export interface WorkClock {
  nowMs(): number;
  /** Calls back once after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back on the next turn of the event loop (quanta of burnt work). */
  soon(callback: () => void): void;
}

/** The real clock. */
export const systemClock: WorkClock = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  soon: (callback) => void setImmediate(callback),
};

/** How work is done. */
export interface WorkOptions {
  /** Jobs served at full speed at once. */
  slots: number;
  /** `fcfs`: first come first served, the rest queues. `shared`: all at once, slots shared evenly. */
  discipline: 'fcfs' | 'shared';
  /** `hold`: a slot is occupied, no CPU is used. `burn`: the thread spins, one core in all. */
  work: 'hold' | 'burn';
  /** 2 does the same work in half the time. */
  speed: number;
}

/** What a station did since it started or was reset. Times in seconds unless named otherwise. */
export interface WorkReport {
  arrivals: number;
  completions: number;
  inFlight: number;
  peakInFlight: number;
  queued: number;
  peakQueued: number;
  /** Occupied slots integrated over time. */
  busySlotSeconds: number;
  /** Time-weighted mean and standard deviation of the queue's length. */
  meanQueued: number;
  queuedDeviation: number;
  observedSeconds: number;
  /** [milliseconds since start, queue length] when it changed, at most one per 10 ms. */
  queueHistory: [number, number][];
}

interface Job {
  remainingMs: number;
  done: () => void;
}

const QUANTUM_MS = 1; // of burnt work, before other connections get their turn
const HISTORY_STEP_MS = 10;
const MAX_HISTORY = 10_000; // when full, every second point is dropped

/** Serves jobs by its discipline; at any time `running` hold or share the slots, `waiting` queue. */
export class WorkStation {
  readonly #clock: WorkClock;
  #options: WorkOptions;
  readonly #running: Job[] = [];
  readonly #waiting: Job[] = [];
  #cancelTimer: (() => void) | undefined;
  #spinning = false;
  #advancedAtMs: number;

  #startedAtMs: number;
  #arrivals = 0;
  #completions = 0;
  #peakInFlight = 0;
  #peakQueued = 0;
  #busyMs = 0;
  #queuedMs = 0;
  #queuedSquaredMs = 0;
  #history: [number, number][] = [];
  #historyStepMs = HISTORY_STEP_MS;

  constructor(options: WorkOptions, clock: WorkClock = systemClock) {
    this.#options = { ...options };
    this.#clock = clock;
    this.#startedAtMs = clock.nowMs();
    this.#advancedAtMs = this.#startedAtMs;
  }

  /** Changes how jobs are served from now on, including those under way. */
  configure(options: Partial<WorkOptions>): void {
    this.#advance();
    this.#options = { ...this.#options, ...options };
    this.#proceed();
  }

  /** Takes a job of `workMs` milliseconds at speed 1; `done` is called once, never synchronously. */
  submit(workMs: number, done: () => void): void {
    this.#advance();
    this.#arrivals += 1;
    this.#waiting.push({ remainingMs: Math.max(0, workMs), done });
    this.#proceed();
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#running.length + this.#waiting.length);
    this.#peakQueued = Math.max(this.#peakQueued, this.#queued);
  }

  /** What happened so far. */
  report(): WorkReport {
    this.#advance();
    const observedMs = this.#advancedAtMs - this.#startedAtMs;
    const meanQueued = observedMs > 0 ? this.#queuedMs / observedMs : 0;
    const square = observedMs > 0 ? this.#queuedSquaredMs / observedMs : 0;
    return {
      arrivals: this.#arrivals,
      completions: this.#completions,
      inFlight: this.#running.length + this.#waiting.length,
      peakInFlight: this.#peakInFlight,
      queued: this.#queued,
      peakQueued: this.#peakQueued,
      busySlotSeconds: this.#busyMs / 1000,
      meanQueued,
      queuedDeviation: Math.sqrt(Math.max(0, square - meanQueued * meanQueued)),
      observedSeconds: observedMs / 1000,
      queueHistory: this.#history.slice(),
    };
  }

  /** Forgets the past; jobs under way go on and count as they complete. */
  reset(): void {
    this.#advance();
    this.#startedAtMs = this.#advancedAtMs;
    this.#arrivals = 0;
    this.#completions = 0;
    this.#peakInFlight = this.#running.length + this.#waiting.length;
    this.#peakQueued = this.#queued;
    this.#busyMs = 0;
    this.#queuedMs = 0;
    this.#queuedSquaredMs = 0;
    this.#history = [];
    this.#historyStepMs = HISTORY_STEP_MS;
  }

  /** Jobs beyond the slots: waiting for one, or sharing them with others. */
  get #queued(): number {
    return Math.max(0, this.#running.length + this.#waiting.length - this.#options.slots);
  }

  /** Milliseconds of work one running job receives per millisecond. */
  get #rate(): number {
    const { slots, discipline, speed } = this.#options;
    const share = discipline === 'shared' ? Math.min(1, slots / this.#running.length) : 1;
    return share * speed;
  }

  /** Accounts for the time since the last call. */
  #advance(): void {
    const nowMs = this.#clock.nowMs();
    const elapsedMs = nowMs - this.#advancedAtMs;
    this.#advancedAtMs = nowMs;
    if (elapsedMs <= 0) return;
    this.#busyMs += elapsedMs * Math.min(this.#running.length, this.#options.slots);
    this.#queuedMs += elapsedMs * this.#queued;
    this.#queuedSquaredMs += elapsedMs * this.#queued * this.#queued;
    if (this.#options.work === 'burn') return; // only spinning does that work
    const served = elapsedMs * this.#rate;
    for (const job of this.#running) job.remainingMs -= served;
  }

  /** Fills free slots and arranges for the next completion. */
  #proceed(): void {
    const { slots, discipline, work } = this.#options;
    const limit = discipline === 'shared' ? Number.POSITIVE_INFINITY : slots;
    while (this.#running.length < limit) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      this.#running.push(job);
    }
    this.#recordQueue();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#running.length === 0) return;
    if (work === 'burn') {
      if (!this.#spinning) {
        this.#spinning = true;
        this.#clock.soon(this.#spin);
      }
      return;
    }
    let nextMs = Number.POSITIVE_INFINITY;
    for (const job of this.#running) nextMs = Math.min(nextMs, job.remainingMs);
    this.#cancelTimer = this.#clock.after(Math.max(0, nextMs / this.#rate), this.#complete);
  }

  /** A timer of a held job: ends those that have received all their work. */
  readonly #complete = (): void => {
    this.#cancelTimer = undefined;
    this.#advance();
    this.#finishServed();
  };

  /** One quantum for every running job in turn, then the event loop gets its turn. */
  readonly #spin = (): void => {
    this.#spinning = false;
    if (this.#options.work !== 'burn') return this.#proceed();
    const job = this.#running.shift();
    if (job === undefined) return undefined;
    this.#running.push(job);
    const startedAtMs = this.#clock.nowMs();
    const quantumMs = Math.min(QUANTUM_MS, job.remainingMs / this.#options.speed);
    while (this.#clock.nowMs() - startedAtMs < quantumMs);
    job.remainingMs -= (this.#clock.nowMs() - startedAtMs) * this.#options.speed;
    this.#advance();
    return this.#finishServed();
  };

  #finishServed(): void {
    const finished: Job[] = [];
    for (let i = this.#running.length - 1; i >= 0; i -= 1) {
      const job = this.#running[i];
      // Floating point leaves crumbs: a nanosecond is nothing.
      if (job !== undefined && job.remainingMs <= 1e-6) {
        this.#running.splice(i, 1);
        finished.push(job);
      }
    }
    this.#completions += finished.length;
    this.#proceed();
    for (const job of finished.reverse()) job.done();
  }

  #recordQueue(): void {
    const atMs = this.#advancedAtMs - this.#startedAtMs;
    const last = this.#history.at(-1);
    const queued = this.#queued;
    if (last === undefined ? queued === 0 : last[1] === queued) return;
    if (last !== undefined && atMs - last[0] < this.#historyStepMs) {
      last[1] = queued;
      return;
    }
    this.#history.push([Math.round(atMs * 1000) / 1000, queued]);
    if (this.#history.length < MAX_HISTORY) return;
    this.#history = this.#history.filter((_, index) => index % 2 === 0);
    this.#historyStepMs *= 2;
  }
}
