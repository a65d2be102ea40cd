/** The short-lived process that reads a file of tests: it answers with one message and ends. */
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { errorPlace } from '#src/config/typed/error-place.ts';
import { INDEX_URL } from '#src/config/typed/program-modules.ts';
import { type DefinedTest, definedTests } from '#src/explain/define-test.ts';
import type { Place } from '#src/schema/problem.ts';

/** What came of it: the tests, or why there are none. */
export type TestEvaluation =
  | { readonly tests: readonly DefinedTest[] }
  | { readonly message: string; readonly place: Place };

/** The running Weir's own, in a checkout or in the published package. */
const TEST_URL = import.meta.resolve('#src/explain/define-test.ts');

async function evaluate(file: string): Promise<TestEvaluation> {
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'weir/test') return { url: TEST_URL, shortCircuit: true };
      if (specifier === 'weir') return { url: INDEX_URL, shortCircuit: true };
      return next(specifier, context);
    },
  });
  try {
    await import(pathToFileURL(file).href);
    return { tests: definedTests() };
  } catch (error) {
    const { message, place } = errorPlace(error, file);
    return { message: message.replace(/^the configuration/, 'the test file'), place };
  }
}

async function run(): Promise<void> {
  const [, , file = ''] = process.argv;
  const evaluation = await evaluate(file);
  try {
    // What the file has started (timers, sockets) is of no use any more.
    process.send?.(evaluation, undefined, undefined, () => process.exit(0));
  } catch (error) {
    const message = `a test holds what cannot be compared: ${(error as Error).message}`;
    const place = { file, line: 1, column: 1 };
    process.send?.({ message, place }, undefined, undefined, () => process.exit(0));
  }
}

void run();
