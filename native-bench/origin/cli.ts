/** `npm run origin`: the programmable origin as a program. */
import { parseArgs } from 'node:util';
import { checkBehaviour, DEFAULT_BEHAVIOUR, FAULT_HELP } from './behaviour.ts';
import { type Controllable, startControl } from './control.ts';
import { type OriginOptions, startOrigin } from './origin.ts';
import { startOriginThreads } from './origin-threads.ts';

const HELP = `usage: node native-bench/origin/cli.ts [options]

An origin server for tests and measurements. Ctrl-C ends it and prints what it saw.

  --port N          default 9000; 0 takes a free one
  --host H          default 127.0.0.1
  --control N       control port: GET /saw /requests /raw, POST /set {"slots":4} /reset
  --threads N       several threads on one port (no slots then)
  --keep-requests N keep that many requests for GET /requests (default 0: fastest)
  --keep-raw N      keep the first N raw bytes of each connection for GET /raw
  --seed N          of the draws for fault-share

Behaviour, also by POST /set; most by request field as well:

  --slots N         requests worked on at once (default: no limit)
  --discipline D    fcfs (the rest queues, default) or shared (all share the slots)
  --work W          hold (a timer, default) or burn (spins, one core)
  --speed X         2: the same work in half the time
  --work-ms N       work per request              field x-work-ms
  --accept-delay-ms N, --head-delay-ms N, --body-delay-ms N, --chunk-delay-ms N
                                                  fields x-delay-{head,body,chunk}-ms
  --body-bytes N    of the default answer (64)
  --max-requests N  per connection, then Connection: close
  --fault SPEC      what is wrong with answers    field x-fault
  --fault-share X   share of the requests it strikes (1)

Paths: /bytes/N  /chunked/N  /close/N (ended by closing; ?chunk=N sets the pieces)
       /id/ID/N (every byte says whose it is)  /status/N  /echo (JSON of what arrived)
       anything else: 200 with the default body

Faults:
${FAULT_HELP}
`;

const STRING = { type: 'string' } as const;

async function main(): Promise<void> {
  const behaviourNames = Object.keys(DEFAULT_BEHAVIOUR);
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      port: { type: 'string', default: '9000' },
      host: { type: 'string', default: '127.0.0.1' },
      control: STRING,
      threads: { type: 'string', default: '1' },
      'keep-requests': { type: 'string', default: '0' },
      'keep-raw': { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      ...Object.fromEntries(behaviourNames.map((name) => [kebab(name), STRING])),
    },
  });
  if (values['help'] === true) {
    process.stdout.write(HELP);
    return;
  }
  const given = values as unknown as Record<string, string | undefined>;
  const change: Record<string, unknown> = {};
  for (const name of behaviourNames) {
    const value = given[kebab(name)];
    if (value !== undefined) change[name] = value;
  }
  const options: OriginOptions = {
    ...checkBehaviour(change),
    host: given['host'] ?? '127.0.0.1',
    port: Number(given['port']),
    keepRequests: Number(given['keep-requests']),
    keepRawBytes: Number(given['keep-raw']),
    seed: Number(given['seed']),
  };
  const threads = Number(given['threads']);
  const origin: Controllable & { port: number; close(): Promise<void> } =
    threads > 1 ? await startOriginThreads(threads, options) : await startOrigin(options);
  console.log(`origin on http://${options.host}:${origin.port}`);
  const control =
    given['control'] === undefined
      ? undefined
      : await startControl(origin, Number(given['control']));
  if (control !== undefined) console.log(`control on http://127.0.0.1:${control.port}`);

  const stop = async (): Promise<void> => {
    const { work, ...counters } = await origin.saw();
    console.log(JSON.stringify({ ...counters, work: { ...work, queueHistory: undefined } }));
    await control?.close();
    await origin.close();
    process.exit(0);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stop());
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

try {
  await main();
} catch (error) {
  console.error(`origin: ${(error as Error).message}`);
  process.exitCode = 1;
}
