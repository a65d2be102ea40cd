import type { LogLevel } from '#src/base/log.ts';
import { formatProblemWithColumn, type Problem } from '#src/schema/problem.ts';
import { tellLine } from './daemon.ts';

/** One line for the operator on standard error, before there is a log. */
export function say(level: LogLevel, message: string): void {
  print(`weir: [${level}] ${message}\n`);
}

/** The lines of these problems. */
export function sayProblems(problems: readonly Problem[]): void {
  for (const problem of problems) print(`${formatProblemWithColumn(problem)}\n`);
}

function print(line: string): void {
  process.stderr.write(line);
  tellLine(line);
}
