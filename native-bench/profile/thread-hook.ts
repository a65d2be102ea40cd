/**
 * Loaded into every process and thread of Weir by `--import` in NODE_OPTIONS. In threads it follows
 * the orders that the profiler writes to WEIR_PROFILE_ORDERS: a line per order, each done once.
 *
 * Node's own flags do not serve here. `--cpu-prof` begins with the thread and writes when it exits
 * by itself; a proxy thread is warmed first and then terminated. `--heap-prof` keeps samples of
 * objects that still live at the end; what an exchange allocates is dead by then.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { isMainThread, threadId } from 'node:worker_threads';

const POLL_MS = 50;
const CPU_INTERVAL_US = 200;
const ALLOCATION_INTERVAL_BYTES = 16_384;

const COLLECTIONS = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'young generation'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'whole heap'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental marking'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak callbacks'],
]);

const folder = process.env['WEIR_PROFILE_ORDERS'];
if (folder !== undefined && !isMainThread) follow(folder);

function follow(ordersFolder: string): void {
  const session = new Session();
  session.connect();
  let done = 0;
  let bytesAtStart = 0;
  const write = (ending: string, data: object): void => {
    const file = join(ordersFolder, `process-${process.pid}-thread-${threadId}.${ending}`);
    writeFileSync(`${file}.part`, JSON.stringify(data));
    renameSync(`${file}.part`, file); // who finds it finds all of it
  };
  const collections: { kind: string; ms: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as PerformanceEntry & { detail?: { kind: number } };
      const kind = detail?.kind ?? 0;
      collections.push({ kind: COLLECTIONS.get(kind) ?? String(kind), ms: duration });
    }
  });
  const orders: Readonly<Record<string, () => void>> = {
    'gc start': () => observer.observe({ entryTypes: ['gc'] }),
    'gc stop': () => {
      observer.disconnect();
      write('gc.json', collections);
    },
    'cpu start': () => {
      session.post('Profiler.enable');
      session.post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL_US });
      session.post('Profiler.start');
    },
    'cpu stop': () => {
      session.post('Profiler.stop', (error, result) => {
        if (error === null) write('cpuprofile', result.profile);
      });
      session.post('Profiler.disable');
    },
    'allocations start': () => {
      session.post('HeapProfiler.startSampling', {
        samplingInterval: ALLOCATION_INTERVAL_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      });
      bytesAtStart = allocatedBytes();
    },
    'allocations stop': () => {
      const bytes = allocatedBytes() - bytesAtStart;
      session.post('HeapProfiler.stopSampling', (error, result) => {
        if (error === null) write('heapprofile', { bytes, head: result.profile.head });
      });
    },
  };
  const timer = setInterval(() => {
    const lines = readOrders(join(ordersFolder, 'orders'));
    for (const order of lines.slice(done)) orders[order]?.();
    done = lines.length;
  }, POLL_MS);
  timer.unref();
}

function readOrders(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch {
    return []; // none yet, or not for this user's eyes: no profile comes, and readThreads says so
  }
}

/** Bytes on V8's heap since the thread began, dead objects included. */
function allocatedBytes(): number {
  return (getHeapStatistics() as { total_allocated_bytes?: number }).total_allocated_bytes ?? 0;
}
