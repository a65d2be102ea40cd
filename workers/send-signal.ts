import { resolve } from 'node:path';
import { mainDirectives } from '#src/config/main-directives.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import type { SignalName } from './command-line.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';
import { describeErrno } from './file-error.ts';
import { readPidFile } from './pid-file.ts';
import { say, sayProblems } from './say.ts';

const SIGNALS: Readonly<Record<SignalName, NodeJS.Signals>> = {
  stop: 'SIGTERM',
  quit: 'SIGQUIT',
  reopen: 'SIGUSR1',
  reload: 'SIGHUP',
};

/**
 * `-s`: signals the master that this configuration's pid file names. A broken configuration is
 * reported here and not reloaded; stopping works all the same. @returns the exit code
 */
export async function sendSignal(place: ConfigPlace, name: SignalName): Promise<number> {
  const { tree, model, problems } = await loadConfiguration(place);
  if (model === undefined && name === 'reload') {
    sayProblems(problems.filter(({ severity }) => severity === 'emerg'));
    return 1;
  }
  const pidFile = model?.main.pidFile ?? pidFileOf(tree);
  let pid: number;
  try {
    pid = readPidFile(pidFile);
  } catch (error) {
    say('error', (error as Error).message);
    return 1;
  }
  try {
    process.kill(pid, SIGNALS[name]);
    return 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice =
      code === 'ESRCH'
        ? `: ${pidFile} is stale, Weir does not run any more`
        : ': run this as the user that started it, or as root';
    say('alert', `kill(${pid}, ${SIGNALS[name]}) failed (${describeErrno(error)})${advice}`);
    return 1;
  }
}

/** The pid file of a configuration that cannot be built: what its `pid` line says, or the default. */
function pidFileOf({ nodes, prefix }: ConfigTree): string {
  const pid = nodes.find(({ name }) => name === 'pid')?.words[0]?.text;
  return resolve(prefix, pid ?? mainDirectives.pidFile.argument.default?.[0] ?? '');
}
