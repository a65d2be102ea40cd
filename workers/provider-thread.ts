/**
 * Runs the `provider` functions of weir.config.ts, all in one thread: what blocks or breaks it
 * costs neither traffic nor the generation's main thread anything but news.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { SystemClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { PackedModel } from '#src/config/packed-model.ts';
import { loadFunctions } from '#src/config/typed/program.ts';
import { describe } from '#src/functions/function-host.ts';
import { runProvider } from '#src/functions/provider-run.ts';
import { useParts } from '#src/functions/shared-parts.ts';
import { readList } from '#src/upstream/discovery/server-list.ts';
import { Settling } from '#src/upstream/discovery/settling.ts';
import type { FromProviders, ProviderJob, ProviderThreadData } from './messages.ts';
import { surviveFaultsOf } from './program-faults.ts';

const data = workerData as ProviderThreadData;
const port = parentPort;
if (port === null) throw new Error('provider-thread.ts runs as a thread of generation.ts');
const tell = (message: FromProviders): void => port.postMessage(message);

const { program } = new PackedModel(Buffer.from(data.packedModel));
if (program === undefined) throw new Error('there is no weir.config.ts');
useParts(data.partMemory, data.owner);
const functions = await loadFunctions(program);
surviveFaultsOf(program, (line) => tell({ type: 'line', line }));
const wheel = new TimerWheel(new SystemClock());
wheel.start();
for (const job of data.jobs) void run(job);
tell({ type: 'running' });

async function run({ config, job, upstream }: ProviderJob): Promise<void> {
  const onFault = (why: string): void => tell({ type: 'fault', job, why });
  const settling = new Settling<unknown>(wheel, (value) => {
    try {
      tell({ type: 'list', job, list: readList(value, config.place) });
    } catch (error) {
      onFault(describe(error));
    }
  });
  const provider = functions[config.ref.number];
  if (provider === undefined) throw new Error(`there is no function ${config.ref.path}`);
  await runProvider(provider, {
    upstream,
    onList: (list) => settling.offer(list),
    onFault,
    wait: async (ms) => {
      await wait(ms);
    },
    isWanted: () => true,
  });
}

// Nobody writes to it: it keeps the thread while its functions wait for nothing.
port.on('message', () => undefined);
