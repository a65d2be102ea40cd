/**
 * The master of a Weir that another program embeds (embed.ts): told by messages what it otherwise
 * learns from signals. It ends with that program.
 */
import './no-debugger.ts';
import { type ConfigPlace, type Configuration, loadConfiguration } from './configuration.ts';
import type { EmbeddedPlace, FromEmbedded, ToEmbedded } from './embedded-messages.ts';
import { Refusal } from './loaded.ts';
import { Master } from './master.ts';

let master: Master | undefined;

function answer(message: FromEmbedded, then = () => {}): void {
  if (process.connected) process.send?.(message, undefined, undefined, then);
  else then();
}

/** Text takes the place of a file, as for `weir proxy`. */
function configPlace({ file, prefix, text }: EmbeddedPlace): ConfigPlace {
  return { file: file ?? '/dev/null', prefix, globals: text, errorLog: 'stderr' };
}

/** Nobody sends it signals by a file, and several may be embedded on one machine. */
async function readWithoutPidFile(place: ConfigPlace): Promise<Configuration> {
  const read = await loadConfiguration(place);
  if (read.model === undefined) return read;
  const main = { ...read.model.main, pidFile: '', daemon: false };
  return { ...read, model: { ...read.model, main } };
}

async function start(given: EmbeddedPlace): Promise<void> {
  const place = configPlace(given);
  master = new Master(place, readWithoutPidFile);
  try {
    await master.start(await readWithoutPidFile(place));
    answer({ type: 'serving' });
  } catch (error) {
    const lines = error instanceof Refusal ? error.lines : [(error as Error).message];
    answer({ type: 'refused', lines }, () => process.exit(1));
  }
}

async function reload(place: EmbeddedPlace): Promise<void> {
  const lines = (await master?.reloadFrom(configPlace(place))) ?? [];
  answer({ type: 'reloaded', lines });
}

async function tellStatus(): Promise<void> {
  answer({ type: 'status', status: await master?.status() });
}

function end(how: 'quit' | 'stop'): void {
  if (master === undefined) process.exit(0);
  if (how === 'quit') master.quit();
  else master.stop();
}

process.on('message', (message: ToEmbedded) => {
  switch (message.type) {
    case 'start':
      return void start(message.place);
    case 'reload':
      return void reload(message.place);
    case 'status':
      return void tellStatus();
    case 'quit':
    case 'stop':
      return end(message.type);
  }
});
process.on('disconnect', () => end('stop'));
process.on('uncaughtException', (error: Error) => master?.survive(error));

// A terminal sends these to every process of its group: the program decides what they mean to it.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => end('stop'));
process.on('SIGQUIT', () => end('quit'));
process.on('SIGUSR1', () => master?.reopenLogs());
