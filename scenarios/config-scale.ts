import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeLargeConfiguration } from '#native-bench/large-configuration.ts';
import { cpuMicros, memoryKb, processTree } from '#native-bench/measure/process-usage.ts';
import { median } from '#native-bench/measure/statistics.ts';
import type { ConfigScaleCosts } from '#scenarios/support/config-scale-probe.ts';
import { type Start, timeStart } from '#scenarios/support/first-answer.ts';
import { GENERATION_FLAGS } from '#workers/memory.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';

const MAX_LOAD_MS = 3_000;
const MAX_MORE_US = 0.3;
const SERVERS = 5_000;
const LOCATIONS = 20_000;
const STARTS = 5;
/** Between the empty compile cache and the measured starts. */
const FILLING_STARTS = 2;
const THREADS = 2;
const PROBE = join(import.meta.dirname, 'support/config-scale-probe.ts');

export const scenario: Scenario = {
  name: 'config-scale',
  promise: 'thousands of servers load at once, and cost a request nothing',
  target:
    `${SERVERS} servers with ${LOCATIONS} locations: spawning bin/weir to its first answer, worst of ` +
    `${STARTS}, < ${MAX_LOAD_MS} ms; the same traffic costs ≤ ${MAX_MORE_US} µs of user time more per exchange than with 10 servers`,
  run: async (context) => {
    const loads = await load(context);
    const costs = await measureCosts(context);
    const { allServersUs, fewServersUs, manyServersUs, moreUs } = costs;
    const answered = loads.starts.map(({ answeredMs }) => answeredMs);
    const worstMs = Math.max(...answered);
    const { locationCount, masterMb, generationMb, serverCount } = loads;
    return {
      measured:
        `${serverCount} servers, ${locationCount} locations: median ${median(answered).toFixed(0)} ms, worst ${worstMs.toFixed(0)} ms of ${answered.length}, ${median(loads.cpuSec).toFixed(1)} s of CPU; ` +
        `${moreUs.toFixed(2)} µs more for the same traffic (${fewServersUs.toFixed(2)} → ${manyServersUs.toFixed(2)}), ${(allServersUs - fewServersUs).toFixed(2)} for traffic to all servers; ` +
        `PSS of the master ${masterMb.toFixed(0)} MB, of the generation with ${THREADS} threads ${generationMb.toFixed(0)} MB`,
      // Few rounds, and a machine that does other things, say nothing about time.
      pass: context.short || (worstMs < MAX_LOAD_MS && moreUs <= MAX_MORE_US),
      details: { ...loads, costs },
    };
  },
};

interface Loads {
  readonly starts: readonly Start[];
  /** Of all processes until the first answer; a machine that does other things does not show in it. */
  readonly cpuSec: readonly number[];
  readonly serverCount: number;
  readonly locationCount: number;
  readonly masterMb: number;
  readonly generationMb: number;
}

async function load(context: ScenarioContext): Promise<Loads> {
  const folder = context.directory;
  let serverCount = 0;
  let locationCount = 0;
  let masterMb = 0;
  let generationMb = 0;
  const conf = (port: number): { file: string; prefix: string } => {
    const servers = context.short ? 200 : SERVERS;
    const sizes = { folder, port, servers, originPort: 9, threads: THREADS };
    const written = writeLargeConfiguration(sizes);
    ({ serverCount, locationCount } = written);
    return { file: written.file, prefix: folder };
  };
  const cpuSec: number[] = [];
  const weigh = (): Promise<void> => {
    // Below us: the master, and below it the generation.
    const [, ...below] = processTree(process.pid);
    cpuSec.push(cpuMicros(below[0] ?? process.pid) / 1e6);
    const sums = below.map((pid) => memoryKb(pid).pss / 1024).sort((a, b) => b - a);
    const [both = 0, generation = 0] = sums;
    masterMb = Math.max(masterMb, both - generation);
    generationMb = Math.max(generationMb, generation);
    return Promise.resolve();
  };
  const start = (): Promise<Start> =>
    timeStart(conf, { NODE_COMPILE_CACHE: join(folder, 'cache') }, weigh);
  const filling = context.short ? 0 : 1 + FILLING_STARTS;
  for (let left = filling; left > 0; left -= 1) {
    context.signal.throwIfAborted();
    await start();
  }
  const starts: Start[] = [];
  while (starts.length < (context.short ? 1 : STARTS)) {
    context.signal.throwIfAborted();
    starts.push(await start());
  }
  if (!context.short && (serverCount < SERVERS || locationCount < LOCATIONS)) {
    throw new Error(`only ${serverCount} servers and ${locationCount} locations were written`);
  }
  return { starts, cpuSec, serverCount, locationCount, masterMb, generationMb };
}

/** User time per exchange in memory, in a process with the engine's flags of a generation. */
async function measureCosts({ short, signal }: ScenarioContext): Promise<ConfigScaleCosts> {
  const size = short ? ['1', '20', '200'] : ['60', '50', String(SERVERS)];
  const words = [...GENERATION_FLAGS, PROBE, ...size];
  const { stdout } = await promisify(execFile)(process.execPath, words, { signal });
  return JSON.parse(stdout) as ConfigScaleCosts;
}
