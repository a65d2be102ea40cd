import type { Model } from '#src/config/model.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';
import { isDaemon, startDaemon, tellStarter } from './daemon.ts';
import { Refusal } from './loaded.ts';
import { Master } from './master.ts';
import { startTrimming } from './memory-trimmer.ts';
import { say, sayProblems } from './say.ts';

/**
 * Starts the master in this process, or with `daemon on` in one of its own.
 * @param reword what is said when it cannot start
 * @returns the exit code; undefined when it serves
 */
export async function runMaster(
  place: ConfigPlace,
  reword = (line: string): string => line,
): Promise<number | undefined> {
  const configuration = await loadConfiguration(place);
  const { model, problems } = configuration;
  if (model === undefined) {
    sayProblems(problems.filter(({ severity }) => severity !== 'notice'));
    return 1;
  }
  if (model.main.daemon && !isDaemon()) return startDaemon(errorFile(model));

  try {
    const master = new Master(place);
    obeySignals(master);
    await master.start(configuration);
  } catch (error) {
    const lines = error instanceof Refusal ? error.lines : [(error as Error).message];
    for (const line of lines) say('emerg', reword(line));
    process.exit(1);
  }
  tellStarter();
  startTrimming();
  return undefined;
}

/** nginx's signals. USR2 and WINCH, which end or upgrade nginx's processes, do nothing here. */
function obeySignals(master: Master): void {
  process.on('SIGHUP', () => void master.reload());
  process.on('SIGUSR1', () => master.reopenLogs());
  process.on('SIGTERM', () => master.stop());
  process.on('SIGINT', () => master.stop());
  process.on('SIGQUIT', () => master.quit());
  process.on('SIGUSR2', () => master.explainNoUpgrade());
  process.on('uncaughtException', (error: Error) => master.survive(error));
}

/** Where output goes that is meant for standard error: the first `error_log` that is a file. */
function errorFile({ main }: Model): string {
  const targets = main.errorLogs.map(({ target }) => target);
  const file = targets.find((target) => typeof target === 'string' && target !== 'stderr');
  return typeof file === 'string' ? file : 'stderr';
}
