/** Steps over the text of a TypeScript file: strings, templates, comments, brackets. */

const WORD = /[\p{L}\p{N}_$]+/uy;
const BLANKS = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const ARROW =
  /(?:async\s*)?(?:\([^()]*\)|[\w$]+)\s*(?::[^=]*?)?=>\s*\(?\s*|defineConfig(?:<[^>]*>)?\(\s*|\(\s*/y;
const NAME_ALONE = /([A-Za-z_$][\w$]*)\s*(?=[,}\])]|$)/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const CLOSING = '}])';
const OPENING = '{[(';
/** Behind these a "/" divides. */
const BEFORE_DIVISION = /[\w$)\]}"'`]$/;

export class SourceScanner {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character; '' at the end. */
  peek(): string {
    return this.#text.charAt(this.at);
  }

  /** Steps over blanks and comments. */
  skipBlanks(): void {
    this.#match(BLANKS);
  }

  /** The next word that is no part of a text or comment; undefined at the end. */
  nextWord(): { readonly text: string } | undefined {
    while (this.at < this.#text.length) {
      const word = this.#match(WORD);
      if (word !== undefined) return { text: word };
      this.#skipOne();
    }
    return undefined;
  }

  /** Behind the `=` of a declaration whose name was read; −1 when there is none. */
  afterEquals(): number {
    const found = /^\s*(?::[^=;]*)?=(?!=)\s*/.exec(this.#text.slice(this.at, this.at + 400));
    return found === null ? -1 : this.at + found[0].length;
  }

  /** Offset of the literal that an arrow function gives or a bracket holds; −1: none. */
  literalBehindArrow(): number {
    const start = this.at;
    while (this.#match(ARROW) !== undefined) this.skipBlanks();
    const at = this.at;
    this.at = start;
    return at > start && '{['.includes(this.#text.charAt(at)) ? at : -1;
  }

  /** A name that is the whole expression; the scanner stays. */
  nameAlone(): string | undefined {
    NAME_ALONE.lastIndex = this.at;
    return NAME_ALONE.exec(this.#text)?.[1];
  }

  /** The key of a property: a name, a number or a text; undefined for others. */
  key(): string | undefined {
    const word = this.#match(WORD);
    if (word !== undefined) return word;
    const quote = this.peek();
    if (quote !== '"' && quote !== "'") return undefined;
    const start = this.at;
    this.#skipText(quote);
    return unescape(this.#text.slice(start + 1, this.at - 1));
  }

  /** To the comma or closing bracket that ends the expression, or to the end. */
  skipExpression(): void {
    let depth = 0;
    while (this.at < this.#text.length) {
      const char = this.peek();
      if (depth === 0 && (char === ',' || char === ';' || CLOSING.includes(char))) return;
      if (OPENING.includes(char)) depth += 1;
      else if (CLOSING.includes(char)) depth -= 1;
      this.#skipOne();
    }
  }

  /** One character, or a whole text, comment or regular expression. */
  #skipOne(): void {
    const char = this.peek();
    if (char === '"' || char === "'") this.#skipText(char);
    else if (char === '`') this.#skipTemplate();
    else if (char === '/') this.#skipSlash();
    else this.at += 1;
  }

  #skipSlash(): void {
    if (this.#match(BLANKS) !== undefined) return;
    const before = this.#text.slice(Math.max(0, this.at - 40), this.at).trimEnd();
    const isDivision = BEFORE_DIVISION.test(before) && !/\b(?:return|typeof|case)$/.test(before);
    if (isDivision || this.#match(REGEX) === undefined) this.at += 1;
  }

  #skipText(quote: string): void {
    this.at += 1;
    while (this.at < this.#text.length) {
      const char = this.peek();
      this.at += char === '\\' ? 2 : 1;
      if (char === quote || char === '\n') return;
    }
  }

  #skipTemplate(): void {
    this.at += 1;
    while (this.at < this.#text.length) {
      const char = this.peek();
      if (char === '$' && this.#text.charAt(this.at + 1) === '{') {
        this.at += 2;
        for (let depth = 1; depth > 0 && this.at < this.#text.length; ) {
          const inner = this.peek();
          if (inner === '{') depth += 1;
          else if (inner === '}') depth -= 1;
          this.#skipOne();
        }
        continue;
      }
      this.at += char === '\\' ? 2 : 1;
      if (char === '`') return;
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text);
    if (found === null || found[0] === '') return undefined;
    this.at += found[0].length;
    return found[0];
  }
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}
