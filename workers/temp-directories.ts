/** The directories for temporary files that a configuration names. */

import { accessSync, chownSync, constants, mkdirSync, statSync } from 'node:fs';
import { describeErrno } from './file-error.ts';
import { type Identity, unwritableFor } from './identity.ts';

/** As nginx creates its own. */
const PRIVATE = 0o700;

/**
 * Creates a directory that is missing and gives it to the user that will use it. One that exists is
 * left as it is: nginx takes ownership of whatever is named, be it /etc.
 * @throws Error, naming the path, when it cannot be created or its user cannot create files in it
 */
export function createTempDirectory(path: string, user: Identity | undefined): void {
  const isNew = makeDirectory(path);
  if (isNew && user !== undefined) chownSync(path, user.uid, user.gid);
  if (!statSync(path).isDirectory()) throw new Error(`"${path}" is not a directory`);
  if (user === undefined) return assertWritable(path);
  const closed = unwritableFor(user, path);
  if (closed === undefined) return;
  const where = closed === path ? '' : ` because of "${closed}"`;
  throw new Error(`user "${user.name}" cannot create files in "${path}"${where}`);
}

function makeDirectory(path: string): boolean {
  try {
    mkdirSync(path, PRIVATE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new Error(`mkdir() "${path}" failed (${describeErrno(error)})`);
  }
}

function assertWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(`cannot create files in "${path}" (${describeErrno(error)})`);
  }
}
