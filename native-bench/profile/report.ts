/** A profile as text: tables in µs, calls and bytes per request. */
import { plainTable } from '#native-bench/tables.ts';
import type { Breakdown } from './breakdown.ts';
import type { FrameKind } from './frames.ts';
import type { CallCounts, InsidePass, OutsidePass } from './passes.ts';

const SYMBOLS = 30;
const FUNCTIONS = 25;
const RARE_CALL = 0.001; // per request: timers and the like

/** What perf found: cost, kinds, threads, system calls, symbols. */
export function outsideReport(breakdown: Breakdown, pass: OutsidePass): string {
  const { plain, sampled } = pass;
  const perRequest = plain.cpuUsPerRequest;
  return [
    `CPU per request: ${perRequest.toFixed(2)} µs; ${sampled.cpuUsPerRequest.toFixed(2)} µs while ` +
      `sampled (${breakdown.samples} samples), for sampling costs time. Microseconds below are shares of the former.`,
    plainTable(kindRows(breakdown, perRequest)),
    plainTable(threadRows(breakdown, perRequest)),
    `System calls: time by the samples in the kernel, calls by ${pass.calls.tool}.`,
    plainTable(systemCallRows(breakdown, pass.calls, perRequest)),
    plainTable(symbolRows(breakdown, perRequest)),
  ].join('\n\n');
}

/** Share and µs of each kind of code, header first. */
export function kindRows({ kinds }: Breakdown, microsPerRequest: number): string[][] {
  const rows = (Object.keys(kinds) as FrameKind[]).map((kind) => [
    kind,
    percent(kinds[kind]),
    micros(kinds[kind], microsPerRequest),
  ]);
  return [['kind', 'share', 'µs/req'], ...rows];
}

function threadRows({ threads }: Breakdown, microsPerRequest: number): string[][] {
  const rows = threads.map(({ name, share }) => [
    name,
    percent(share),
    micros(share, microsPerRequest),
  ]);
  return [['thread', 'share', 'µs/req'], ...rows];
}

/** System calls by time, then those that took no sample; header first. */
export function systemCallRows(
  { systemCalls }: Breakdown,
  { calls, requests }: CallCounts,
  microsPerRequest: number,
): string[][] {
  const counted = new Map(calls.map((call) => [call.name, call]));
  const seen = new Set(systemCalls.map(({ name }) => name));
  const rows = systemCalls.map(({ name, share }) => {
    const call = counted.get(name);
    const perRequest = call === undefined ? '' : (call.calls / requests).toFixed(3);
    const errors = call === undefined ? '' : (call.errors / requests).toFixed(3);
    return [name, perRequest, errors, percent(share), micros(share, microsPerRequest)];
  });
  for (const { name, calls: count, errors } of calls) {
    if (seen.has(name) || count / requests < RARE_CALL) continue;
    rows.push([name, (count / requests).toFixed(3), (errors / requests).toFixed(3), '', '']);
  }
  return [['system call', 'calls/req', 'errors/req', 'share', 'µs/req'], ...rows];
}

/** The functions with most time of their own; header first. */
export function symbolRows({ symbols }: Breakdown, microsPerRequest: number): string[][] {
  const rows = symbols
    .slice(0, SYMBOLS)
    .map(({ name, kind, self, total }) => [
      name.length > 70 ? `${name.slice(0, 69)}…` : name,
      kind,
      percent(self),
      micros(self, microsPerRequest),
      percent(total),
    ]);
  return [['symbol', 'kind', 'self', 'µs/req', 'with callees'], ...rows];
}

/** What V8 found in each proxy thread. */
export function insideReport({
  threads,
  gcRequests,
  cpuRequests,
  allocationRequests,
}: InsidePass): string {
  return threads
    .map((thread) => {
      const bytes = thread.allocatedBytes / allocationRequests;
      const cpu = thread.cpu
        .slice(0, FUNCTIONS)
        .map(({ name, amount }) => [name, (amount / cpuRequests).toFixed(3)]);
      const allocations = thread.allocations
        .slice(0, FUNCTIONS)
        .map(({ name, amount }) => [name, (amount / allocationRequests).toFixed(0)]);
      const collections = thread.collections.map(({ kind, count, totalMs, longestMs }) => [
        ...[kind, String(count), ((totalMs * 1000) / gcRequests).toFixed(3)],
        longestMs.toFixed(2),
      ]);
      return [
        `${thread.thread}: pauses for garbage collection in ${gcRequests} requests`,
        plainTable([['collection of', 'count', 'µs/req', 'longest ms'], ...collections]),
        `${thread.thread}: V8's CPU profile (distorted by the profiler: read the order, not the sum)`,
        plainTable([['function', 'µs/req itself'], ...cpu]),
        `${thread.thread}: ${bytes.toFixed(0)} bytes allocated on the heap per request`,
        plainTable([['function', 'bytes/req'], ...allocations]),
      ].join('\n\n');
    })
    .join('\n\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function micros(share: number, microsPerRequest: number): string {
  return (share * microsPerRequest).toFixed(2);
}
