import { chownSync, closeSync, openSync, statSync } from 'node:fs';
import { DescriptorSink, type ErrorLog } from '#src/base/log.ts';
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

/** Where the lines of `error_log` go: standard error, or a file opened for appending. */
export function openErrorLog(path: string): DescriptorSink {
  if (path === 'stderr') return new DescriptorSink(2);
  try {
    return new DescriptorSink(openSync(path, 'a', LOG_MODE));
  } catch (error) {
    throw openError(path, error);
  }
}

/** After USR1: opens the path again, and closes the old descriptor once lines go to the new one. */
export function reopenErrorLog(log: ErrorLog, path: string, old: DescriptorSink): DescriptorSink {
  if (path === 'stderr') return old;
  try {
    const sink = openErrorLog(path);
    log.setSink(sink);
    if (old.fd > 2) closeSync(old.fd);
    return sink;
  } catch (error) {
    log.log('emerg', `${(error as Error).message}: still writing to the old file`);
    return old;
  }
}
