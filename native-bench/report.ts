/** BENCHMARKS.md, from the newest results of every workload and scenario. */

import { RESULTS, type ResultRecord, ROOT, readResults } from '#native-bench/measure/results.ts';
import { relativeWidth } from '#native-bench/measure/statistics.ts';
import { type Comparison, WIDEST_INTERVAL } from './compare.ts';
import {
  type Measured,
  missedSection,
  pictureSection,
  targetSection,
  techniqueSection,
  verdictLines,
} from './report-speed.ts';
import {
  comparisonNotes,
  comparisonRows,
  type IdleComparison,
  idleRows,
  isRival,
  markdownTable,
  ratioText,
} from './tables.ts';
import { MAX_PAIRS, MIN_PAIRS } from './targets.ts';
import { MISSED_PROMISES, MISSED_TARGETS, type MissedPromise, TECHNIQUES } from './techniques.ts';
import { IDLE_WORKLOAD, WORKLOADS } from './workloads.ts';

interface Proof {
  readonly promise: string;
  readonly target: string;
  readonly measured: string;
  readonly pass: boolean;
  readonly details?: { readonly comparison?: Comparison };
}

type Found<Data> = { path: string; record: ResultRecord<Data> };

/**
 * Scenarios that are a workload judged by its target: shown as such, not among the promises.
 * `cpu-per-request` was the first of them; its results are kept.
 */
const SPEED_SCENARIO = /^(speed-.*|cpu-per-request)$/;

const METHOD = `\`npm run bench -- --report\` makes this page: its figures are those of \`results/\`, and nothing
but the sections about techniques, missed targets and flame graphs is written by hand
(\`native-bench/techniques.ts\`). To repeat them: \`npm run bench\` on a quiet machine with at least two
cores; \`npm run bench -- --targets\` for the rows with a target alone.

## Method

- One proxy thread (nginx: one worker process) pinned to core 0. The generator (wrk, one thread) and
  the origin (nginx answering from memory or page cache) share core 1. Where a workload says
  otherwise, it says so.
- Equal features: the same request fields are added (and Via by Weir, its default), the same log is
  on or off, upstream keep-alive is on, \`keepalive_requests\` is raised on both sides, queues and
  pools are wide enough for every workload. nginx and Weir read the same file,
  [native-bench/baselines/nginx.conf](native-bench/baselines/nginx.conf); HAProxy's is
  [haproxy.cfg](native-bench/baselines/haproxy.cfg).
- No two requests and no two answers of a workload with unique heads are alike: wrk draws path and
  cookie, the origin numbers its answers in a field. Nothing that is remembered of one serves another.
- Before a workload is measured, one request goes through each peer: status, length of the answer,
  that the origin has the whole body and unchanged, and that the log is as it should be. While it is
  measured, a peer whose answers are too short ends the run; lines missing in a log are counted, and
  fail a target.
- CPU per request: user and system time of all of the proxy's processes (/proc/PID/stat) divided by
  the requests that wrk completed. It stays valid when the generator is the limit; requests per
  second and latencies then do not, and are marked. System time is the kernel's work for the proxy;
  on loopback that includes the receiving side of what it sends.
- Peers take turns, A B C, C B A, …; each row of turns is a pair for every two peers. A ratio is the
  median over the pairs with its bootstrap 95 % interval. Below 1 is better than the peer. An
  interval wider than ${WIDEST_INTERVAL * 100} % judges nothing, unless all of it lies below the target: then more than
  ${MIN_PAIRS} pairs are run, up to ${MAX_PAIRS}, whatever the ratio is.
- p50 and p99 are wrk's, in a closed loop at full load: they compare peers, they are no promise.
- PSS is that of all of the proxy's processes at the end of the workload.
- A run of \`npm run bench\` and one of \`npm run prove -- speed-…\` measure the same; the newer counts.
`;

/** The whole page, from a folder like `results/`. Throws when a result cannot be read. */
export function benchmarksPage(folder = RESULTS): string {
  const comparisons = allComparisons(folder);
  const idle = newest(readResults<IdleComparison>('bench', folder), IDLE_WORKLOAD);
  const chosen = WORKLOADS.map(({ name }) => newest(comparisons, name)).filter(
    (found) => found !== undefined,
  );
  const parts = ['# Benchmarks\n', METHOD];
  parts.push(machineSection([...chosen, ...(idle === undefined ? [] : [idle])]));
  const measured = new Map<string, Measured>(
    chosen.map((found) => [
      found.record.name,
      { comparison: found.record.data, source: source(found) },
    ]),
  );
  parts.push(targetSection(measured));
  parts.push('## Results\n');
  if (chosen.length === 0 && idle === undefined) parts.push('No results yet.\n');
  for (const found of chosen) parts.push(comparisonSection(found));
  if (idle !== undefined) parts.push(idleSection(idle));
  parts.push(lossSection(chosen));
  parts.push(missedSection(MISSED_TARGETS, measured));
  parts.push(techniqueSection(TECHNIQUES));
  parts.push(pictureSection(ROOT));
  parts.push(proofSection(folder));
  parts.push(missedPromiseSection(MISSED_PROMISES, folder));
  return `${parts
    .filter((part) => part !== '')
    .join('\n')
    .trimEnd()}\n`;
}

