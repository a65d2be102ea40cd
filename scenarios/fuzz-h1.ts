import { Worker } from 'node:worker_threads';
import type { FuzzReport, FuzzShare } from '#scenarios/support/fuzz-thread.ts';
import { EXPLANATIONS } from '#test/fuzz/differences.ts';
import { type FuzzCounts, reachableStates } from '#test/fuzz/h1-fuzz.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const CASES = 10_000_000;
const SHORT_CASES = 60_000;
const THREADS = 2;
const MAX_CASE_MS = 100;
const MAX_GROWTH_BYTES = 1024 * 1024;
/** A thread whose case lasts this long hangs. */
const HANG_SEC = 60;
const PROGRESS_SEC = 10;

export const scenario: Scenario = {
  name: 'fuzz-h1',
  promise: 'no bytes, in whatever pieces, make an HTTP/1.1 decoder throw, hang, grow or guess',
  target:
    `${CASES.toLocaleString('en')} cases: none throws, none means another thing in other pieces, ` +
    `every difference from llhttp is explained, every state reached, no case over ` +
    `${MAX_CASE_MS} ms, heap growth ≤ 1 MiB`,
  run: async (context) => {
    const cases = context.short ? SHORT_CASES : CASES;
    const startedAt = performance.now();
    const reports = await inThreads(context, cases);
    const seconds = (performance.now() - startedAt) / 1000;
    const done = reports.reduce((total, report) => total + report.done, 0);
    const counts = sum(reports.map((report) => report.counts));
    const failures = reports.flatMap((report) => report.failures);
    const missing = reachableStates().filter((state) => counts.states[state] === undefined);
    const beyond = Object.keys(counts.states).length - reachableStates().length + missing.length;
    const unused = EXPLANATIONS.filter(({ name }) => counts.differences[name] === undefined);
    const slowest = reports.toSorted((a, b) => b.slowestMs - a.slowestMs)[0];
    const slowestMs = slowest?.slowestMs ?? 0;
    const growth = Math.max(...reports.map(({ heapGrowth }) => heapGrowth));
    const differences = Object.values(counts.differences).reduce((a, b) => a + b, 0);
    const isSound = failures.length === 0 && missing.length === 0 && beyond === 0;
    // What is rare, slow or grows shows only in the long form.
    const isSteady = unused.length === 0 && slowestMs <= MAX_CASE_MS && growth <= MAX_GROWTH_BYTES;
    return {
      measured:
        failures[0] ??
        `${done.toLocaleString('en')} cases, ${counts.agreements} messages alike, ` +
          `${differences} differences in ${Object.keys(counts.differences).length} classes all ` +
          `explained, ${reachableStates().length - missing.length} of ${reachableStates().length} ` +
          `states, slowest ${slowestMs.toFixed(1)} ms, growth ${Math.round(growth / 1024)} KiB`,
      pass: isSound && done === cases && (context.short || isSteady),
      details: {
        ...{ seed: context.seed, seconds, casesPerSec: Math.round(cases / seconds) },
        ...{ cases: done, agreements: counts.agreements, failures, missing },
        ...{ slowestMs, slowestCase: slowest?.slowestIndex, growthBytes: growth },
        unused: unused.map(({ name }) => name),
        differences: EXPLANATIONS.map(({ name, why }) => {
          return { name, why, count: counts.differences[name] ?? 0 };
        }),
        ...{ refusals: counts.failures, states: counts.states },
      },
    };
  },
};

/** Every THREADS-th case in one thread each. */
async function inThreads(context: ScenarioContext, cases: number): Promise<FuzzReport[]> {
  const threads = Array.from({ length: THREADS }, (_, first) => {
    const progress = new Int32Array(new SharedArrayBuffer(8));
    const share: FuzzShare = { seed: context.seed, first, step: THREADS, end: cases, progress };
    return new FuzzThread(share);
  });
  const stop = (): void => threads.forEach((thread) => void thread.stop('interrupted'));
  context.signal.addEventListener('abort', stop, { once: true });
  context.defer(async () => void (await Promise.all(threads.map((t) => t.stop('ended')))));
  let seconds = 0;
  const watch = setInterval(() => {
    seconds += PROGRESS_SEC;
    const done = threads.reduce((total, thread) => total + thread.done, 0);
    context.progress(`${done.toLocaleString('en')} cases in ${seconds} s`);
    for (const thread of threads) thread.look(PROGRESS_SEC);
  }, PROGRESS_SEC * 1000);
  context.defer(() => clearInterval(watch));
  return Promise.all(threads.map((thread) => thread.report));
}

class FuzzThread {
  readonly report: Promise<FuzzReport>;
  readonly #share: FuzzShare;
  readonly #worker: Worker;
  readonly #fail: (error: Error) => void;
  #lastDone = 0;
  #idleSec = 0;

  constructor(share: FuzzShare) {
    this.#share = share;
    const file = new URL('./support/fuzz-thread.ts', import.meta.url);
    this.#worker = new Worker(file, { workerData: share });
    const { promise, reject, resolve } = Promise.withResolvers<FuzzReport>();
    this.report = promise;
    this.#fail = reject;
    this.#worker.once('message', resolve);
    this.#worker.once('error', reject);
    this.#worker.once('exit', () => reject(new Error('the thread ended early')));
  }

  /** Cases so far. */
  get done(): number {
    return Atomics.load(this.#share.progress, 0);
  }

  /** Ends a thread that is in the same case as long as HANG_SEC; called every so many seconds. */
  look(seconds: number): void {
    this.#idleSec = this.done === this.#lastDone ? this.#idleSec + seconds : 0;
    this.#lastDone = this.done;
    if (this.#idleSec < HANG_SEC) return;
    const index = Atomics.load(this.#share.progress, 1);
    void this.stop(`case ${index} of seed ${this.#share.seed} hangs`);
  }

  async stop(why: string): Promise<void> {
    this.#fail(new Error(why));
    await this.#worker.terminate();
  }
}

function sum(all: readonly FuzzCounts[]): FuzzCounts {
  const total: FuzzCounts = { cases: 0, agreements: 0, differences: {}, failures: {}, states: {} };
  for (const counts of all) {
    total.cases += counts.cases;
    total.agreements += counts.agreements;
    for (const part of ['differences', 'failures', 'states'] as const) {
      for (const [name, count] of Object.entries(counts[part])) {
        total[part][name] = (total[part][name] ?? 0) + count;
      }
    }
  }
  return total;
}
