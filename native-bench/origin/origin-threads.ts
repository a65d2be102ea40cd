/** Several origins on one port (SO_REUSEPORT), each in a thread of its own, steered as one. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Behaviour } from './behaviour.ts';
import type { OriginOptions } from './origin.ts';
import type { OriginReport } from './origin-core.ts';
import type { OriginCommand } from './origin-thread.ts';

/** Steers all threads; counts are sums, and `work` is the sum without a queue history. */
export interface OriginThreads {
  readonly port: number;
  saw(): Promise<OriginReport>;
  change(behaviour: Partial<Behaviour>): Promise<void>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Starts that many threads. Slots are per thread, so a limit of slots is refused with an Error. */
export async function startOriginThreads(
  threads: number,
  options: OriginOptions,
): Promise<OriginThreads> {
  if (options.slots !== undefined && options.slots !== Number.POSITIVE_INFINITY) {
    throw new Error('slots are counted in one thread: use --threads 1');
  }
  const workers: Worker[] = [];
  const start = async (port: number): Promise<number> => {
    const worker = new Worker(new URL('./origin-thread.ts', import.meta.url), {
      workerData: { ...options, port, reusePort: true, keepRequests: 0 },
    });
    workers.push(worker);
    const [ready] = (await once(worker, 'message')) as [{ port: number }];
    return ready.port;
  };
  const port = await start(options.port ?? 0);
  for (let i = 1; i < threads; i += 1) await start(port);

  const ask = (command: OriginCommand): Promise<OriginReport[]> =>
    Promise.all(
      workers.map(async (worker) => {
        worker.postMessage(command);
        return ((await once(worker, 'message')) as [OriginReport])[0];
      }),
    );
  return {
    port,
    saw: async () => (await ask({ kind: 'saw' })).reduce(sum),
    change: async (behaviour) => void (await ask({ kind: 'change', behaviour })),
    reset: async () => void (await ask({ kind: 'reset' })),
    close: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
}

function sum(a: OriginReport, b: OriginReport): OriginReport {
  const total: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(a)) {
    const other = b[key as keyof OriginReport];
    if (typeof value === 'number' && typeof other === 'number') total[key] = value + other;
  }
  const work = { ...a.work, queueHistory: [] };
  work.arrivals += b.work.arrivals;
  work.completions += b.work.completions;
  work.inFlight += b.work.inFlight;
  work.busySlotSeconds += b.work.busySlotSeconds;
  return { ...(total as unknown as OriginReport), work };
}
