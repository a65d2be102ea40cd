import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than any proxy here keeps lines (`flush=1s`). */
const PATIENCE_MS = 3_000;
const POLL_MS = 50;
const NEWLINE = 10;

/** Empties a log that its writer appends to; one that does not exist yet stays so. */
export function emptyLog(path: string): void {
  if (existsSync(path)) truncateSync(path);
}

/**
 * The lines of a log, waiting a while until there are as many as expected: a proxy may log in
 * batches, but what it never logs it has not done. May be a few more, of requests that the
 * generator gave up at its end.
 */
export async function countLines(path: string, expected: number): Promise<number> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const lines = existsSync(path) ? newlinesOf(readFileSync(path)) : 0;
    if (lines >= expected || performance.now() > giveUpAt) return lines;
    await delay(POLL_MS);
  }
}

/** Whether a text comes to stand in a log, which may take a while. */
export async function logShows(path: string, text: string): Promise<boolean> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  for (;;) {
    if (existsSync(path) && readFileSync(path, 'latin1').includes(text)) return true;
    if (performance.now() > giveUpAt) return false;
    await delay(POLL_MS);
  }
}

function newlinesOf(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
