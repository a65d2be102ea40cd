/** Tokens → the tree of one file. Goes on after a mistake, so that one run tells all of them. */
import type { Place, Problems } from '#src/schema/problem.ts';
import type { ConfigNode, Word } from '#src/schema/tree.ts';
import { type EndToken, Lexer, type MarkToken, type WordToken } from './lexer.ts';

/** Deeper than any sensible configuration; keeps what walks the tree from running out of stack. */
export const MAX_BLOCK_DEPTH = 32;

/** A block being read: the directive that opened it and what it holds so far. */
interface OpenBlock {
  /** Undefined for the file itself. */
  readonly opener: readonly [WordToken, ...WordToken[]] | undefined;
  readonly nodes: ConfigNode[];
}

/** Reads the text of one file. Includes stay as they are; `file` is only named in places. */
export function parse(text: string, file: string, problems: Problems): ConfigNode[] {
  return new Parser(text, file, problems).run();
}

class Parser {
  readonly #lexer: Lexer;
  readonly #file: string;
  readonly #problems: Problems;
  readonly #open: OpenBlock[] = [];
  #block: OpenBlock = { opener: undefined, nodes: [] };
  #words: WordToken[] = [];
  /** How many `{` were refused, so that their `}` are not taken for others'. */
  #skippedBlocks = 0;

  constructor(text: string, file: string, problems: Problems) {
    this.#lexer = new Lexer(text);
    this.#file = file;
    this.#problems = problems;
  }

  run(): ConfigNode[] {
    for (;;) {
      const token = this.#lexer.next();
      if (token.kind === 'end') {
        this.#endFile(token);
        return this.#block.nodes;
      }
      if (token.kind === 'word') {
        this.#words.push(token);
      } else if (token.kind === 'stray') {
        const advice = 'a space or ";" is missing after the closing quote';
        this.#problems.emerg(this.#at(token), `unexpected "${token.text}"`, advice);
      } else {
        this.#onMark(token);
      }
    }
  }

  #onMark(mark: MarkToken): void {
    if (mark.kind === ';') this.#endDirective(mark);
    else if (mark.kind === '{') this.#openBlock(mark);
    else this.#closeBlock(mark);
  }

  #endDirective(mark: MarkToken): void {
    const [name, ...words] = this.#words;
    this.#words = [];
    if (name === undefined) {
      this.#problems.emerg(this.#at(mark), 'unexpected ";"');
    } else {
      this.#block.nodes.push(this.#node(name, words));
    }
  }

  #openBlock(mark: MarkToken): void {
    const [name, ...words] = this.#words;
    this.#words = [];
    if (name === undefined) {
      const advice = 'a block begins with the name of its directive';
      this.#problems.emerg(this.#at(mark), 'unexpected "{"', advice);
      this.#skippedBlocks++;
    } else if (this.#open.length >= MAX_BLOCK_DEPTH) {
      this.#problems.emerg(this.#at(name), `blocks are nested deeper than ${MAX_BLOCK_DEPTH}`);
      this.#skippedBlocks++;
    } else {
      this.#open.push(this.#block);
      this.#block = { opener: [name, ...words], nodes: [] };
    }
  }

  #closeBlock(mark: MarkToken): void {
    if (this.#words.length > 0) {
      // The directive before `}` has no `;`: take it as ended, say so, and close the block.
      const last = this.#words.at(-1);
      const advice = `a ";" is missing after "${last?.text}"${lineOf(last, mark)}`;
      this.#problems.emerg(this.#at(mark), 'unexpected "}"', advice);
      this.#endDirective(mark);
    }
    const outer = this.#open.pop();
    if (outer !== undefined) {
      this.#leaveBlock(outer);
    } else if (this.#skippedBlocks > 0) {
      this.#skippedBlocks--;
    } else {
      const advice = 'no block is open here';
      this.#problems.emerg(this.#at(mark), 'unexpected "}"', advice);
    }
  }

  #leaveBlock(outer: OpenBlock): void {
    const { opener, nodes } = this.#block;
    this.#block = outer;
    if (opener === undefined) return;
    const [name, ...words] = opener;
    outer.nodes.push({ ...this.#node(name, words), block: nodes });
  }

  #endFile(end: EndToken): void {
    if (end.openQuote !== undefined) {
      const message = 'unexpected end of file: the string that begins here has no closing quote';
      this.#problems.emerg(this.#at(end.openQuote), message);
    } else if (this.#words.length > 0) {
      const last = this.#words.at(-1);
      const advice = `"${last?.text}"${lineOf(last, end)} is not followed by either`;
      const message = 'unexpected end of file, expecting ";" or "}"';
      this.#problems.emerg(this.#at(end), message, advice);
    } else if (this.#block.opener !== undefined) {
      const [name] = this.#block.opener;
      const advice = `the block "${name.text}" that begins in line ${name.line} has none`;
      this.#problems.emerg(this.#at(end), 'unexpected end of file, expecting "}"', advice);
    }
    // What was not finished is left out: half a directive would only earn a second problem.
    for (let outer = this.#open.pop(); outer !== undefined; outer = this.#open.pop()) {
      this.#leaveBlock(outer);
    }
  }

  #node(name: WordToken, words: readonly WordToken[]): ConfigNode {
    const { text, line, column } = name;
    return { name: text, words: words.map(toWord), file: this.#file, line, column };
  }

  #at(position: Position): Place {
    return { file: this.#file, line: position.line, column: position.column };
  }
}

interface Position {
  readonly line: number;
  readonly column: number;
}

function toWord({ text, line, column }: WordToken): Word {
  return { text, line, column };
}

/** ` in line 7`, when that is not the line the message is about anyway. */
function lineOf(word: WordToken | undefined, message: Position): string {
  return word === undefined || word.line === message.line ? '' : ` in line ${word.line}`;
}
