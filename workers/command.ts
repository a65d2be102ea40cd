import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '#src/base/version.ts';
import { transportTier } from '#src/transport/transport.ts';
import { type CommandLine, parseCommandLine, usage } from './command-line.ts';
import type { ConfigPlace } from './configuration.ts';
import { runMaster } from './run-master.ts';

/** The configuration that comes with Weir: used when `-c` names none. */
const DEFAULT_FILE = fileURLToPath(new URL('../conf/weir.conf', import.meta.url));

type SubCommand = (args: readonly string[], usualFile: string) => Promise<number | undefined>;

/**
 * Commands that are words; each has options of its own (sub-command.ts). Loaded when asked for: the
 * master stays in this process, and would keep the code of all of them in memory.
 */
const SUB_COMMANDS: Readonly<Record<string, () => Promise<SubCommand>>> = {
  config: async () => (await import('./config-command.ts')).printConfig,
  ctl: async () => (await import('./ctl-command.ts')).ctl,
  explain: async () => (await import('./explain.ts')).explain,
  init: async () => (await import('./init-command.ts')).init,
  proxy: async () => (await import('./proxy-command.ts')).proxy,
  test: async () => (await import('./test-command.ts')).runTestCommand,
};

/** @returns the exit code; undefined when a master now runs in this process */
export async function runCommand(args: readonly string[]): Promise<number | undefined> {
  const [first = '', ...rest] = args;
  if (Object.hasOwn(SUB_COMMANDS, first)) {
    const run = await SUB_COMMANDS[first]?.();
    return await run?.(rest, DEFAULT_FILE);
  }
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
    case 'dump': {
      const { check } = await import('./check.ts');
      return await check(placeOf(line), { isQuiet: line.quiet, isDump: line.action === 'dump' });
    }
    case 'signal': {
      const { sendSignal } = await import('./send-signal.ts');
      return await sendSignal(placeOf(line), line.signal ?? 'stop');
    }
    case 'run':
      return runMaster(placeOf(line));
  }
}

/** As in nginx, `-c` is relative to `-p`; without it, to the current directory. */
function placeOf(line: CommandLine): ConfigPlace {
  return {
    file: resolve(line.prefix ?? '.', line.configFile ?? DEFAULT_FILE),
    prefix: line.prefix === undefined ? undefined : resolve(line.prefix),
    globals: line.globals,
    errorLog: line.errorLog,
  };
}
