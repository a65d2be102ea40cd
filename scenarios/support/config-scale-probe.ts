/** The micro-benchmark of configurations of two sizes, in a process of its own: prints JSON. */
import { benchesOf } from '#native-bench/micro/configuration-size.bench.ts';
import { measure } from '#native-bench/micro/measure.ts';

const [rounds = '15', roundMs = '200', servers = '5000'] = process.argv.slice(2);
const benches = await benchesOf(Number(servers));
const results = measure(benches, { rounds: Number(rounds), roundMs: Number(roundMs) });
console.log(JSON.stringify(results.map(({ name, ns }) => ({ name, us: ns.median / 1000, ns }))));
