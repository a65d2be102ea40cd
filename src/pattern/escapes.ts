/** What stands behind a backslash when it means one character. */
import { PatternProblem } from './syntax.ts';

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
]);

/** A character by escape: its code, and where the source goes on. */
export interface EscapedCharacter {
  readonly code: number;
  readonly next: number;
}

/**
 * Reads the escape whose letter stands at `at` (behind the backslash), if it means one character.
 * Decimal digits other than a leading 0 are the caller's, since they may be references.
 */
export function escapedCharacter(source: string, at: number): EscapedCharacter | undefined {
  const letter = source[at] ?? '';
  const control = CONTROLS.get(letter);
  if (control !== undefined) return { code: control, next: at + 1 };
  if (letter === 'x') return hexadecimal(source, at);
  if (letter === '0') return octal(source, at, 3);
  if (letter === 'o') return bracedOctal(source, at);
  if (letter === 'c') return controlCharacter(source, at);
  if (/[^0-9A-Za-z]/.test(letter)) return { code: letter.charCodeAt(0), next: at + 1 };
  return undefined;
}

/** Up to `digits` octal digits, which the caller knows to begin at `at`. */
export function octal(source: string, at: number, digits: number): EscapedCharacter {
  const text = /^[0-7]*/.exec(source.slice(at, at + digits))?.[0] ?? '';
  return checked(Number.parseInt(text, 8), at + text.length, at);
}

function hexadecimal(source: string, at: number): EscapedCharacter {
  if (source[at + 1] === '{') {
    const digits = /^[0-9A-Fa-f]+(?=\})/.exec(source.slice(at + 2))?.[0];
    if (digits === undefined) throw new PatternProblem('\\x{ wants hexadecimal digits and }', at);
    return checked(Number.parseInt(digits, 16), at + 3 + digits.length, at);
  }
  const digits = /^[0-9A-Fa-f]{0,2}/.exec(source.slice(at + 1))?.[0] ?? '';
  return { code: digits === '' ? 0 : Number.parseInt(digits, 16), next: at + 1 + digits.length };
}

function bracedOctal(source: string, at: number): EscapedCharacter {
  const digits = /^\{([0-7]+)\}/.exec(source.slice(at + 1))?.[1];
  if (digits === undefined) throw new PatternProblem('\\o wants octal digits in braces', at);
  return checked(Number.parseInt(digits, 8), at + 3 + digits.length, at);
}

function controlCharacter(source: string, at: number): EscapedCharacter {
  const code = source.charCodeAt(at + 1);
  if (!(code >= 0x20 && code <= 0x7e)) {
    throw new PatternProblem('\\c wants a printable ASCII character', at);
  }
  const upper = code >= 0x61 && code <= 0x7a ? code - 0x20 : code;
  return { code: upper ^ 0x40, next: at + 2 };
}

function checked(code: number, next: number, at: number): EscapedCharacter {
  if (code > 255) {
    throw new PatternProblem('not supported: a character beyond \\xff (text is bytes)', at);
  }
  return { code, next };
}
