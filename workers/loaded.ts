import type { Model } from '#src/config/model.ts';
import { packModel } from '#src/config/packed-model.ts';
import { formatProblem, type Problem } from '#src/schema/problem.ts';
import { BindError, type BoundSockets } from './bound-sockets.ts';
import type { Configuration } from './configuration.ts';
import type { Outline } from './messages.ts';
import { outlineOf } from './outline.ts';
import { type Preparation, prepare } from './preparation.ts';

/** What the master keeps of a model: all of it would cost more memory than the rest of the master. */
export type MasterModel = Pick<Model, 'main' | 'listens' | 'logFiles'>;

/** A configuration that can run: checked, prepared, its addresses bound. */
export interface Loaded {
  /** Of src/config/packed-model.ts, for the threads, in base64. */
  readonly packedModel: string;
  readonly outline: Outline;
  readonly model: MasterModel;
  readonly preparation: Preparation;
}

/** Why a configuration was refused: every line there is to say, without `weir: [emerg]`. */
export class Refusal extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines[0]);
    this.lines = lines;
  }
}

/**
 * Checks what the system must provide, creates log files, and binds what is not bound yet.
 * @param warn told of each warning
 * @throws Refusal with every problem found; nothing is then bound that was not before
 */
export async function makeReady(
  { tree, model, problems }: Configuration,
  sockets: BoundSockets,
  warn: (line: string) => void,
): Promise<Loaded> {
  if (model === undefined) throw new Refusal(fatalLines(problems));
  const { preparation, problems: more } = prepare(model);
  for (const problem of [...problems, ...more]) {
    if (problem.severity === 'warn') warn(lineOf(problem));
  }
  if (preparation === undefined) throw new Refusal(fatalLines(more));
  try {
    const { acceptMode } = model.main;
    const lines = await sockets.bind(model.listens, preparation.threadCount, acceptMode);
    for (const line of lines) warn(line);
  } catch (error) {
    if (error instanceof BindError) throw new Refusal(error.message.split('\n'));
    throw error;
  }
  const { main, listens, logFiles } = model;
  return {
    packedModel: packModel(tree, model).toString('base64'),
    outline: outlineOf(model, tree),
    model: { main, listens, logFiles },
    preparation,
  };
}

function fatalLines(problems: readonly Problem[]): string[] {
  return problems.filter(({ severity }) => severity === 'emerg').map(lineOf);
}

/** The problem's line without `weir: [level]`, which whoever writes it puts there. */
function lineOf(problem: Problem): string {
  return formatProblem(problem).replace(/^weir: \[\w+\] /, '');
}
