/**
 * Where the parts of an object literal stand in a TypeScript file: `http.server[0].listen` → line and
 * column. It reads only as much of the language as it needs to step over expressions; what an
 * expression makes (a call, a spread, a name from elsewhere) has the place of the expression.
 */
import { SourceScanner } from './source-scanner.ts';

/** A step into an object or an array. */
export type Step = string | number;

/** Lines and columns count from 1. */
export interface SourcePlace {
  readonly line: number;
  readonly column: number;
}

interface Literal {
  readonly at: number;
  readonly parts: ReadonlyMap<Step, Literal>;
}

/** The places of one file. */
export class Locator {
  readonly #lineStarts: number[] = [0];
  readonly #root: Literal;

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
      this.#lineStarts.push(at + 1);
    }
    this.#root = findRoot(text);
  }

  /** The deepest part of that way that is written as such. */
  find(way: readonly Step[]): SourcePlace {
    let found = this.#root;
    for (const step of way) {
      const next = found.parts.get(step);
      if (next === undefined) break;
      found = next;
    }
    return this.#placeAt(found.at);
  }

  #placeAt(at: number): SourcePlace {
    let line = this.#lineStarts.findLastIndex((start) => start <= at);
    if (line < 0) line = 0;
    return { line: line + 1, column: at - (this.#lineStarts[line] ?? 0) + 1 };
  }
}

const NO_PARTS: ReadonlyMap<Step, Literal> = new Map();

/** The argument of `defineConfig`, or what is behind `export default`. */
function findRoot(text: string): Literal {
  const scanner = new SourceScanner(text);
  const constants = new Map<string, number>();
  let root = -1;
  for (let word = scanner.nextWord(); word !== undefined; word = scanner.nextWord()) {
    if (word.text === 'const') {
      const name = scanner.nextWord();
      const start = name === undefined ? -1 : scanner.afterEquals();
      if (name !== undefined && start >= 0) constants.set(name.text, start);
    } else if (word.text === 'default' && root < 0) root = scanner.at;
    else if (word.text === 'defineConfig' && scanner.peek() === '(') root = scanner.at + 1;
  }
  if (root < 0) return { at: 0, parts: NO_PARTS };
  return new LiteralReader(text, constants).read(root);
}

/** More than a sensible configuration has. */
const MAX_DEPTH = 48;

class LiteralReader {
  readonly #scanner: SourceScanner;
  readonly #constants: ReadonlyMap<string, number>;
  /** By offset: what was read of a constant. */
  readonly #read = new Map<number, ReadonlyMap<Step, Literal>>();
  #depth = 0;

  constructor(text: string, constants: ReadonlyMap<string, number>) {
    this.#scanner = new SourceScanner(text);
    this.#constants = constants;
  }

  /** The value at that offset. */
  read(at: number): Literal {
    this.#scanner.at = at;
    return this.#value();
  }

  /** Leaves the scanner behind the value, at a comma or a closing bracket. */
  #value(): Literal {
    const scanner = this.#scanner;
    scanner.skipBlanks();
    const at = scanner.at;
    let parts = NO_PARTS;
    if (this.#depth < MAX_DEPTH) {
      this.#depth += 1;
      parts = this.#parts();
      this.#depth -= 1;
    }
    scanner.skipExpression();
    return { at, parts };
  }

  #parts(): ReadonlyMap<Step, Literal> {
    const scanner = this.#scanner;
    const start = scanner.at;
    const char = scanner.peek();
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    // `() => ({ … })`, `async () => ({ … })` and `defineConfig({ … })`
    const opening = scanner.literalBehindArrow();
    if (opening >= 0) {
      scanner.at = opening;
      const parts = this.#parts();
      scanner.at = start;
      return parts;
    }
    const name = scanner.nameAlone();
    const constant = name === undefined ? undefined : this.#constants.get(name);
    if (constant === undefined) return NO_PARTS;
    const known = this.#read.get(constant);
    if (known !== undefined) return known;
    this.#read.set(constant, NO_PARTS); // it may name itself
    const { parts } = this.read(constant);
    this.#read.set(constant, parts);
    scanner.at = start;
    return parts;
  }

  #object(): ReadonlyMap<Step, Literal> {
    const scanner = this.#scanner;
    const parts = new Map<Step, Literal>();
    scanner.at += 1;
    for (;;) {
      scanner.skipBlanks();
      const char = scanner.peek();
      if (char === ',') scanner.at += 1;
      else if (char === '}' || char === '') break;
      else this.#property(parts);
    }
    scanner.at += 1;
    return parts;
  }

  #property(parts: Map<Step, Literal>): void {
    const scanner = this.#scanner;
    const at = scanner.at;
    const key = scanner.key();
    scanner.skipBlanks();
    if (key !== undefined && scanner.peek() === ':') {
      scanner.at += 1;
      const value = this.#value();
      parts.set(key, { at, parts: value.parts });
      return;
    }
    // A method, a short form, a spread.
    if (key !== undefined) parts.set(key, { at, parts: NO_PARTS });
    scanner.skipExpression();
    if (scanner.at === at) scanner.at += 1;
  }

  #array(): ReadonlyMap<Step, Literal> {
    const scanner = this.#scanner;
    const parts = new Map<Step, Literal>();
    scanner.at += 1;
    for (let index = 0; ; ) {
      scanner.skipBlanks();
      const char = scanner.peek();
      if (char === ',') scanner.at += 1;
      else if (char === ']' || char === '') break;
      else if (char === '.') {
        // Behind a spread nobody knows the numbers.
        while (scanner.peek() !== ']' && scanner.peek() !== '') {
          scanner.skipExpression();
          if (scanner.peek() === ',') scanner.at += 1;
          else break;
        }
        break;
      } else {
        const before = scanner.at;
        parts.set(index++, this.#value());
        if (scanner.at === before) break; // a bracket that closes nothing of ours
      }
    }
    scanner.at += 1;
    return parts;
  }
}
