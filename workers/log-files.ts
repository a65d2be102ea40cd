import { chownSync, closeSync, openSync, statSync } from 'node:fs';
import type { ErrorLog, LogFan } from '#src/base/log.ts';
import type { ErrorLogConfig } from '#src/exchange/error-log-argument.ts';
import type { ErrorLogFiles } from '#src/server/error-log-files.ts';
import { openError } from './file-error.ts';
import type { Identity } from './identity.ts';

/** As nginx creates its logs. */
const LOG_MODE = 0o644;

/**
 * Creates the log files that are missing and gives them to the user that will write them, so that
 * the threads, which are not root, can open them by path.
 * @throws Error in nginx's words for the first that cannot be opened
 */
export function createLogFiles(paths: readonly string[], owner: Identity | undefined): void {
  for (const path of paths) {
    try {
      closeSync(openSync(path, 'a', LOG_MODE));
      if (owner !== undefined && mayChown(path, owner)) chownSync(path, owner.uid, owner.gid);
    } catch (error) {
      throw openError(path, error);
    }
  }
}

/** Only root changes owners, and only of what is a file: not of /dev/stdout or a pipe. */
function mayChown(path: string, owner: Identity): boolean {
  const stats = statSync(path);
  return process.getuid?.() === 0 && stats.isFile() && stats.uid !== owner.uid;
}

/**
 * Opens where the lines of `error_log` go.
 * @throws Error in nginx's words for the first that cannot be opened
 */
export function openErrorLogs(files: ErrorLogFiles, configs: readonly ErrorLogConfig[]): LogFan {
  try {
    return files.fanOf(configs);
  } catch (error) {
    throw openError((error as NodeJS.ErrnoException).path ?? '', error);
  }
}

/** After USR1: opens the paths again, and closes the old descriptors once lines go to the new ones. */
export function reopenErrorLogs(log: ErrorLog, files: ErrorLogFiles): void {
  files.reopen((path, error) => {
    const { message } = openError(path, error);
    log.log('emerg', `${message}: still writing to the old file`);
  });
}
