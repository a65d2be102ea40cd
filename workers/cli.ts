/** What `weir` runs: the command line, then the command. Only errors and answers are printed here. */
import './no-debugger.ts';
import { runCommand } from './command.ts';

const exitCode = await runCommand(process.argv.slice(2));
// The master has no code: it goes on until it is told to end.
if (exitCode !== undefined) process.exitCode = exitCode;