/**
 * Every comparison there is, oldest first, under its workload's name: those of `npm run bench`, and
 * those that a scenario made to keep its promise.
 */
function allComparisons(folder: string): Found<Comparison>[] {
  const benched = readResults<Comparison>('bench', folder).filter(
    ({ record }) => record.name !== IDLE_WORKLOAD,
  );
  const proved = readResults<Proof>('prove', folder).flatMap(({ path, record }) => {
    const data = SPEED_SCENARIO.test(record.name) ? record.data.details?.comparison : undefined;
    return data === undefined
      ? []
      : [{ path, record: { ...record, name: data.workload.name, data } }];
  });
  return [...benched, ...proved].sort((a, b) => (a.record.date < b.record.date ? -1 : 1));
}

/** The newest full run of that name; a quick one only where there is no full one. */
function newest<Data>(found: readonly Found<Data>[], name: string): Found<Data> | undefined {
  const named = found.filter(({ record }) => record.name === name);
  return named.filter(({ record }) => !record.quick).at(-1) ?? named.at(-1);
}

function machineSection(found: readonly Found<unknown>[]): string {
  const lines = new Set(
    found.map(({ record: { machine } }) => {
      const { cpu, cores, memoryMb, kernel, system, node } = machine;
      const memory = `${Math.round(memoryMb / 1024)} GB`;
      return `- ${cpu}, ${cores} cores, ${memory}; ${system}, Linux ${kernel}; Node ${node}`;
    }),
  );
  return lines.size === 0 ? '' : `## Machine\n\n${[...lines].join('\n')}\n`;
}

function comparisonSection(found: Found<Comparison>): string {
  const { data } = found.record;
  // The results of the first version say less about their workload.
  const isEarlier = data.workload.answerBytes === undefined;
  const earlier = isEarlier ? ' By an earlier method: all answers were alike.' : '';
  const notes = [...comparisonNotes(data), ...verdictLines(data)].map((note) => `\n${note}`);
  return [
    `### ${data.workload.name}\n`,
    `${capital(data.workload.about)}. ${data.workload.connections} connections, ${data.pairs} pairs of ${data.seconds} s.${earlier} ${source(found)}\n`,
    markdownTable(comparisonRows(data)),
    ...notes,
    '',
  ].join('\n');
}

function idleSection(found: Found<IdleComparison>): string {
  return [
    `### ${IDLE_WORKLOAD}\n`,
    `Growth of RSS per connection that has made one request and waits (one thread), and where 1,000 such connections lie (two threads, or two worker processes). ${source(found)}\n`,
    markdownTable(idleRows(found.record.data)),
    '',
  ].join('\n');
}

/** Every comparison that Weir loses, and those that say nothing. */
function lossSection(found: readonly Found<Comparison>[]): string {
  const losses: string[] = [];
  const unclear: string[] = [];
  let compared = 0;
  for (const { record } of found) {
    for (const peer of record.data.peers.filter(({ kind }) => kind === 'weir')) {
      for (const { label } of record.data.peers.filter((other) => isRival(peer, other))) {
        const ratio = peer.ratios[label];
        if (ratio === undefined) continue;
        compared += 1;
        const line = `- ${record.name}: ${ratioText(ratio)} × the CPU of ${label}`;
        if (relativeWidth(ratio) > WIDEST_INTERVAL) unclear.push(line);
        else if (ratio.median > 1) losses.push(line);
      }
    }
  }
  if (compared === 0) return '';
  const lost = losses.length > 0 ? losses.join('\n') : 'No workload above shows a loss.';
  const open = unclear.length > 0 ? `\nToo uncertain to judge:\n\n${unclear.join('\n')}\n` : '';
  return `## What we lose\n\n${lost}\n${open}`;
}

function proofSection(folder: string): string {
  const proofs = readResults<Proof>('prove', folder).filter(
    ({ record: { name } }) => !SPEED_SCENARIO.test(name),
  );
  const names = [...new Set(proofs.map(({ record }) => record.name))].sort();
  if (names.length === 0) return '';
  const rows = names.flatMap((name) => {
    const found = newest(proofs, name);
    if (found === undefined) return [];
    const { promise, target, measured, pass } = found.record.data;
    return [[name, promise, target, measured, pass ? 'pass' : '**fail**', source(found)]];
  });
  const header = ['promise', '', 'target', 'measured', '', 'run'];
  return `## Promises (\`npm run prove\`)\n\n${markdownTable([header, ...rows])}\n`;
}

/** Why the newest run of a scenario fails; nothing of those that pass. */
export function missedPromiseSection(missed: readonly MissedPromise[], folder: string): string {
  const proofs = readResults<Proof>('prove', folder);
  const parts = missed.flatMap(({ scenario, profile, attempts }) => {
    const found = newest(proofs, scenario);
    if (found === undefined || found.record.data.pass) return [];
    return [`### ${scenario}\n`, `${profile}.\n`, ...attempts.map((each) => `- ${each}`), ''];
  });
  return parts.length === 0 ? '' : ['## Promises missed, and why\n', ...parts].join('\n');
}

function source({ path, record }: Found<unknown>): string {
  const quick = record.quick ? ', quick' : '';
  const dirty = record.dirty ? ', uncommitted changes' : '';
  return `([${record.date.slice(0, 10)} ${record.commit}${quick}${dirty}](${path}))`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
