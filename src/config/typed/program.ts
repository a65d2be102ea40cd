/** weir.config.ts as a module: evaluated once for its tree, then in each thread for its functions. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { print } from '#src/config/syntax/print.ts';
import type { Program } from '#src/config/tree.ts';
import type { AnyFunction } from '#src/functions/function-host.ts';
import { declaredParts } from '#src/functions/shared-parts.ts';
import { type Place, type Problem, Problems } from '#src/schema/problem.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { errorPlace } from './error-place.ts';
import { Locator, type Step } from './locate.ts';
import { recordModules, serveModules } from './program-modules.ts';
import { toNodes } from './to-nodes.ts';

/** What came of an evaluation: plain data. */
export interface Evaluation {
  readonly nodes: readonly ConfigNode[];
  /** Undefined when it could not be evaluated. */
  readonly program: Program | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Imports the file and reads what it exports. Runs code of the configuration: only in a process of
 * its own. Never throws; what never resolves, never resolves here either.
 */
export async function evaluateProgram(file: string): Promise<Evaluation> {
  const problems = new Problems();
  const modules = recordModules();
  try {
    const config = await exportOf(pathToFileURL(file).href);
    if (config === undefined) {
      const advice = 'write: export default defineConfig({ … })';
      problems.emerg({ file, line: 1, column: 1 }, `"${file}" has no default export`, advice);
      return { nodes: [], program: undefined, problems: problems.list };
    }
    const { nodes, facts } = toNodes(config, placesIn(file), problems);
    const hash = hashOf(nodes);
    const program = { file, functions: facts, parts: declaredParts(), modules, hash };
    return { nodes, program, problems: problems.list };
  } catch (error) {
    const { message, place } = errorPlace(error, file);
    problems.emerg(place, message, 'nothing of it is used');
    return { nodes: [], program: undefined, problems: problems.list };
  }
}

/**
 * The functions of a program, in the order of `program.functions`.
 * @throws Error when they cannot be loaded, or are not those that were evaluated
 */
export async function loadFunctions(program: Program): Promise<readonly AnyFunction[]> {
  serveModules(program.modules);
  const { file } = program;
  const config = await exportOf(pathToFileURL(file).href);
  const nowhere: Place = { file, line: 0, column: 0 };
  const { nodes, functions } = toNodes(config, () => nowhere, new Problems());
  if (hashOf(nodes) === program.hash && functions.length === program.functions.length) {
    return functions;
  }
  throw new Error(
    `${file} gives another configuration each time it is evaluated: it must not depend on the ` +
      'time, on chance, or on what else changes',
  );
}

async function exportOf(url: string): Promise<unknown> {
  const module = (await import(url)) as { readonly default?: unknown };
  const given: unknown = await module.default;
  return typeof given === 'function' ? await (given as () => unknown)() : given;
}

function hashOf(nodes: readonly ConfigNode[]): string {
  return createHash('sha256').update(print(nodes)).digest('hex');
}

function placesIn(file: string): (way: readonly Step[]) => Place {
  let locator: Locator;
  try {
    locator = new Locator(readFileSync(file, 'utf8'));
  } catch {
    return () => ({ file, line: 1, column: 1 }); // it has just been read: only its place is lost
  }
  return (way) => ({ file, ...locator.find(way) });
}

/** The file of a module. */
export function fileOf(url: string): string {
  return fileURLToPath(url);
}
