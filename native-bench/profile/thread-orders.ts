/** Where proxy threads that are profiled find their orders, and leave what they found. */
import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, 'thread-hook.ts');

/**
 * Makes a folder for orders and profiles that every user may enter and write to: started by root, a
 * generation runs as nobody. Never below a folder of somebody's choice, for one above it that is
 * closed to others (mkdtemp makes such) would close it too. The caller removes it.
 */
export function makeOrderFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-orders-'));
  chmodSync(folder, 0o777);
  return folder;
}

/** What a process needs in its environment for its threads to follow the orders of a folder. */
export function orderedEnvironment(folder: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${HOOK}`, WEIR_PROFILE_ORDERS: folder };
}

/** Adds an order (thread-hook.ts has the list); the threads do it soon, and do not say when. */
export function giveOrder(folder: string, order: string): void {
  appendFileSync(join(folder, 'orders'), `${order}\n`);
}

/** Moves what the threads wrote to a folder that need not be open to them. */
export function keepProfiles(orders: string, folder: string): void {
  cpSync(orders, folder, { recursive: true });
  rmSync(orders, { recursive: true });
}
