/**
 * `npm run prove`: runs scenarios, one line of target, measured and verdict each, exit 1 when any
 * failed. `--help` says how.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeResult } from '#native-bench/measure/results.ts';
import { prove } from '#scenarios/support/prove.ts';
import type { Scenario } from './scenario.ts';

const HELP = `usage: npm run prove [-- options] [NAME…]

Runs the named scenarios, or all of them, and prints for each the promise, the
target, what was measured, and pass or FAIL. Exit code 1 when any failed.

  --list        name every scenario with its promise and target, run nothing
  --short       the short form of the test gate; nothing is judged by time
  --seed N      seed of all random streams (default: a new one, printed)
  --no-results  do not write results/DATE-COMMIT/NAME.json
  --help        this text
`;

/** Files of this folder that are not scenarios. */
const NOT_SCENARIOS = new Set(['scenario.ts', 'run.ts']);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      seed: { type: 'string' },
      'no-results': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const names = scenarioNames();
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`prove: no scenario ${unknown.join(', ')}; there are: ${names.join(', ')}`);
    return 2;
  }
  const chosen = await Promise.all((positionals.length > 0 ? positionals : names).map(load));
  if (values.list) {
    for (const { name, promise, target } of chosen) {
      console.log(`${name}\n    ${promise}\n    target: ${target}`);
    }
    return 0;
  }
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());

  let failures = 0;
  for (const scenario of chosen) {
    if (interrupt.signal.aborted) break;
    const options = { short: values.short, seed, signal: interrupt.signal, print: console.log };
    const outcome = await prove(scenario, options);
    if (!outcome.pass) failures += 1;
    if (!values['no-results'] && !values.short) {
      const { name, promise, target } = scenario;
      console.log(
        `  written   ${writeResult('prove', name, false, { promise, target, seed, ...outcome })}`,
      );
    }
  }
  if (chosen.length > 1) console.log(`\n${chosen.length - failures} passed, ${failures} failed`);
  return failures > 0 || interrupt.signal.aborted ? 1 : 0;
}

function scenarioNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !NOT_SCENARIOS.has(name),
    )
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
}

async function load(name: string): Promise<Scenario> {
  const module = (await import(`./${name}.ts`)) as { scenario?: Scenario };
  if (module.scenario === undefined) throw new Error(`scenarios/${name}.ts exports no scenario`);
  if (module.scenario.name !== name) {
    throw new Error(`scenarios/${name}.ts calls itself ${module.scenario.name}`);
  }
  return module.scenario;
}

let code = 2;
try {
  code = await main();
} catch (error) {
  console.error(`prove: ${(error as Error).message}`);
}
// A scenario that failed half way may have left a load running: that must not keep us.
process.exit(code);
