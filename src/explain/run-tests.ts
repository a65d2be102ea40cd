/** Runs tests one after the other, and tells what came of them. */

import { UnusableRequest } from './asked-request.ts';
import type { CheckedTest } from './checked-test.ts';
import { compare, type Mismatch } from './compare.ts';
import type { Coverage } from './coverage.ts';
import { where } from './directive-index.ts';
import type { Rehearsal } from './rehearsal.ts';
import { report } from './report.ts';
import type { Explanation } from './trace.ts';

/** What came of one test. */
export interface TestOutcome {
  readonly test: CheckedTest;
  readonly mismatches: readonly Mismatch[];
  /** Undefined: it could not be asked; `problem` says why. */
  readonly explanation: Explanation | undefined;
  readonly problem: string;
}

/** Runs them in order, in one rehearsal. */
export async function runTests(
  rehearsal: Rehearsal,
  tests: readonly CheckedTest[],
): Promise<readonly TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  for (const test of tests) outcomes.push(await runTest(rehearsal, test));
  return outcomes;
}

async function runTest(rehearsal: Rehearsal, test: CheckedTest): Promise<TestOutcome> {
  try {
    const explanation = await rehearsal.ask(test.asked, test.answer);
    const mismatches = compare(test.expectation, explanation);
    return { test, mismatches, explanation, problem: '' };
  } catch (error) {
    if (!(error instanceof UnusableRequest)) throw error;
    return { test, mismatches: [], explanation: undefined, problem: error.message };
  }
}

/** Whether it is as expected. */
export function hasPassed({ mismatches, problem }: TestOutcome): boolean {
  return problem === '' && mismatches.length === 0;
}

/** One that failed: where, what, and the explanation. Lines that end in a newline. */
export function failureReport(outcome: TestOutcome, folder: string): string {
  const { explanation, mismatches, problem, test } = outcome;
  const place = where({ file: test.file, line: test.line, column: 1 }, folder);
  const lines = mismatches.map(({ expected, got, what }) => {
    return `  ${what}: expected ${expected}, got ${got}`;
  });
  if (problem !== '') lines.push(`  ${problem}`);
  const told = explanation === undefined ? '' : report(explanation, folder);
  const indented = told.replace(/^(?=.)/gm, '    ');
  return `✗ ${place}: ${test.title}\n${lines.join('\n')}\n${indented}\n`;
}

const MAX_ENTRIES = 50;

/** What no test has come to, by file and line. Lines that end in a newline. */
export function coverageReport({ kinds, percent }: Coverage, folder: string): string {
  const counts = kinds.map(({ count, untouched, what }) => {
    return `${what} ${count - untouched.length} of ${count}`;
  });
  const lines = kinds.flatMap(({ untouched, what }) => {
    // A `map` may be a base of thousands of lines.
    const limit = what === 'map entries' ? MAX_ENTRIES : untouched.length;
    const told = untouched
      .slice(0, limit)
      .map(({ place, text }) => `  never tested: ${where(place, folder)}: ${text}`);
    const more = untouched.length - told.length;
    return more === 0 ? told : [...told, `  never tested: ${more} more ${what}`];
  });
  return [`coverage ${percent} %: ${counts.join(', ')}`, ...lines, ''].join('\n');
}

/** What `weir test --json` tells. */
export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  /** In the order in which they ran. */
  readonly tests: readonly {
    readonly title: string;
    readonly file: string;
    readonly line: number;
    readonly passed: boolean;
    /** Why it could not be asked; '' when it was. */
    readonly problem: string;
    readonly mismatches: readonly Mismatch[];
  }[];
  readonly coverage: Coverage;
}

/** All outcomes, and what no test has come to. */
export function jsonReport(outcomes: readonly TestOutcome[], coverage: Coverage): TestReport {
  const passed = outcomes.filter(hasPassed).length;
  const tests = outcomes.map((outcome) => {
    const { mismatches, problem, test } = outcome;
    const { file, line, title } = test;
    return { title, file, line, passed: hasPassed(outcome), problem, mismatches };
  });
  return { passed, failed: outcomes.length - passed, tests, coverage };
}
