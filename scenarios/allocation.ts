import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { wrkErrors } from '#native-bench/load/wrk.ts';
import { allocatedPerSec } from '#scenarios/support/gc-trace.ts';
import { startTracedWeir, TRACE_NEEDS } from '#scenarios/support/traced-weir.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_BYTES = 2048;
const SECONDS = 10;
const WARMUP_SECONDS = 6;
const PROBE = join(import.meta.dirname, 'support/allocation-probe.ts');
/** Both as in `npm run bench`. */
const LOGS = { 'log off': 'off', 'log on': 'logs/access.log combined buffer=64k flush=1s' };

/** Heap bytes per exchange. */
interface Allocation {
  readonly name: string;
  readonly bytes: number;
  readonly errors: number;
}

export const scenario: Scenario = {
  name: 'allocation',
  promise: 'an exchange leaves little for the garbage collector',
  target: `V8 heap allocated per exchange on the fast tier ≤ ${MAX_BYTES} bytes: counted in memory, and in a running proxy`,
  needs: TRACE_NEEDS,
  run: async (context) => {
    const counted = await countInMemory(context.short);
    context.progress(counted.map(asText).join(', '));
    const seen: Allocation[] = [];
    for (const [name, log] of Object.entries(LOGS)) {
      seen.push(await seeInProxy(context, name, log));
    }
    const errors = seen.reduce((total, one) => total + one.errors, 0);
    const all = [...counted, ...seen];
    return {
      measured: `${all.map(asText).join(', ')}; ${errors} errors`,
      pass:
        errors === 0 &&
        // Code that is not compiled yet allocates more; the short form only sees that both measure.
        all.every(({ bytes }) => bytes > 0 && (context.short || bytes <= MAX_BYTES)),
      details: { counted, seen },
    };
  },
};

/** By V8's own counter, in native-bench/micro/exchange.bench.ts: no kernel, nothing but the exchange. */
async function countInMemory(short: boolean): Promise<Allocation[]> {
  const size = short ? ['1', '20'] : ['5', '200'];
  const { stdout } = await promisify(execFile)(process.execPath, [PROBE, ...size]);
  const { lines } = JSON.parse(stdout) as { lines: { name: string; heapBytes: number }[] };
  return lines.map(({ name, heapBytes }) => ({
    name: `micro-benchmark, ${name}`,
    bytes: heapBytes,
    errors: 0,
  }));
}

/**
 * In a proxy under wrk: what V8 says at every collection was allocated since the one before, over
 * all isolates of the generation and the time between the collections, divided by the requests of
 * that time. What Node allocates for sockets and timers is part of it.
 */
async function seeInProxy(
  context: ScenarioContext,
  name: string,
  log: string,
): Promise<Allocation> {
  const weir = await startTracedWeir(context, log);
  const warm = await weir.load(context.short ? 1 : WARMUP_SECONDS);
  const { report, collections } = await weir.load(context.short ? 1 : SECONDS);
  // Short: a slow machine may not fill the young heap three times in a second.
  const perSec = allocatedPerSec(
    context.short ? weir.collections() : collections,
    weir.generationPid,
  );
  const requestsPerSec = (report.requests / report.durationUs) * 1e6;
  return {
    name: `proxy, ${name}`,
    bytes: perSec / requestsPerSec,
    errors: wrkErrors(report) + wrkErrors(warm.report),
  };
}

function asText({ name, bytes }: Allocation): string {
  return `${bytes.toFixed(0)} bytes (${name})`;
}
