/** `[...]` of PCRE. */
import {
  addTo,
  type ByteSet,
  byteSet,
  ESCAPED_SETS,
  foldedCase,
  inverted,
  POSIX_SETS,
} from './byte-set.ts';
import { escapedCharacter, octal } from './escapes.ts';
import { propertySet } from './properties.ts';
import { PatternProblem } from './syntax.ts';

/** What a class is, and where the source goes on behind its `]`. */
export interface ParsedClass {
  readonly set: ByteSet;
  readonly next: number;
}

/** One thing in a class: a character, which may begin a range, or a set, which may not. */
type Member = { readonly code: number } | { readonly set: ByteSet; readonly isProperty?: boolean };

class ClassReader {
  readonly #source: string;
  readonly #start: number;
  #at: number;
  #quoted = false;

  constructor(source: string, start: number) {
    this.#source = source;
    this.#start = start;
    this.#at = start + 1;
  }

  read(caseless: boolean): ParsedClass {
    const negative = this.#source[this.#at] === '^';
    if (negative) this.#at++;
    const set = new Uint8Array(256);
    this.#skipQuotes();
    // A "]" that stands first is a character.
    let first = true;
    while (first || this.#quoted || this.#source[this.#at] !== ']') {
      first = false;
      this.#readMember(set, caseless);
      this.#skipQuotes();
    }
    return { set: negative ? inverted(set) : set, next: this.#at + 1 };
  }

  #readMember(set: ByteSet, caseless: boolean): void {
    const offset = this.#at;
    const from = this.#member(caseless);
    this.#skipQuotes();
    if (!this.#atRange()) {
      addMember(set, from, caseless);
      return;
    }
    this.#at++;
    this.#skipQuotes();
    if (this.#source[this.#at] === ']' && !this.#quoted) {
      addMember(set, from, caseless);
      set[0x2d] = 1;
      return;
    }
    const to = this.#member(caseless);
    if ('set' in from || 'set' in to) {
      throw new PatternProblem('a range of a class begins or ends with a set', offset);
    }
    if (from.code > to.code) throw new PatternProblem('a range of a class runs backwards', offset);
    const range = byteSet((byte) => byte >= from.code && byte <= to.code);
    addMember(set, { set: range }, caseless);
  }

  #atRange(): boolean {
    return !this.#quoted && this.#source[this.#at] === '-';
  }

  /** \Q begins and \E ends a stretch in which everything is a character. */
  #skipQuotes(): void {
    for (;;) {
      if (this.#source.startsWith('\\E', this.#at)) this.#quoted = false;
      else if (!this.#quoted && this.#source.startsWith('\\Q', this.#at)) this.#quoted = true;
      else return;
      this.#at += 2;
    }
  }

  #member(caseless: boolean): Member {
    const char = this.#source[this.#at];
    if (char === undefined) throw new PatternProblem('a class has no ]', this.#start);
    if (!this.#quoted && char === '[') {
      const posix = this.#posix(caseless);
      if (posix !== undefined) return { set: posix };
    }
    if (!this.#quoted && char === '\\') return this.#escape();
    this.#at++;
    return { code: char.charCodeAt(0) };
  }

  #posix(caseless: boolean): ByteSet | undefined {
    const found = /^\[([:.=])(\^?)([^\]\\]*?)\1\]/.exec(this.#source.slice(this.#at));
    if (found === null) return undefined;
    const [text, mark, not, name = ''] = found;
    if (mark !== ':')
      throw new PatternProblem(`not supported: collating element ${text}`, this.#at);
    const set = POSIX_SETS.get(name);
    if (set === undefined) throw new PatternProblem(`unknown class ${text}`, this.#at);
    this.#at += text.length;
    const folded = caseless ? foldedCase(set) : set;
    return not === '' ? folded : inverted(folded);
  }

  #escape(): Member {
    const offset = this.#at;
    const letter = this.#source[offset + 1];
    if (letter === undefined) throw new PatternProblem('a backslash ends the pattern', offset);
    const set = ESCAPED_SETS.get(letter);
    if (set !== undefined) {
      this.#at += 2;
      return { set };
    }
    if (letter === 'p' || letter === 'P') {
      const property = propertySet(this.#source, offset + 1);
      this.#at = property.next;
      return { set: property.set, isProperty: true };
    }
    if (letter === 'b') {
      this.#at += 2;
      return { code: 8 };
    }
    const character = /[1-7]/.test(letter)
      ? octal(this.#source, offset + 1, 3)
      : escapedCharacter(this.#source, offset + 1);
    if (character === undefined) {
      throw new PatternProblem(`not supported: \\${letter} in a class`, offset);
    }
    this.#at = character.next;
    return character;
  }
}

/** Without case a letter is both of its cases; a property of Unicode stays what it is. */
function addMember(set: ByteSet, member: Member, caseless: boolean): void {
  const own = 'set' in member ? member.set : byteSet((byte) => byte === member.code);
  const isFolded = caseless && !('set' in member && member.isProperty === true);
  addTo(set, isFolded ? foldedCase(own) : own);
}

/**
 * Reads the class whose `[` stands at `start`.
 * @throws {PatternProblem} when it is none, or has something that is not supported
 */
export function parseClass(source: string, start: number, caseless: boolean): ParsedClass {
  return new ClassReader(source, start).read(caseless);
}
