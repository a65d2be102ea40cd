/** The origin in a thread of its own: tells its ports, and what it counted when asked to end. */
import { once } from 'node:events';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { Secrets } from './bytes.ts';
import { IntegrityOrigin } from './integrity-origin.ts';
import { Tally, type TallyReport } from './tally.ts';

/** An origin in another thread. */
export interface OriginThread {
  readonly ports: readonly number[];
  /** Ends it and resolves with what it counted. */
  stop(): Promise<TallyReport>;
}

/** Starts one that listens on two ports. */
export async function startOriginThread(seed: number): Promise<OriginThread> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { seed } });
  const [ports] = (await once(worker, 'message')) as [readonly number[]];
  const stop = async (): Promise<TallyReport> => {
    const reported = once(worker, 'message') as Promise<[TallyReport]>;
    worker.postMessage('stop');
    const [report] = await reported;
    await worker.terminate();
    return report;
  };
  return { ports, stop };
}

if (parentPort !== null && typeof workerData?.seed === 'number') {
  const tally = new Tally();
  const origin = new IntegrityOrigin(new Secrets(workerData.seed), tally);
  parentPort.postMessage([await origin.listen(), await origin.listen()]);
  await once(parentPort, 'message');
  origin.close();
  parentPort.postMessage(tally.report());
}
