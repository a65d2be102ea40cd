/** The source of a PCRE pattern as a tree, without UTF, in the C locale. */
import { choice, repeat, sequence, withoutGivingBack } from './atomic.ts';
import { bytesOf, ESCAPED_SETS, EVERYTHING, NOT_NEWLINE, singleByte } from './byte-set.ts';
import { parseClass } from './class-parser.ts';
import { escapedCharacter, octal } from './escapes.ts';
import { type Flags, isSpace, parseFlags } from './flags.ts';
import { propertySet } from './properties.ts';
import { type AssertionName, EMPTY, isNullable, type Node, PatternProblem } from './syntax.ts';
import { REFUSED_ESCAPES, refusedGroup } from './unsupported.ts';

/** A pattern that was understood. */
export interface ParsedPattern {
  readonly root: Node;
  readonly captureCount: number;
  /** The number of each named capture. */
  readonly names: ReadonlyMap<string, number>;
}

const MAX_DEPTH = 100;
const MAX_REPEAT = 65_535;

const ASSERTIONS: ReadonlyMap<string, AssertionName> = new Map([
  ['A', 'start'],
  ['G', 'start'],
  ['z', 'end'],
  ['Z', 'end-or-newline'],
  ['b', 'word-edge'],
  ['B', 'no-word-edge'],
]);

const CRLF_OR_VERTICAL: Node = {
  kind: 'choice',
  branches: [
    sequence([
      { kind: 'set', set: bytesOf('\r') },
      { kind: 'set', set: bytesOf('\n') },
    ]),
    { kind: 'set', set: bytesOf('\n\v\f\x85') },
    sequence([
      { kind: 'set', set: bytesOf('\r') },
      {
        kind: 'look',
        behind: false,
        negative: true,
        body: { kind: 'set', set: bytesOf('\n') },
        offset: 0,
      },
    ]),
  ],
};

class Parser {
  readonly #source: string;
  readonly names = new Map<string, number>();
  captureCount = 0;
  #at = 0;
  #depth = 0;
  #lookDepth = 0;
  #quoted = false;
  #flags: Flags;

  constructor(source: string, caseless: boolean) {
    this.#source = source;
    this.#flags = parseFlags(caseless ? 'i' : '', undefined, 0);
  }

