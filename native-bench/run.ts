/** `npm run bench`: Weir beside nginx and HAProxy, on the same cores with equal features on. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  isAvailable,
  PROXY_KINDS,
  type ProxyKind,
  proxyVersion,
} from '#native-bench/baselines/proxies.ts';
import { missingPrograms } from '#native-bench/measure/machine.ts';
import { ROOT, writeResult } from '#native-bench/measure/results.ts';
import { compare } from './compare.ts';
import { measureIdleMemory, measureIdleSpread } from './idle.ts';
import { benchmarksPage } from './report.ts';
import {
  comparisonNotes,
  comparisonRows,
  type IdleComparison,
  idleRows,
  plainTable,
} from './tables.ts';
import { IDLE_WORKLOAD, WORKLOAD_NAMES, WORKLOADS } from './workloads.ts';

const HELP = `usage: npm run bench [-- options]

Measures CPU per request, requests per second, p50, p99 and memory of nginx,
HAProxy and Weir: one proxy thread on core 0, wrk and the origin on core 1,
same fields added, same log, upstream keep-alive on. Peers take turns (A B C,
C B A, …); a ratio is the median of its pairs with a bootstrap 95 % interval.
Writes results/DATE-COMMIT/WORKLOAD.json. Needs a quiet machine.

  --workload NAME  one of ${WORKLOAD_NAMES.join(', ')};
                   repeatable, or several with commas (default: all)
  --peers LIST     of ${PROXY_KINDS.join(', ')}; a name may repeat: nginx,nginx verifies the
                   rig (default: all that are there)
  --pairs N        default 15; DESIGN §8 asks for at least 15
  --seconds N      per run (default 5)
  --quick          3 pairs of 2 seconds, for the work in between
  --no-results     print only
  --report         make BENCHMARKS.md from results/, measure nothing
  --help           this text
`;

interface Plan {
  readonly workloads: readonly string[];
  readonly peers: readonly ProxyKind[];
  readonly pairs: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly write: boolean;
  readonly signal: AbortSignal;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
      pairs: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'no-results': { type: 'boolean', default: false },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.report) {
    writeFileSync(join(ROOT, 'BENCHMARKS.md'), benchmarksPage());
    console.log('written: BENCHMARKS.md');
    return 0;
  }
  const missing = missingPrograms(['nginx', 'wrk', 'taskset']);
  if (missing.length > 0) {
    console.error(
      `bench: ${missing.join(', ')} not installed (apt-get install nginx haproxy wrk util-linux)`,
    );
    return 2;
  }
  if (availableParallelism() < 2) {
    console.error('bench: needs two cores: one for the proxy, one for generator and origin');
    return 2;
  }
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupt.abort(new Error('interrupted')));
  }
  const named = values.workload.flatMap((names) => names.split(','));
  await run({
    workloads: known(named.length > 0 ? named : WORKLOAD_NAMES, WORKLOAD_NAMES),
    peers: choosePeers(values.peers),
    pairs: count(values.pairs, values.quick ? 3 : 15),
    seconds: count(values.seconds, values.quick ? 2 : 5),
    quick: values.quick,
    write: !values['no-results'],
    signal: interrupt.signal,
  });
  return 0;
}

async function run(plan: Plan): Promise<void> {
  const { peers, pairs, seconds } = plan;
  console.log(`peers: ${peers.map((kind) => `${kind} ${proxyVersion(kind)}`).join(', ')}`);
  const timed = plan.workloads.filter((name) => name !== IDLE_WORKLOAD).length;
  const minutes = (timed * peers.length * (pairs * seconds + 2)) / 60;
  console.log(`${plan.workloads.length} workloads, about ${Math.ceil(minutes)} minutes\n`);
  for (const name of plan.workloads) {
    if (name === IDLE_WORKLOAD) await runIdle(plan);
    else await runTimed(name, plan);
  }
}

async function runTimed(name: string, plan: Plan): Promise<void> {
  const workload = WORKLOADS.find((other) => other.name === name);
  if (workload === undefined) return;
  const { peers, pairs, seconds, signal } = plan;
  const options = { peers, pairs, seconds, warmupSeconds: 2, signal, say: console.log };
  const comparison = await compare(workload, options);
  console.log(`\n${name}: ${workload.about}\n${plainTable(comparisonRows(comparison))}`);
  for (const note of comparisonNotes(comparison)) console.log(note);
  keep(name, plan, comparison);
}

async function runIdle(plan: Plan): Promise<void> {
  const peers: IdleComparison['peers'][number][] = [];
  for (const kind of new Set(plan.peers)) {
    plan.signal.throwIfAborted();
    console.log(`${IDLE_WORKLOAD}: ${kind}`);
    const memory = await measureIdleMemory(kind);
    const spread = await measureIdleSpread(kind);
    peers.push({ label: kind, version: proxyVersion(kind), memory, spread });
  }
  console.log(`\n${IDLE_WORKLOAD}\n${plainTable(idleRows({ peers }))}`);
  keep(IDLE_WORKLOAD, plan, { peers });
}

function keep(name: string, plan: Plan, data: unknown): void {
  console.log(plan.write ? `written: ${writeResult('bench', name, plan.quick, data)}\n` : '');
}

function choosePeers(list: string | undefined): ProxyKind[] {
  if (list !== undefined) {
    const peers = known(list.split(','), PROXY_KINDS);
    for (const kind of peers) {
      if (!isAvailable(kind)) throw new Error(`${kind} is not there`);
    }
    return peers;
  }
  for (const kind of PROXY_KINDS) {
    if (!isAvailable(kind)) console.log(`${kind} is not there and left out`);
  }
  return PROXY_KINDS.filter(isAvailable);
}

function known<Name extends string>(names: readonly string[], all: readonly Name[]): Name[] {
  return names.map((name) => {
    const found = all.find((other) => other === name);
    if (found === undefined) throw new Error(`there is no ${name}; there are: ${all.join(', ')}`);
    return found;
  });
}

function count(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`"${text}" is no count`);
  return value;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
