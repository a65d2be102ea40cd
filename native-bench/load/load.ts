/**
 * The load generator. Importable: `const report = await runLoad({ port, mode: 'open', … })`; as a
 * program: cli.ts --help.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Generator } from './generator.ts';
import { prepareHistograms } from './latency.ts';
import type { FromLoadThread } from './load-thread.ts';
import { completeOptions, type LoadOptions, type LoadReport } from './options.ts';
import { Tally } from './tally.ts';

/** A run under way. */
export interface LoadRun {
  /** Resolves when all answers are in. */
  readonly done: Promise<LoadReport>;
  /** Makes no more requests; `done` resolves when those under way have ended. */
  stop(): void;
  /** Requests ended so far, and how many of them failed (threads tell ten times a second). */
  progress(): { requests: number; failures: number };
}

const START_DELAY_MS = 50; // lets every thread be ready before the common start

/** Runs a load to its end. Rejects only when the options are wrong or a thread breaks. */
export async function runLoad(options: LoadOptions): Promise<LoadReport> {
  return (await startLoad(options)).done;
}

/** Starts a load; resolves when requests begin to flow. */
export async function startLoad(options: LoadOptions): Promise<LoadRun> {
  const complete = completeOptions(options);
  await prepareHistograms();
  return complete.threads > 0 ? startInThreads(complete) : startHere(complete);
}

function startHere(options: Required<LoadOptions>): LoadRun {
  const startAtMs = performance.timeOrigin + performance.now();
  const generator = new Generator({ ...options, thread: 0, threadCount: 1, startAtMs });
  const cpu = process.threadCpuUsage();
  const done = generator.run().then((report) => {
    const { user, system } = process.threadCpuUsage(cpu);
    const runMs = performance.timeOrigin + performance.now() - startAtMs;
    return { ...report, generatorCpu: (user + system) / 1000 / runMs };
  });
  return { done, stop: () => generator.stop(), progress: () => generator.progress };
}

async function startInThreads(options: Required<LoadOptions>): Promise<LoadRun> {
  const count = options.threads;
  const workers = Array.from(
    { length: count },
    (_, thread) =>
      new Worker(new URL('./load-thread.ts', import.meta.url), {
        workerData: { ...options, thread, threadCount: count, startAtMs: 0 },
      }),
  );
  const seen = workers.map(() => ({ requests: 0, failures: 0 }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));

  const reports = Promise.all(
    workers.map(
      (worker, thread) =>
        new Promise<LoadReport>((resolve, reject) => {
          worker.on('message', (message: FromLoadThread) => {
            if (message.kind === 'done') resolve(message.report);
            else if (message.kind === 'progress') seen[thread] = message;
          });
          worker.on('error', reject);
          worker.on('exit', (code) => reject(new Error(`a load thread ended with code ${code}`)));
        }),
    ),
  );
  const startAtMs = performance.timeOrigin + performance.now() + START_DELAY_MS;
  for (const worker of workers) worker.postMessage({ startAtMs });
  return {
    done: reports.then((all) => {
      const runMs = performance.timeOrigin + performance.now() - startAtMs;
      const tally = new Tally(options);
      for (const report of all) tally.merge(report, runMs);
      const merged = tally.report(Math.max(...all.map(({ durationMs }) => durationMs)), runMs);
      tally.destroy();
      return merged;
    }),
    stop: () => {
      for (const worker of workers) worker.postMessage('stop');
    },
    progress: () => ({
      requests: seen.reduce((sum, { requests }) => sum + requests, 0),
      failures: seen.reduce((sum, { failures }) => sum + failures, 0),
    }),
  };
}
