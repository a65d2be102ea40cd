/** `npm run load`: the load generator as a program. */
import { parseArgs } from 'node:util';
import { startLoad } from './load.ts';
import { FAILURE_KINDS, type JobClass, type LoadOptions, type LoadReport } from './options.ts';

const HELP = `usage: node native-bench/load/cli.ts [options] URL

Sends HTTP/1.1 requests and prints latencies and every failure by kind. Ctrl-C
ends early with the report. Exit code 1 when a request failed.

  --rate N         open loop: N requests per second, whatever the answers do;
                   latency counts from the intended start (no coordinated
                   omission). Without it: closed loop
  --arrivals A     poisson (default) or constant
  --duration S     seconds (default 10)
  --requests N     end after N requests
  --warmup S       seconds not reported
  --connections N  at most so many at once (default 64)
  --one-shot       a new connection for every request
  --heads H        identical (default), unique (random path and cookie), or
                   checked (/id/ID/BYTES; every byte must be the right one's)
  --bytes N        asked for with checked (default 64)
  --upload N       send N bytes of body by POST
  --field 'N: v'   one more request field; repeatable
  --work-ms N      x-work-ms of every request (fixed)
  --timeout S      default 10
  --threads N      default 1
  --seed N         default 1: same seed, same starts
  --pacing P       spin (default, exact) or timer (1 ms steps, little CPU)
  --retry-stale    repeat a request whose kept connection ended unanswered
  --json           print the whole report as JSON
`;

const string = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const withDefault = <const Text extends string>(text: Text) => ({ ...string, default: text });

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      rate: string,
      arrivals: withDefault('poisson'),
      duration: withDefault('10'),
      requests: string,
      warmup: withDefault('0'),
      connections: withDefault('64'),
      'one-shot': flag,
      heads: withDefault('identical'),
      bytes: withDefault('64'),
      upload: withDefault('0'),
      field: { type: 'string', multiple: true, default: [] },
      'work-ms': string,
      timeout: withDefault('10'),
      threads: withDefault('1'),
      seed: withDefault('1'),
      pacing: withDefault('spin'),
      'retry-stale': flag,
      json: flag,
      help: flag,
    },
  });
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [address] = positionals;
  if (values.help || address === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const report = await runWithProgress(loadOptions(new URL(address), values), values.json);
  if (values.json) console.log(JSON.stringify(report, undefined, 2));
  else print(report);
  return report.failures > 0 ? 1 : 0;
}

/** The run that the arguments ask for. Throws an Error that names a wrong one. */
function loadOptions(url: URL, values: ReturnType<typeof readArguments>['values']): LoadOptions {
  const workMs = values['work-ms'];
  const all: Omit<JobClass, 'work'> = { name: 'all', share: 1 };
  return {
    host: url.hostname,
    port: Number(url.port || 80),
    path: `${url.pathname}${url.search}`,
    mode: values.rate === undefined ? 'closed' : 'open',
    arrivals: oneOf(values.arrivals, ['poisson', 'constant']),
    ratePerSec: values.rate === undefined ? 0 : number(values.rate),
    durationMs: number(values.duration) * 1000,
    requests: values.requests === undefined ? Number.POSITIVE_INFINITY : number(values.requests),
    warmupMs: number(values.warmup) * 1000,
    connections: number(values.connections),
    keepAlive: !values['one-shot'],
    heads: oneOf(values.heads, ['identical', 'unique', 'checked']),
    bodyBytes: number(values.bytes),
    uploadBytes: number(values.upload),
    fields: values.field.map(splitField),
    classes: [workMs === undefined ? all : { ...all, work: { fixedMs: number(workMs) } }],
    timeoutMs: number(values.timeout) * 1000,
    threads: number(values.threads),
    seed: number(values.seed),
    pacing: oneOf(values.pacing, ['spin', 'timer']),
    retryStale: values['retry-stale'],
  };
}

function splitField(line: string): readonly [string, string] {
  const [name = '', ...rest] = line.split(':');
  return [name.trim(), rest.join(':').trim()];
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value) || value < 0) throw new Error(`"${text}" is no number`);
  return value;
}

/** A line per two seconds on stderr, so that a long run is seen to live. */
async function runWithProgress(options: LoadOptions, quiet: boolean): Promise<LoadReport> {
  const run = await startLoad(options);
  const startedAt = performance.now();
  const ticker = setInterval(() => {
    const { requests, failures } = run.progress();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    if (!quiet) console.error(`${seconds} s: ${requests} requests, ${failures} failed`);
  }, 2000);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, run.stop);
  try {
    return await run.done;
  } finally {
    clearInterval(ticker);
  }
}

function print(report: LoadReport): void {
  const { latency, service, lateness } = report;
  const line = (name: string, { p50Us, p90Us, p99Us, p999Us, maxUs }: typeof latency): string =>
    `${name.padEnd(10)}${[p50Us, p90Us, p99Us, p999Us, maxUs].map((us) => `${us} µs`.padStart(14)).join('')}`;
  console.log(
    `${report.completions} of ${report.requests} requests completed, ${report.ratePerSec.toFixed(0)} per second, ${report.connectionsOpened} connections`,
  );
  console.log(
    `${''.padEnd(10)}${['p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => name.padStart(14)).join('')}`,
  );
  console.log(line('latency', latency));
  console.log(line('service', service));
  console.log(line('lateness', lateness));
  if (report.failures === 0) return;
  const kinds = FAILURE_KINDS.filter((kind) => report.failuresByKind[kind] > 0);
  console.log(
    `${report.failures} failed: ${kinds.map((kind) => `${kind} ${report.failuresByKind[kind]}`).join(', ')}`,
  );
  for (const { kind, atMs, request, detail } of report.failureSamples.slice(0, 10)) {
    console.log(`  at ${atMs.toFixed(0)} ms ${kind}: ${request} ${detail}`);
  }
}

function oneOf<const Word extends string>(text: string, allowed: readonly Word[]): Word {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Error(`"${text}" is not one of ${allowed.join(', ')}`);
  return found;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exitCode = 2;
}
