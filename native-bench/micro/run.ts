/** `npm run micro`: user time and heap bytes per operation of parts of the data path. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plainTable } from '#native-bench/tables.ts';
import { type Bench, measure, sum } from './measure.ts';

const HELP = `usage: npm run micro [-- options] [FILE…]

Measures user CPU time per operation of the benches in native-bench/micro/FILE.bench.ts
(default: all), as median of the rounds with a bootstrap 95 % interval, and how many bytes
an operation allocates on V8's heap.

  --rounds N  default 15
  --ms N      length of a round in milliseconds (default 100)
  --list      name the files
  --help      this text
`;

const SUFFIX = '.bench.ts';

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '15' },
      ms: { type: 'string', default: '100' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
  if (values.list) {
    console.log(names.join('\n'));
    return 0;
  }
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`no ${unknown}; there are: ${names.join(', ')}`);
  const options = { rounds: Number(values.rounds), roundMs: Number(values.ms) };
  for (const name of positionals.length > 0 ? positionals : names) {
    const module = (await import(join(import.meta.dirname, name + SUFFIX))) as {
      benches?: readonly Bench[];
      makeBenches?: () => Promise<readonly Bench[]>;
    };
    const benches = module.benches ?? (await module.makeBenches?.()) ?? [];
    const rows = measure(benches, options).map(({ heapBytes, name: bench, ns }) => [
      `${name}: ${bench}`,
      ns.median.toFixed(1),
      `[${ns.low.toFixed(1)}–${ns.high.toFixed(1)}]`,
      heapBytes.toFixed(0),
    ]);
    console.log(plainTable([['', 'ns', '95 %', 'heap bytes'], ...rows]));
  }
  return Number.isNaN(sum()) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`micro: ${(error as Error).message}`);
  process.exitCode = 2;
}
