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
import { type Comparison, compare, type PeerSpec } from './compare.ts';
import { measureIdleMemory, measureIdleSpread } from './idle.ts';
import { benchmarksPage } from './report.ts';
import {
  comparisonNotes,
  comparisonRows,
  type IdleComparison,
  idleRows,
  plainTable,
} from './tables.ts';
import {
  judge,
  MAX_PAIRS,
  MIN_PAIRS,
  MIN_SECONDS,
  PAIRING_ORDER,
  peersOfTargets,
  SPEED_TARGETS,
  targetsOf,
  targetText,
} from './targets.ts';
import { IDLE_WORKLOAD, WORKLOAD_NAMES, type Workload, workloadNamed } from './workloads.ts';

const HELP = `usage: npm run bench [-- options]

Measures CPU per request (user and system), requests per second, p50, p99 and
memory of nginx, Weir and HAProxy: one proxy thread on core 0, wrk and the
origin on core 1, same fields added, same log, upstream keep-alive on. Peers
take turns (A B C, C B A, …); a ratio is the median of its pairs with a
bootstrap 95 % interval. Before it is measured, every peer is seen to do the
work. Writes results/DATE-COMMIT/WORKLOAD.json, says whether the targets of
native-bench/targets.ts are met, and exits with 1 when one is missed.
Needs a quiet machine.

  --workload NAME  one of ${WORKLOAD_NAMES.join(', ')};
                   repeatable, or several with commas (default: all)
  --targets        only workloads with a target, and only the peers it names:
                   the speed table in the least time
  --peers LIST     of ${PROXY_KINDS.join(', ')}; a name may repeat: nginx,nginx verifies the
                   rig (default: all that are there)
  --pairs N        default ${MIN_PAIRS}, which DESIGN §8 asks for at least
  --max-pairs N    goes on up to so many while the interval of a target's ratio
                   is too wide to judge (default ${MAX_PAIRS}; with --pairs: no more)
  --seconds N      per run (default ${MIN_SECONDS})
  --quick          3 pairs of 2 seconds, for the work in between; judges nothing
  --no-results     print only
  --report         make BENCHMARKS.md from results/, measure nothing
  --help           this text
`;

interface Plan {
  readonly workloads: readonly string[];
  readonly kinds: readonly ProxyKind[];
  readonly onlyTargets: boolean;
  readonly pairs: number;
  readonly maxPairs: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly write: boolean;
  readonly signal: AbortSignal;
}

/** The exit code. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      workload: { type: 'string', multiple: true, default: [] },
      targets: { type: 'boolean', default: false },
      peers: { type: 'string' },
      pairs: { type: 'string' },
      'max-pairs': { type: 'string' },
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
  const all = values.targets
    ? [...new Set(SPEED_TARGETS.map(({ workload }) => workload))]
    : WORKLOAD_NAMES;
  const pairs = count(values.pairs, values.quick ? 3 : MIN_PAIRS);
  const isUsual = values.pairs === undefined && !values.quick;
  const missed = await run({
    workloads: known(named.length > 0 ? named : all, all),
    kinds: choosePeers(values.peers),
    onlyTargets: values.targets,
    pairs,
    maxPairs: count(values['max-pairs'], isUsual ? MAX_PAIRS : pairs),
    seconds: count(values.seconds, values.quick ? 2 : MIN_SECONDS),
    quick: values.quick,
    write: !values['no-results'],
    signal: interrupt.signal,
  });
  return missed > 0 ? 1 : 0;
}

/** How many targets were missed. */
async function run(plan: Plan): Promise<number> {
  const { kinds, pairs, maxPairs, seconds } = plan;
  console.log(`peers: ${kinds.map((kind) => `${kind} ${proxyVersion(kind)}`).join(', ')}`);
  const timed = plan.workloads.filter((name) => name !== IDLE_WORKLOAD).map(workloadNamed);
  const peers = timed.reduce((sum, workload) => sum + peersOf(workload, plan).length, 0);
  const minutes = (most: number): number => Math.ceil((peers * (most * (seconds + 0.2) + 3)) / 60);
  const atMost = maxPairs > pairs ? `, at most ${minutes(maxPairs)}` : '';
  console.log(`${plan.workloads.length} workloads, about ${minutes(pairs)} minutes${atMost}\n`);
  let missed = 0;
  for (const name of plan.workloads) {
    if (name === IDLE_WORKLOAD) await runIdle(plan);
    else missed += await runTimed(workloadNamed(name), plan);
  }
  return missed;
}

/** How many of the workload's targets were missed. */
async function runTimed(workload: Workload, plan: Plan): Promise<number> {
  const { name } = workload;
  const { pairs, maxPairs, seconds, signal } = plan;
  const comparison = await compare(workload, {
    peers: peersOf(workload, plan),
    judged: targetsOf(name),
    pairs,
    maxPairs,
    seconds,
    warmupSeconds: 2,
    signal,
    say: console.log,
  });
  console.log(`\n${name}: ${workload.about}\n${plainTable(comparisonRows(comparison))}`);
  for (const note of comparisonNotes(comparison)) console.log(note);
  const missed = plan.quick ? 0 : sayVerdicts(comparison);
  keep(name, plan, comparison);
  return missed;
}

function sayVerdicts(comparison: Comparison): number {
  let missed = 0;
  for (const target of targetsOf(comparison.workload.name)) {
    const { pass, reason } = judge(target, comparison);
    if (!pass) missed += 1;
    console.log(`target ${targetText(target)}: ${pass ? 'pass' : `FAIL (${reason})`}`);
  }
  return missed;
}

function peersOf(workload: Workload, { kinds, onlyTargets }: Plan): readonly PeerSpec[] {
  const wanted = onlyTargets ? peersOfTargets(workload) : workload.peers;
  if (wanted === undefined) return kinds.map((kind) => ({ kind, threads: 1 }));
  return wanted.filter(({ kind }) => kinds.includes(kind));
}

async function runIdle(plan: Plan): Promise<void> {
  const peers: IdleComparison['peers'][number][] = [];
  for (const kind of new Set(plan.kinds)) {
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
  return PAIRING_ORDER.filter(isAvailable);
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
