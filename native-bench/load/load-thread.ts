/** One thread of a load run: says ready, gets the start, tells its progress, ends with its report. */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { Generator } from './generator.ts';
import { prepareHistograms } from './latency.ts';
import type { CompleteLoadOptions, LoadReport } from './options.ts';

/** What a thread tells. The other way go `{ startAtMs }` once, then `'stop'`. */
export type FromLoadThread =
  | { kind: 'ready' }
  | { kind: 'progress'; requests: number; failures: number }
  | { kind: 'done'; report: LoadReport };

const PROGRESS_MS = 100;

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: FromLoadThread): void => port.postMessage(message);
  await prepareHistograms();
  const started = once(port, 'message') as Promise<[{ startAtMs: number }]>;
  post({ kind: 'ready' });
  const [{ startAtMs }] = await started;
  const generator = new Generator({ ...(workerData as CompleteLoadOptions), startAtMs });
  port.on('message', () => generator.stop());
  const ticker = setInterval(() => post({ kind: 'progress', ...generator.progress }), PROGRESS_MS);
  const cpu = process.threadCpuUsage();
  const report = await generator.run();
  const { user, system } = process.threadCpuUsage(cpu);
  clearInterval(ticker);
  const runMs = performance.timeOrigin + performance.now() - startAtMs;
  post({ kind: 'done', report: { ...report, generatorCpu: (user + system) / 1000 / runMs } });
  port.close();
}

if (parentPort !== null) await main(parentPort);
