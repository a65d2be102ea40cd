import { findDoubts } from '#src/config/doubts/index.ts';
import { dumpSources } from '#src/config/dump.ts';
import type { Problem } from '#src/schema/problem.ts';
import { probeAddresses } from './bound-sockets.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';
import { prepare } from './preparation.ts';
import { sayProblems } from './say.ts';

/**
 * `-t` and `-T`: reports all that is wrong with the configuration and with what it needs of the
 * system, and dumps it when asked. Starts nothing. @returns the exit code
 */
export async function check(
  place: ConfigPlace,
  { isQuiet, isDump }: { isQuiet: boolean; isDump: boolean },
): Promise<number> {
  const { model, problems, sources } = await loadConfiguration(place, findDoubts);
  const shown = (problem: Problem) => !isQuiet || problem.severity === 'emerg';
  sayProblems(problems.filter(shown));
  if (model === undefined) return failed(place);
  if (!isQuiet) process.stderr.write(`weir: the configuration file ${place.file} syntax is ok\n`);
  const prepared = prepare(model);
  const found = [...prepared.problems, ...(await probeAddresses(model.listens))];
  sayProblems(found.filter(shown));
  if (found.some(({ severity }) => severity === 'emerg')) return failed(place);
  if (!isQuiet) {
    process.stderr.write(`weir: configuration file ${place.file} test is successful\n`);
  }
  if (isDump) {
    process.stdout.write(dumpSources(sources));
  }
  return 0;
}

function failed(place: ConfigPlace): number {
  process.stderr.write(`weir: configuration file ${place.file} test failed\n`);
  return 1;
}
