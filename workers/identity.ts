import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The user a generation runs as. */
export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** nginx's built-in default for `user`. */
export const DEFAULT_USER = 'nobody';

/**
 * Finds a user, and the group if one is named, else the group of the user's name, else the user's
 * own. A string says what is missing, in nginx's words.
 */
export function findIdentity(
  user: string,
  group: string | undefined,
  folder = '/etc',
): Identity | string {
  const passwd = entries(`${folder}/passwd`);
  const found = passwd.find(([name]) => name === user);
  if (found === undefined) return `getpwnam("${user}") failed: no such user in /etc/passwd`;
  const uid = Number(found[2]);
  const ownGid = Number(found[3]);
  const wanted = group ?? user;
  const gid = entries(`${folder}/group`).find(([name]) => name === wanted)?.[2];
  if (gid === undefined && group !== undefined) {
    return `getgrnam("${group}") failed: no such group in /etc/group`;
  }
  return { name: user, uid, gid: gid === undefined ? ownGid : Number(gid) };
}

/**
 * The first of these files (or a folder above it) that the user may not read; undefined when all
 * are readable. Looks at the mode bits, so access lists are not seen.
 */
export function unreadableFor(identity: Identity, files: readonly string[]): string | undefined {
  for (const file of files) {
    const closed = mayAccess(identity, file, 4) ? unsearchableFor(identity, file) : file;
    if (closed !== undefined) return closed;
  }
  return undefined;
}

/**
 * This folder, or the first above it, that keeps the user from creating files in it; undefined when
 * none does. Looks at the mode bits, as `unreadableFor` does.
 */
export function unwritableFor(identity: Identity, folder: string): string | undefined {
  if (!mayAccess(identity, folder, 2) || !mayAccess(identity, folder, 1)) return folder;
  return unsearchableFor(identity, folder);
}

function unsearchableFor(identity: Identity, file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (!mayAccess(identity, folder, 1)) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** `bit`: 4 read, 2 write, 1 search; the class of the file's mode is owner, group or other. */
function mayAccess({ uid, gid }: Identity, path: string, bit: number): boolean {
  if (uid === 0) return true;
  try {
    const { mode, uid: owner, gid: group } = statSync(path);
    const shift = owner === uid ? 6 : group === gid ? 3 : 0;
    return ((mode >> shift) & bit) !== 0;
  } catch {
    return false;
  }
}

function entries(path: string): string[][] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
