import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { openError } from './file-error.ts';

/** Writes `PID\n`. @throws Error in nginx's words when it cannot */
export function writePidFile(path: string, pid: number): void {
  try {
    writeFileSync(path, `${pid}\n`, { mode: 0o644 });
  } catch (error) {
    throw openError(path, error);
  }
}

/** Removes the file if it still names this process: a second start may have overwritten it. */
export function removePidFile(path: string, pid: number): void {
  try {
    if (Number(readFileSync(path, 'utf8')) === pid) unlinkSync(path);
  } catch {
    // Gone already, or its folder is: nothing is left to remove.
  }
}

/** The file that says where this process is. */
export class OwnPidFile {
  #path: string | undefined;

  /**
   * Writes this one and removes the one before; '' or undefined removes only.
   * @throws Error in nginx's words when it cannot be written; the one before then stays
   */
  use(given: string | undefined): void {
    const before = this.#path;
    const path = given === '' ? undefined : given;
    if (before === path) return;
    if (path !== undefined) writePidFile(path, process.pid);
    this.#path = path;
    if (before !== undefined) removePidFile(before, process.pid);
  }
}

/** The process id in the file. @throws Error in nginx's words when there is none */
export function readPidFile(path: string): number {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const failed = openError(path, error);
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) failed.message += ': Weir does not run with this configuration';
    throw failed;
  }
  const pid = Number(text.trim());
  if (!/^\d+\s*$/.test(text) || pid < 1) {
    throw new Error(`invalid PID number "${text.trim()}" in "${path}"`);
  }
  return pid;
}
