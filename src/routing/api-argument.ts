/** The words of `api`. */
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import type { ApiHandler } from './model.ts';

/** Reads `api [write=on | off]`; undefined after reporting what is wrong with it. */
export function parseApi([write]: readonly Word[], context: ParseContext): ApiHandler | undefined {
  if (write === undefined || write.text === 'write=off') return { kind: 'api', mayWrite: false };
  if (write.text === 'write=on') return { kind: 'api', mayWrite: true };
  return reportInvalid(context, write, 'parameter', 'known are write=on and write=off');
}
