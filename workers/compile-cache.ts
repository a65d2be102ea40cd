import { chownSync, lstatSync, mkdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import type { Identity } from './identity.ts';

/**
 * Where bin/weir had Node keep compiled sources. What lies there is executed, so each user has a
 * folder that only he can write: Node itself does not look whose it is.
 */
const FOLDER = process.env['NODE_COMPILE_CACHE'];

/** Environment of a generation: its user's own folder, made by the master while it is root. */
export function cacheEnvironment(identity: Identity | undefined): NodeJS.ProcessEnv {
  if (FOLDER === undefined || identity === undefined || identity.uid === process.getuid?.()) {
    return {};
  }
  const folder = join(FOLDER, `user-${identity.uid}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = lstatSync(folder);
    if (!stats.isDirectory()) throw new Error(`${folder} is no folder`);
    chownSync(folder, identity.uid, identity.gid);
    return { NODE_COMPILE_CACHE: folder };
  } catch {
    // Without a cache it starts more slowly, and nothing else.
    return { NODE_DISABLE_COMPILE_CACHE: '1' };
  }
}

/** Writes what was compiled so far: a thread that replaces a dead one starts from it. */
export function keepCompiled(): void {
  if (FOLDER !== undefined) flushCompileCache();
}
