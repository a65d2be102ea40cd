/** `weir test FILE…`: assertions on routing, rewriting, headers and answers. Opens no socket. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CheckedTest, checkTest } from '#src/explain/checked-test.ts';
import { coverageOf } from '#src/explain/coverage.ts';
import { where } from '#src/explain/directive-index.ts';
import { OfflineHosts } from '#src/explain/offline-hosts.ts';
import type { Rehearsal } from '#src/explain/rehearsal.ts';
import {
  coverageReport,
  failureReport,
  hasPassed,
  jsonReport,
  runTests,
} from '#src/explain/run-tests.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';
import { evaluatorOf } from './evaluate-config.ts';
import { evaluateTests } from './evaluate-tests.ts';
import { printPage } from './print-page.ts';
import { rehearsalOf } from './rehearsal-of.ts';
import { sayProblems } from './say.ts';
import { CONFIG_OPTIONS, configPlaceOf, type GivenOptions, readOptions } from './sub-command.ts';

const IMPORT = "import { test } from 'weir/test';";
const TEST_HELP = `Usage: weir test FILE... [options]

Runs tests of a configuration: what becomes of requests. No socket is opened. A file is TypeScript
or JavaScript:

  ${IMPORT}
  test('carts go to the shop', { get: 'http://shop.test/cart' }, { upstream: 'shop' });

Options:
  --min-coverage N    : fail when less than N percent of the configuration is tested
  --json              : outcomes and coverage for programs, with file and line
  --timeout SECONDS   : that reading one file may take (default: 10)
  -c FILE, -p PREFIX, -g DIRECTIVES : the configuration, as without a command

Exit code: 0 all is as expected, 1 something is not, 2 it could not be run.
`;

const OPTIONS = {
  values: [['--min-coverage'], ['--timeout'], ...CONFIG_OPTIONS],
  flags: ['--json', '-h', '--help'],
};

const USUAL_TIMEOUT_SEC = 10;
const FAILED = 1;
const NOT_RUN = 2;

/** @returns the exit code, see the help */
export async function runTestCommand(args: readonly string[], usualFile: string): Promise<number> {
  const given = readOptions(args, OPTIONS);
  if (typeof given === 'string') return notRun(given);
  if (given.flags.has('-h') || given.flags.has('--help')) {
    process.stdout.write(TEST_HELP);
    return 0;
  }
  const minCoverage = numberOf(given, '--min-coverage', 0, 100);
  const timeoutSec = numberOf(given, '--timeout', USUAL_TIMEOUT_SEC, 3600);
  if (minCoverage === undefined) return notRun('--min-coverage takes a number from 0 to 100');
  if (timeoutSec === undefined) return notRun('--timeout takes a number of seconds, up to 3600');
  if (given.words.length === 0) return notRun('test what? weir test FILE...');
  const place = configPlaceOf(given, usualFile);
  const tests = await readTests(given.words, place, timeoutSec * 1000);
  if (typeof tests === 'string') return notRun(tests);
  return await runAll(tests, place, { minCoverage, isJson: given.flags.has('--json') });
}

/** What the command line asks for. */
interface Wishes {
  readonly minCoverage: number;
  readonly isJson: boolean;
}

async function runAll(
  tests: readonly CheckedTest[],
  place: ConfigPlace,
  wishes: Wishes,
): Promise<number> {
  const hosts = new OfflineHosts();
  const { model, problems, tree } = await loadConfiguration({ ...place, lookup: hosts.lookup });
  const rehearsal = model === undefined ? undefined : await rehearsalOf(tree, place, hosts);
  if (rehearsal === undefined) {
    sayProblems(problems.filter(({ severity }) => severity === 'emerg'));
    return notRun(`configuration file ${place.file} cannot be used`);
  }
  try {
    return await report(rehearsal, tests, hosts, wishes);
  } finally {
    rehearsal.close();
  }
}

async function report(
  rehearsal: Rehearsal,
  tests: readonly CheckedTest[],
  hosts: OfflineHosts,
  { isJson, minCoverage }: Wishes,
): Promise<number> {
  const folder = process.cwd();
  const outcomes = await runTests(rehearsal, tests);
  const failed = outcomes.filter((outcome) => !hasPassed(outcome));
  const coverage = coverageOf(rehearsal.model, rehearsal.index, rehearsal.recorder.touched);
  const isCovered = coverage.percent >= minCoverage;
  const exitCode = failed.length === 0 && isCovered ? 0 : FAILED;
  if (isJson) {
    printPage(hosts.named(`${JSON.stringify(jsonReport(outcomes, coverage), undefined, 2)}\n`));
    return exitCode;
  }
  const pages = failed.map((outcome) => failureReport(outcome, folder));
  const counts = `${outcomes.length - failed.length} of ${outcomes.length} tests passed\n`;
  const missed = isCovered ? '' : `✗ ${minCoverage} % were to be covered\n`;
  const text = [...pages, counts, coverageReport(coverage, folder), missed].join('');
  printPage(hosts.named(text));
  return exitCode;
}

/** A string says what is wrong with a file, or with a test in it. */
async function readTests(
  files: readonly string[],
  { globals }: ConfigPlace,
  timeoutMs: number,
): Promise<readonly CheckedTest[] | string> {
  const tests: CheckedTest[] = [];
  for (const name of files) {
    const file = resolve(name);
    if (!existsSync(file)) return `there is no file ${name}`;
    const found = await evaluateTests(file, evaluatorOf(globals), timeoutMs);
    if (typeof found === 'string') return found;
    if (found.length === 0) return `${name} has no test: import { test } from 'weir/test'`;
    for (const one of found) {
      const own = one.file.startsWith('file:') ? fileURLToPath(one.file) : one.file;
      const checked = checkTest({ ...one, file: own });
      const place = where({ file: own, line: one.line, column: 1 }, process.cwd());
      if (typeof checked === 'string') return `${checked} in ${place}`;
      tests.push(checked);
    }
  }
  return tests;
}

/** The last value of an option; undefined when it is no number up to `max`. */
function numberOf(
  { values }: GivenOptions,
  name: string,
  usual: number,
  max: number,
): number | undefined {
  const text = values.get(name)?.at(-1) ?? String(usual);
  return /^\d+$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function notRun(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return NOT_RUN;
}
