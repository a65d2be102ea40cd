/** Commands that are words, with options of their own: `weir explain …`, `weir test …`. */

import { resolve } from 'node:path';
import type { ConfigPlace } from './configuration.ts';

/** Which of the words after a command is what. */
export interface OptionNames {
  /** Each with its other names: `-X`, `--method`. The first is the key of what was given. */
  readonly values: readonly (readonly string[])[];
  readonly flags: readonly string[];
}

/** What was given. */
export interface GivenOptions {
  /** By the first name, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlySet<string>;
  /** The rest, in order. */
  readonly words: readonly string[];
}

/** Options of the configuration, which every command has. */
export const CONFIG_OPTIONS: readonly (readonly string[])[] = [['-c'], ['-p'], ['-g']];

/** Reads `-X POST`, `-XPOST`, `--from A`, `--from=A`; a string says what is wrong. */
export function readOptions(args: readonly string[], names: OptionNames): GivenOptions | string {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return { values, flags, words: [...words, ...args.slice(at + 1)] };
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    if (names.flags.includes(arg)) {
      flags.add(arg);
      continue;
    }
    const found = splitOption(arg, names.values);
    if (found === undefined) return `invalid option: "${arg}" (--help lists them)`;
    const value = found.value ?? args[++at];
    if (value === undefined || value === '') return `option "${arg}" requires a value`;
    values.set(found.key, [...(values.get(found.key) ?? []), value]);
  }
  return { values, flags, words };
}

function splitOption(
  arg: string,
  known: OptionNames['values'],
): { key: string; value: string | undefined } | undefined {
  for (const aliases of known) {
    const [key = ''] = aliases;
    for (const name of aliases) {
      if (arg === name) return { key, value: undefined };
      if (name.startsWith('--') && arg.startsWith(`${name}=`)) {
        return { key, value: arg.slice(name.length + 1) };
      }
      if (!name.startsWith('--') && !arg.startsWith('--') && arg.startsWith(name)) {
        return { key, value: arg.slice(name.length) };
      }
    }
  }
  return undefined;
}

/** The configuration that was meant; `usual` when none was named. */
export function configPlaceOf({ values }: GivenOptions, usual: string): ConfigPlace {
  const last = (name: string) => values.get(name)?.at(-1);
  const prefix = last('-p');
  return {
    file: resolve(prefix ?? '.', last('-c') ?? usual),
    prefix: prefix === undefined ? undefined : resolve(prefix),
    globals: last('-g'),
    errorLog: undefined,
  };
}
