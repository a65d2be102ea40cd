/** The argument of `client_body_temp_path` and `proxy_temp_path`: where temporary files are made. */

import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { custom, parseInteger, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';

/** Stands for `systemTempDirectory`. */
const AUTO = 'auto';
/** On the disk by convention (FHS 5.15), unlike /tmp, which is memory on many machines. */
const PREFERRED = '/var/tmp';

/** Yields an absolute path. nginx's levels of folders are for files with names: ours have none. */
export const tempPath = custom({
  usage: 'path [level1 [level2 [level3]]] | auto',
  minWords: 1,
  maxWords: 4,
  default: [AUTO],
  parse: parseTempPath,
});

/**
 * Where temporary files are made unless the configuration says so: `/var/tmp` when this process may
 * write there, else what the system calls its folder for them (`TMPDIR`, else `/tmp`).
 */
export function systemTempDirectory(): string {
  try {
    accessSync(PREFERRED, constants.W_OK | constants.X_OK);
    return PREFERRED;
  } catch {
    return tmpdir();
  }
}

function parseTempPath(words: readonly Word[], context: ParseContext): string | undefined {
  const [path, ...levels] = words;
  if (path === undefined) return undefined;
  if (path.text === '') return reportInvalid(context, path, 'path');
  if (path.text === AUTO && levels.length === 0) return systemTempDirectory();
  for (const level of levels) {
    if (parseInteger(level, context, { min: 1 }) === undefined) return undefined;
  }
  return context.tools.resolvePath(path.text);
}
