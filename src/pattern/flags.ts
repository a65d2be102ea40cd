/** Options that a pattern may switch inside itself: `(?i)`. */
import { PatternProblem } from './syntax.ts';

export interface Flags {
  readonly caseless: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  readonly noCapture: boolean;
  readonly ungreedy: boolean;
}

const NONE: Flags = {
  caseless: false,
  multiline: false,
  dotAll: false,
  extended: false,
  noCapture: false,
  ungreedy: false,
};

const LETTERS: ReadonlyMap<string, keyof Flags> = new Map([
  ['i', 'caseless'],
  ['m', 'multiline'],
  ['s', 'dotAll'],
  ['x', 'extended'],
  ['n', 'noCapture'],
  ['U', 'ungreedy'],
]);

/**
 * The flags that letters such as `i-s` or `^m` make of those that held before.
 * @param offset of the group that has them, for problems
 */
export function parseFlags(letters: string, before: Flags | undefined, offset: number): Flags {
  const flags = { ...(before ?? NONE) };
  let value = true;
  for (const [at, letter] of [...letters].entries()) {
    const name = LETTERS.get(letter);
    if (letter === '^' && at === 0) {
      Object.assign(flags, { ...NONE, ungreedy: flags.ungreedy });
    } else if (letter === '-' && value && !letters.startsWith('^')) value = false;
    else if (name === undefined || letters.includes('xx')) {
      throw new PatternProblem(`not supported: the option (?${letters})`, offset);
    } else flags[name] = value;
  }
  return flags;
}

/** What (?x) leaves out. */
export function isSpace(char: string): boolean {
  return char !== '' && ' \t\n\v\f\r'.includes(char);
}
