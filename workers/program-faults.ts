import type { Program } from '#src/config/tree.ts';
import { describe } from '#src/functions/function-host.ts';

/**
 * What a configuration's own code does outside of any request: a promise that nobody waits for
 * rejects, a timer of its own throws. The thread serves on, and the log tells of it. Errors that are
 * not from its files are ours and end the thread, as without it.
 */
export function surviveFaultsOf({ modules }: Program, report: (line: string) => void): void {
  const urls = modules.map(({ url }) => url);
  // Weir awaits what it starts: a rejection that nobody handles is the configuration's.
  process.on('unhandledRejection', (error) => {
    report(`a promise of weir.config.ts was rejected and nobody handled it: ${describe(error)}`);
  });
  process.on('uncaughtException', (error: Error) => {
    if (!isFrom(error, urls)) throw error;
    report(`weir.config.ts threw outside of any request: ${describe(error)}`);
  });
}

/** The frame that threw is in one of these modules. */
function isFrom(error: unknown, urls: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  const frame = (error.stack ?? '').split('\n').find((line) => line.includes('file://'));
  return frame !== undefined && urls.some((url) => frame.includes(url));
}
