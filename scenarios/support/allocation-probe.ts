/** The micro-benchmark of a whole exchange, in a process of its own: prints its results as JSON. */
import { benches } from '#native-bench/micro/exchange.bench.ts';
import { measure, sum } from '#native-bench/micro/measure.ts';

const [rounds = '5', roundMs = '200'] = process.argv.slice(2);
const results = measure(benches, { rounds: Number(rounds), roundMs: Number(roundMs) });
const lines = results.map(({ name, ns, heapBytes }) => ({ name, ns: ns.median, heapBytes }));
console.log(JSON.stringify({ lines, sum: sum() }));
