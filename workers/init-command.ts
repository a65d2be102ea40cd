/** `weir init`: a first configuration to go on from. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openError } from './file-error.ts';
import { readOptions } from './sub-command.ts';

const STARTER = fileURLToPath(new URL('../conf/starter.conf', import.meta.url));

const HELP = `Usage: weir init [FILE]

Writes a small configuration with comments to FILE (weir.conf), and says what to do next. A file that
is there already is left as it is.
`;

/** @returns the exit code: 0 written, 1 not */
export async function init(args: readonly string[]): Promise<number> {
  const given = readOptions(args, { values: [], flags: ['-h', '--help'] });
  if (typeof given === 'string') return failed(given);
  if (given.flags.size > 0) {
    process.stdout.write(HELP);
    return 0;
  }
  const [name = 'weir.conf', surplus] = given.words;
  if (surplus !== undefined) return failed(`one file at a time: what is "${surplus}"?`);
  const file = resolve(name);
  try {
    writeFileSync(file, readFileSync(STARTER), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      return failed(openError(file, error).message);
    return failed(
      `${file} is there already and was left as it is; name another one: weir init FILE`,
    );
  }
  process.stdout.write(nextSteps(file));
  return 0;
}

function nextSteps(file: string): string {
  const folder = dirname(file);
  const where = `-p ${quoted(folder === process.cwd() ? '.' : folder)} -c ${quoted(basename(file))}`;
  return `${file} is written. Next:

  put the address of your application into "upstream app"
  weir -t ${where}          checks the file
  weir ${where}             serves on http://127.0.0.1:8080, until Ctrl+C
  weir ${where} -s reload   takes a change over, without losing a request
`;
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@%+:,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function failed(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return 1;
}
