/**
 * Opens a temporary file that has no name: whatever dies, nothing is left behind. Asynchronous, and
 * without promises, since the data path asks for it.
 */

import { close, constants, open, unlink } from 'node:fs';
import { join } from 'node:path';

/** Calls back with an errno code ('' when all is well) and a descriptor for reading and writing. */
export type OpenFile = (directory: string, opened: (errno: string, fd: number) => void) => void;

const READ_WRITE = constants.O_RDWR | constants.O_EXCL;
/**
 * open(2), O_TMPFILE: an inode without a name; with O_EXCL it can never be given one. Node does not
 * export it; __O_TMPFILE has this value on every Linux that Node runs on.
 */
const UNNAMED = READ_WRITE | 0o20000000 | constants.O_DIRECTORY;
/** What a file system, or a kernel, without O_TMPFILE says. */
const NOT_SUPPORTED: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL']);

const OWNER_ONLY = 0o600;

/** Without a name from the start where the system can (Linux), else `openAndUnlink`. */
export const openUnlinkedFile: OpenFile = (directory, opened) => {
  if (process.platform !== 'linux') return openAndUnlink(directory, opened);
  open(directory, UNNAMED, OWNER_ONLY, (error, fd) => {
    if (error === null) return opened('', fd);
    if (NOT_SUPPORTED.has(errnoOf(error))) return openAndUnlink(directory, opened);
    opened(errnoOf(error), -1);
  });
};

/**
 * A file with a random name that nobody can have guessed, removed before its first byte: only a
 * death between these two calls leaves an empty file.
 */
export const openAndUnlink: OpenFile = (directory, opened) => {
  const { randomBytes } = process.getBuiltinModule('node:crypto');
  const path = join(directory, `.weir-${randomBytes(16).toString('hex')}`);
  open(path, READ_WRITE | constants.O_CREAT, OWNER_ONLY, (error, fd) => {
    if (error !== null) return opened(errnoOf(error), -1);
    unlink(path, (unlinkError) => {
      if (unlinkError === null) return opened('', fd);
      close(fd, () => opened(errnoOf(unlinkError), -1));
    });
  });
};

/** The code of an error of node:fs, such as 'ENOSPC'. */
export function errnoOf(error: NodeJS.ErrnoException): string {
  return error.code ?? 'EIO';
}
