import { type Estimate, relativeWidth } from '#native-bench/measure/statistics.ts';
import { type Comparison, type PeerResult, WIDEST_INTERVAL } from './compare.ts';
import type { IdleMemory, IdleSpread } from './idle.ts';

/** What the idle workload found of each peer. */
export interface IdleComparison {
  readonly peers: readonly {
    readonly label: string;
    readonly version: string;
    readonly memory: IdleMemory;
    readonly spread: IdleSpread;
  }[];
}

/** Above that share of its core the generator, and not the proxy, limits requests per second. */
const BUSY_GENERATOR = 0.9;
/** Share of the proxy's core used by others above which a run is called noisy. */
const NOISY = 0.03;

/** A comparison as rows of cells, header first. */
export function comparisonRows(comparison: Comparison): string[][] {
  const { peers } = comparison;
  const others = baselines(peers);
  const isApart = comparison.workload.placement !== 'together';
  const header = [
    '',
    'CPU µs/req',
    'user',
    'system',
    'req/s',
    'p50 µs',
    'p99 µs',
    'MB/s',
    'PSS MB',
  ];
  return [
    [...header, ...others.map((label) => `ratio to ${label}`)],
    ...peers.map((peer) => [
      `${peer.label} ${peer.version}`,
      peer.median.cpuUsPerRequest.toFixed(2),
      peer.median.userUsPerRequest?.toFixed(2) ?? '–',
      peer.median.systemUsPerRequest?.toFixed(2) ?? '–',
      `${peer.median.requestsPerSec.toFixed(0)}${isApart && isLimited(peer) ? ' *' : ''}`,
      String(peer.median.p50Us),
      String(peer.median.p99Us),
      peer.median.megabytesPerSec.toFixed(0),
      peer.pssMb.toFixed(1),
      ...others.map((label) => ratioText(peer.ratios[label])),
    ]),
  ];
}

/** Whom the others are compared with: other programs, and Weir with fewer threads. */
function baselines(peers: readonly PeerResult[]): string[] {
  const threadsOfWeir = peers
    .filter(({ kind }) => kind === 'weir')
    .map(({ threads = 1 }) => threads);
  const most = Math.max(...threadsOfWeir);
  return peers
    .filter(({ kind, threads = 1 }) => kind !== 'weir' || threads < most)
    .map(({ label }) => label);
}

/** Whether a ratio of Weir to that peer is worth a word: another program with as many threads. */
export function isRival(peer: PeerResult, other: PeerResult): boolean {
  const isSameSize = (peer.threads ?? 1) === (other.threads ?? 1);
  return peer.kind === 'weir' && other.kind !== 'weir' && isSameSize;
}

/** Remarks that belong under the table: limits of the measurement, errors. */
export function comparisonNotes(comparison: Comparison): string[] {
  const notes: string[] = [];
  const isApart = comparison.workload.placement !== 'together';
  if (isApart && comparison.peers.some((peer) => isLimited(peer))) {
    notes.push(
      '\\* core 1 (generator and origin) was busy above 90 %: requests per second and latencies are its limit, not the proxy’s; CPU per request is valid.',
    );
  }
  const foreign = Math.max(...comparison.peers.map((peer) => peer.median.foreignCpu));
  if (foreign > NOISY) {
    const percent = (foreign * 100).toFixed(0);
    notes.push(
      `Other programs used up to ${percent} % of ${isApart ? 'the proxy’s core' : 'the cores'}: not a quiet machine.`,
    );
  }
  for (const peer of comparison.peers) {
    const { errors, unlogged = 0 } = peer.median;
    if (errors > 0) notes.push(`${peer.label}: ${errors} errors in all runs.`);
    if (unlogged > 0) notes.push(`${peer.label}: ${unlogged} lines are missing in its log.`);
    for (const { label } of comparison.peers.filter((other) => isRival(peer, other))) {
      const ratio = peer.ratios[label];
      if (ratio !== undefined && relativeWidth(ratio) > WIDEST_INTERVAL) {
        const percent = (relativeWidth(ratio) * 100).toFixed(0);
        notes.push(
          `${peer.label} to ${label}: the interval is ${percent} % wide; too wide to judge.`,
        );
      }
    }
  }
  return notes;
}

/** The idle workload as rows, header first. */
export function idleRows({ peers }: IdleComparison): string[][] {
  return [
    [
      '',
      'connections',
      'RSS before MB',
      'RSS growth KB each',
      'as many more',
      'per thread',
      'max/mean',
    ],
    ...peers.map(({ label, version, memory, spread }) => [
      `${label} ${version}`,
      String(memory.connections),
      (memory.rssBeforeKb / 1024).toFixed(1),
      memory.kbPerConnection.toFixed(2),
      memory.kbPerFurtherConnection.toFixed(2),
      spread.perThread.join(' / '),
      spread.maxOverMean.toFixed(3),
    ]),
  ];
}

/** Rows for a terminal, columns aligned. */
export function plainTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return rows.map(line).join('\n');
}

/** Rows for Markdown. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows;
  // A cell is one line: a break would end the table, a bar the cell.
  const cell = (text: string): string =>
    text
      .trim()
      .replaceAll(/\s*\n\s*/g, '<br>')
      .replaceAll('|', '\\|');
  const line = (row: readonly string[]): string => `| ${row.map(cell).join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(header), line(rule), ...body.map(line)].join('\n');
}

/** "1.04 [1.01–1.07]"; a dash for oneself. */
export function ratioText(ratio: Estimate | undefined): string {
  if (ratio === undefined) return '–';
  return `${ratio.median.toFixed(3)} [${ratio.low.toFixed(3)}–${ratio.high.toFixed(3)}]`;
}

function isLimited(peer: PeerResult): boolean {
  const { generatorCpu, originCpu } = peer.median;
  return generatorCpu + originCpu > BUSY_GENERATOR;
}
