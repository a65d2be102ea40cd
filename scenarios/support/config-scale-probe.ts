/** The micro-benchmark of configurations of two sizes, in a process of its own: prints JSON. */
import { median } from '#native-bench/measure/statistics.ts';
import { benchesOf } from '#native-bench/micro/configuration-size.bench.ts';
import { measure } from '#native-bench/micro/measure.ts';

/** Microseconds of user time per exchange. */
export interface ConfigScaleCosts {
  readonly fewServersUs: number;
  readonly manyServersUs: number;
  /** The median over rounds of what the same traffic cost more in the same round. */
  readonly moreUs: number;
  /** With traffic for all servers. */
  readonly allServersUs: number;
}

const [rounds = '60', roundMs = '50', servers = '5000'] = process.argv.slice(2);
const [few, many, all] = await benchesOf(Number(servers));
if (few === undefined || many === undefined || all === undefined) throw new Error('no benches');
const limits = { rounds: Number(rounds), roundMs: Number(roundMs) };
// Alternating in short rounds: whatever else the machine does meets both alike. Traffic for all
// servers comes behind: what it compiles and where it reaches in memory is no part of the others.
// First long ones, for the compiler alone.
const warmUp = { rounds: Math.ceil(limits.rounds / 20), roundMs: limits.roundMs * 10 };
measure([few, many], warmUp);
const [fewCost, manyCost] = measure([few, many], limits);
measure([all], warmUp);
const [allCost] = measure([all], limits);
const more = fewCost?.rounds.map((ns, at) => (manyCost?.rounds[at] ?? Number.NaN) - ns) ?? [];
const costs: ConfigScaleCosts = {
  fewServersUs: (fewCost?.ns.median ?? Number.NaN) / 1000,
  manyServersUs: (manyCost?.ns.median ?? Number.NaN) / 1000,
  moreUs: median(more) / 1000,
  allServersUs: (allCost?.ns.median ?? Number.NaN) / 1000,
};
console.log(JSON.stringify(costs));
