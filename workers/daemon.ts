/** `daemon on`: the master in a session of its own, its starter gone once it serves. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** Set in the environment of the daemon itself. */
const MARK = 'WEIR_DAEMON';

/** Whether this process is the daemon. */
export function isDaemon(): boolean {
  return process.env[MARK] === '1';
}

/**
 * Starts this program again, detached, and waits until it serves or has failed; what it prints
 * until then is passed on. Its later output to standard error goes to the error log.
 * @returns the exit code
 */
export async function startDaemon(errorLogPath: string): Promise<number> {
  const path = errorLogPath === 'stderr' ? '/dev/null' : errorLogPath;
  const errors = openSync(path, 'a', 0o644);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [MARK]: '1' },
    stdio: ['ignore', 'ignore', errors, 'ipc'],
  });
  closeSync(errors);
  return new Promise((resolve) => {
    child.on('message', (message: DaemonMessage) => {
      if (message.type === 'line') process.stderr.write(message.text);
      else resolve(0);
    });
    child.on('error', (error) => {
      process.stderr.write(`weir: [emerg] cannot start: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  }).then((code) => {
    if (child.connected) child.disconnect();
    child.unref();
    return code as number;
  });
}

type DaemonMessage =
  | { readonly type: 'line'; readonly text: string }
  | { readonly type: 'serving' };

/** Passes on a line that the starter's user must see. */
export function tellLine(text: string): void {
  if (isDaemon() && process.connected) process.send?.({ type: 'line', text });
}

/** The daemon serves: its starter may go. */
export function tellStarter(): void {
  if (!isDaemon() || !process.connected) return;
  process.send?.({ type: 'serving' }, undefined, undefined, () => process.disconnect?.());
}