  pattern(): Node {
    const root = this.#alternatives();
    if (this.#at < this.#source.length) throw new PatternProblem('a ) closes nothing', this.#at);
    return root;
  }

  /**
   * Branches up to a closing parenthesis, which stays, or the end. Flags end with them.
   * @param resets whether each branch numbers its captures from the same number on
   */
  #alternatives(resets = false): Node {
    const flags = this.#flags;
    if (++this.#depth > MAX_DEPTH) {
      throw new PatternProblem(`groups are nested deeper than ${MAX_DEPTH}`, this.#at);
    }
    const before = this.captureCount;
    const branches = [this.#branch()];
    let most = this.captureCount;
    while (this.#peek() === '|' && !this.#quoted) {
      this.#at++;
      if (resets) this.captureCount = before;
      branches.push(this.#branch());
      most = Math.max(most, this.captureCount);
    }
    this.captureCount = most;
    this.#depth--;
    this.#flags = flags;
    return choice(branches);
  }

  #branch(): Node {
    const items: Node[] = [];
    for (;;) {
      this.#skip();
      const char = this.#peek();
      if (char === '' || (!this.#quoted && (char === '|' || char === ')'))) break;
      const offset = this.#at;
      let item = this.#atom(char);
      this.#skip();
      if (this.#quantifier() !== undefined) item = this.#quantified(item, offset);
      if (item !== undefined && item !== EMPTY) items.push(item);
    }
    return items.length === 0 ? EMPTY : sequence(items);
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }

  /** Passes what means nothing: the ends of quotes, comments, and what (?x) leaves out. */
  #skip(): void {
    for (;;) {
      const char = this.#peek();
      if (this.#source.startsWith('\\E', this.#at)) {
        this.#quoted = false;
        this.#at += 2;
      } else if (this.#quoted) return;
      else if (this.#source.startsWith('\\Q', this.#at)) {
        this.#quoted = true;
        this.#at += 2;
      } else if (this.#source.startsWith('(?#', this.#at)) this.#skipTo(')', '(?# has no )');
      else if (this.#flags.extended && isSpace(char)) this.#at++;
      else if (this.#flags.extended && char === '#') this.#skipTo('\n', undefined);
      else return;
    }
  }

  #skipTo(end: string, problem: string | undefined): void {
    const found = this.#source.indexOf(end, this.#at);
    if (found < 0 && problem !== undefined) throw new PatternProblem(problem, this.#at);
    this.#at = found < 0 ? this.#source.length : found + 1;
  }

  /** One item. Flags alone are none. */
  #atom(char: string): Node | undefined {
    if (this.#quoted) {
      this.#at++;
      return this.#character(char.charCodeAt(0));
    }
    switch (char) {
      case '(':
        return this.#group();
      case '[': {
        const parsed = parseClass(this.#source, this.#at, this.#flags.caseless);
        this.#at = parsed.next;
        return { kind: 'set', set: parsed.set };
      }
      case '\\':
        return this.#source[this.#at + 1] === 'K' ? this.#newStart() : this.#escape();
      case '.':
        this.#at++;
        return { kind: 'set', set: this.#flags.dotAll ? EVERYTHING : NOT_NEWLINE };
      case '^':
        this.#at++;
        return { kind: 'assertion', name: this.#flags.multiline ? 'line-start' : 'start' };
      case '$':
        this.#at++;
        return { kind: 'assertion', name: this.#flags.multiline ? 'line-end' : 'end-or-newline' };
      default:
        if (this.#quantifier() !== undefined) {
          throw new PatternProblem(`${char} repeats nothing`, this.#at);
        }
        this.#at++;
        return this.#character(char.charCodeAt(0));
    }
  }

  #character(code: number): Node {
    if (code > 255) throw new PatternProblem('a character is more than a byte', this.#at - 1);
    return { kind: 'set', set: singleByte(code, this.#flags.caseless) };
  }

  #escape(): Node {
    const offset = this.#at;
    const letter = this.#source[offset + 1];
    if (letter === undefined) throw new PatternProblem('a backslash ends the pattern', offset);
    const refused = REFUSED_ESCAPES.get(letter);
    const isNewlineSet = letter === 'N' && this.#source[offset + 2] !== '{';
    if (refused !== undefined && !isNewlineSet) {
      throw new PatternProblem(`not supported: ${refused}`, offset);
    }
    if (letter === 'p' || letter === 'P') {
      const { set, next } = propertySet(this.#source, offset + 1);
      this.#at = next;
      return { kind: 'set', set };
    }
    this.#at += 2;
    const name = ASSERTIONS.get(letter);
    if (name !== undefined) return { kind: 'assertion', name };
    const set = ESCAPED_SETS.get(letter);
    if (set !== undefined) return { kind: 'set', set };
    if (letter === 'N') return { kind: 'set', set: NOT_NEWLINE };
    if (letter === 'C') return { kind: 'set', set: EVERYTHING };
    if (letter === 'R') return CRLF_OR_VERTICAL;
    const character = /[1-9]/.test(letter)
      ? this.#octalOrReference(offset)
      : escapedCharacter(this.#source, offset + 1);
    if (character === undefined) throw new PatternProblem(`\\${letter} means nothing`, offset);
    this.#at = character.next;
    return this.#character(character.code);
  }

  /** \K sets where `$&` begins, which nginx has no variable for: so it means nothing here. */
  #newStart(): undefined {
    if (this.#lookDepth > 0) throw new PatternProblem('\\K stands in a lookaround', this.#at);
    this.#at += 2;
  }

  #octalOrReference(offset: number): { code: number; next: number } {
    const digits = /^\d+/.exec(this.#source.slice(offset + 1))?.[0] ?? '';
    const number = Number(digits);
    if (number < 10 || number <= this.captureCount || /^[89]/.test(digits)) {
      throw new PatternProblem(`not supported: back reference \\${digits}`, offset);
    }
    return octal(this.#source, offset + 1, 3);
  }

  #group(): Node | undefined {
    const offset = this.#at;
    const refused = refusedGroup(this.#source.slice(offset));
    if (refused !== undefined) throw new PatternProblem(`not supported: ${refused}`, offset);
    const rest = this.#source.slice(offset);
    if (!rest.startsWith('(?')) {
      this.#at++;
      return this.#flags.noCapture ? this.#body(offset) : this.#capture(offset);
    }
    const name = /^\(\?(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/.exec(rest);
    if (name !== null) {
      this.#at += name[0].length;
      return this.#capture(offset, name[1] ?? name[2]);
    }
    const look = /^\(\?(<?)([=!])/.exec(rest);
    if (look !== null) {
      this.#at += look[0].length;
      this.#lookDepth++;
      const body = this.#body(offset);
      this.#lookDepth--;
      return { kind: 'look', behind: look[1] === '<', negative: look[2] === '!', body, offset };
    }
    if (rest.startsWith('(?|')) {
      this.#at += 3;
      return this.#body(offset, true);
    }
    if (rest.startsWith('(?>')) {
      this.#at += 3;
      return withoutGivingBack(this.#body(offset), 'an atomic group (?>…)', offset);
    }
    return this.#flagGroup(rest, offset);
  }

  /** `(?i)` sets flags up to the end of the group around it, `(?i:…)` for its own body. */
  #flagGroup(rest: string, offset: number): Node | undefined {
    const found = /^\(\?([\^A-Za-z-]*)([:)])/.exec(rest);
    if (found === null) throw new PatternProblem('( is followed by an unknown ?…', offset);
    const outer = this.#flags;
    this.#flags = parseFlags(found[1] ?? '', outer, offset);
    this.#at += found[0].length;
    if (found[2] === ')') return undefined;
    const body = this.#body(offset);
    this.#flags = outer;
    return body;
  }

  #capture(offset: number, name?: string): Node {
    const index = ++this.captureCount;
    if (name !== undefined) {
      const known = this.names.get(name) ?? index;
      if (known !== index) throw new PatternProblem(`two captures are named ${name}`, offset);
      this.names.set(name, index);
    }
    return { kind: 'capture', index, body: this.#body(offset) };
  }

  #body(offset: number, resets = false): Node {
    const body = this.#alternatives(resets);
    if (this.#peek() !== ')') throw new PatternProblem('a ( is not closed', offset);
    this.#at++;
    return body;
  }

  /** The quantifier that stands here, without passing it: its text, least and most. */
  #quantifier(): readonly [text: string, min: number, max: number] | undefined {
    if (this.#quoted) return undefined;
    switch (this.#peek()) {
      case '*':
        return ['*', 0, Number.POSITIVE_INFINITY];
      case '+':
        return ['+', 1, Number.POSITIVE_INFINITY];
      case '?':
        return ['?', 0, 1];
      case '{': {
        const found = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at, this.#at + 32));
        const [text, least, comma, most] = found ?? [];
        if (text === undefined || (comma === '' && most !== '')) return undefined;
        const min = Number(least);
        const unlimited = most === '' ? Number.POSITIVE_INFINITY : Number(most);
        return [text, min, comma === '' ? min : unlimited];
      }
      default:
        return undefined;
    }
  }

  #quantified(item: Node | undefined, itemOffset: number): Node {
    const offset = this.#at;
    const [text, min, max] = this.#quantifier() ?? ['', 1, 1];
    if (item === undefined) throw new PatternProblem(`${text} repeats nothing`, offset);
    if (item.kind === 'assertion' || item.kind === 'look') {
      throw new PatternProblem(`not supported: ${text} behind a condition`, offset);
    }
    if (min > max) throw new PatternProblem(`${text} runs backwards`, offset);
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY)) {
      throw new PatternProblem(`${text}: a repetition is at most ${MAX_REPEAT}`, offset);
    }
    this.#at += text.length;
    const suffix = this.#peek();
    if (suffix === '+' || suffix === '?') this.#at++;
    const greedy = (suffix === '?') === this.#flags.ungreedy || suffix === '+';
    const node = repeated(item, min, max, greedy, itemOffset);
    if (suffix !== '+') return node;
    return withoutGivingBack(node, `the possessive ${text}+`, offset);
  }
}

/** An optional item that may be empty is a choice: PCRE lets it match nothing, RegExp does not. */
function repeated(body: Node, min: number, max: number, greedy: boolean, offset: number): Node {
  if (min === 0 && max === 1 && isNullable(body)) {
    return { kind: 'choice', branches: greedy ? [body, EMPTY] : [EMPTY, body] };
  }
  return repeat({ body, min, max, greedy, offset });
}

/**
 * Reads a pattern.
 * @param source one character per byte
 * @throws {PatternProblem} what is wrong or not supported, and where
 */
export function parsePattern(source: string, caseless: boolean): ParsedPattern {
  const parser = new Parser(source, caseless);
  const root = parser.pattern();
  return { root, captureCount: parser.captureCount, names: parser.names };
}
