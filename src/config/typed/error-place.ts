/** Where in a configuration an exception came from, and what it says. */
import { fileURLToPath } from 'node:url';
import type { Place } from '#src/schema/problem.ts';

/** A frame of a stack, or the first lines of a syntax error: `file:///x.ts:3:7`, `/x.ts:3`. */
const FRAME = /(?:\(|at |^)((?:file:\/\/)?\/[^\n()]*?):(\d+)(?::(\d+))?(?=\)|\s|$)/gm;

/** The place in the user's own files that is nearest to the fault; the file itself without one. */
export function errorPlace(error: unknown, file: string): { message: string; place: Place } {
  const none = { file, line: 1, column: 1 };
  if (!(error instanceof Error)) {
    return { message: `the configuration threw ${String(error)}`, place: none };
  }
  const message = `the configuration failed: ${error.name}: ${error.message}`;
  for (const [, path = '', line, column] of (error.stack ?? '').matchAll(FRAME)) {
    const own = path.startsWith('file:') ? fileURLToPath(path) : path;
    if (own.includes('/node_modules/') || own.startsWith(OWN_FOLDER)) continue;
    return { message, place: { file: own, line: Number(line), column: Number(column ?? 1) } };
  }
  return { message, place: none };
}

const OWN_FOLDER = fileURLToPath(new URL('../../', import.meta.url));
