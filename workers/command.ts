import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '#src/base/version.ts';
import { transportTier } from '#src/transport/transport.ts';
import { check } from './check.ts';
import { type CommandLine, parseCommandLine, usage } from './command-line.ts';
import type { ConfigPlace } from './configuration.ts';
import { runMaster } from './run-master.ts';
import { sendSignal } from './send-signal.ts';

/** The configuration that comes with Weir: used when `-c` names none. */
const DEFAULT_FILE = fileURLToPath(new URL('../conf/weir.conf', import.meta.url));

/** @returns the exit code; undefined when a master now runs in this process */
export async function runCommand(args: readonly string[]): Promise<number | undefined> {
  const line = parseCommandLine(args);
  if (typeof line === 'string') {
    process.stderr.write(`weir: ${line}\n`);
    return 1;
  }
  switch (line.action) {
    case 'help':
      process.stderr.write(`weir version: weir/${VERSION}\n${usage(DEFAULT_FILE)}`);
      return 0;
    case 'version':
      process.stderr.write(`weir version: weir/${VERSION}\n`);
      return 0;
    case 'build':
      process.stderr.write(
        `weir version: weir/${VERSION}\nnode version: ${process.version}\n` +
          `transport: ${transportTier()}\n`,
      );
      return 0;
    case 'check':
    case 'dump':
      return check(placeOf(line), { isQuiet: line.quiet, isDump: line.action === 'dump' });
    case 'signal':
      return sendSignal(placeOf(line), line.signal ?? 'stop');
    case 'run':
      return runMaster(placeOf(line));
  }
}

/** As in nginx, `-p` and `-c` are relative to the current directory. */
function placeOf(line: CommandLine): ConfigPlace {
  return {
    file: resolve(line.configFile ?? DEFAULT_FILE),
    prefix: line.prefix === undefined ? undefined : resolve(line.prefix),
    globals: line.globals,
    errorLog: line.errorLog,
  };
}
