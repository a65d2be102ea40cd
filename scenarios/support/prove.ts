import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms } from '#native-bench/measure/machine.ts';
import type { Scenario, ScenarioContext, ScenarioOutcome } from '#scenarios/scenario.ts';

/** How a scenario is run; see ScenarioContext. */
export interface ProveOptions {
  readonly short: boolean;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Takes the lines for people. */
  readonly print: (line: string) => void;
}

/** Runs one scenario and prints its lines. Never throws: what could not run has failed. */
export async function prove(scenario: Scenario, options: ProveOptions): Promise<ScenarioOutcome> {
  const { print } = options;
  print(`\n${scenario.name}: ${scenario.promise}`);
  print(`  target    ${scenario.target}`);
  const startedAt = performance.now();
  const outcome = await carryOut(scenario, options);
  const tookSec = ((performance.now() - startedAt) / 1000).toFixed(1);
  print(`  measured  ${outcome.measured}`);
  const verdict = outcome.pass ? 'pass' : 'FAIL';
  print(
    `  ${verdict}      in ${tookSec} s, seed ${options.seed}${options.short ? ', short form' : ''}`,
  );
  return outcome;
}

async function carryOut(scenario: Scenario, options: ProveOptions): Promise<ScenarioOutcome> {
  const { print } = options;
  const missing = missingPrograms(scenario.needs ?? []);
  if (missing.length > 0) {
    const measured = `nothing: ${missing.join(' and ')} not installed (apt-get install ${missing.join(' ')})`;
    return { measured, pass: false, details: { missing } };
  }
  const cleanUps: (() => void | Promise<void>)[] = [];
  const directory = mkdtempSync(join(tmpdir(), `weir-${scenario.name}-`));
  // Weir's generation runs as another user when the master is root, and shall find files here.
  chmodSync(directory, 0o755);
  const context: ScenarioContext = {
    short: options.short,
    seed: options.seed,
    signal: options.signal,
    directory,
    progress: (text) => print(`  …         ${text}`),
    defer: (cleanUp) => cleanUps.push(cleanUp),
  };
  try {
    return await scenario.run(context);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { measured: `could not run: ${text}`, pass: false, details: { error: text } };
  } finally {
    for (const cleanUp of cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (error) {
        print(`  clean-up failed: ${String(error)}`);
      }
    }
    rmSync(directory, { recursive: true, force: true });
  }
}
