/** nginx.conf text → tokens, by the rules of nginx's `ngx_conf_read_token`. */

/** A word of a directive, unquoted. */
export interface WordToken {
  readonly kind: 'word';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** `;`, `{` or `}`. */
export interface MarkToken {
  readonly kind: ';' | '{' | '}';
  readonly line: number;
  readonly column: number;
}

/** Nothing more comes. `openQuote` is where a string begins that is never closed. */
export interface EndToken {
  readonly kind: 'end';
  readonly line: number;
  readonly column: number;
  readonly openQuote: { readonly line: number; readonly column: number } | undefined;
}

/** A character that cannot follow a closing quote; the word it begins is skipped. */
export interface StrayToken {
  readonly kind: 'stray';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export type Token = WordToken | MarkToken | EndToken | StrayToken;

const BLANK = ' \t\r\n';

/** Reads one text from start to end. Never throws; after `end` it keeps returning `end`. */
export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  /** A quoted word has just ended: only a blank, `;`, `{` or `)` may follow. */
  #afterQuote = false;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    if (this.#afterQuote) {
      this.#afterQuote = false;
      const char = this.#text[this.#at];
      if (char !== undefined && !BLANK.includes(char) && !';{)'.includes(char)) {
        const place = this.#place();
        // The word it begins is skipped: it would only be a second problem.
        this.#bare(place);
        return { kind: 'stray', text: char, ...place };
      }
    }
    this.#skipBlanksAndComments();
    const place = this.#place();
    const char = this.#text[this.#at];
    if (char === undefined) return { kind: 'end', openQuote: undefined, ...place };
    if (char === ';' || char === '{' || char === '}') {
      this.#at++;
      return { kind: char, ...place };
    }
    return char === '"' || char === "'" ? this.#quoted(char, place) : this.#bare(place);
  }

  #quoted(quote: string, place: { line: number; column: number }): Token {
    this.#at++;
    const start = this.#at;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (char === quote) {
        const text = unescape(this.#text.slice(start, this.#at));
        this.#at++;
        this.#afterQuote = true;
        return { kind: 'word', text, ...place };
      }
      if (char === '\\') this.#take();
      this.#take();
    }
    return { kind: 'end', openQuote: place, ...this.#place() };
  }

  /** `${` does not open a block, so that `${name}` can stand unquoted (in nginx neither does `${{`). */
  #bare(place: { line: number; column: number }): Token {
    const start = this.#at;
    let afterDollar = false;
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? '';
      if (BLANK.includes(char) || char === ';' || (char === '{' && !afterDollar)) break;
      if (char === '\\') this.#take();
      this.#take();
      if (char !== '{') afterDollar = char === '$';
    }
    return { kind: 'word', text: unescape(this.#text.slice(start, this.#at)), ...place };
  }

  #skipBlanksAndComments(): void {
    let inComment = false;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) return;
      if (char === '\n') inComment = false;
      else if (char === '#') inComment = true;
      else if (!inComment && !BLANK.includes(char)) return;
      this.#take();
    }
  }

  /** Steps over one character, counting lines; at the end it stays and gives ''. */
  #take(): string {
    const char = this.#text[this.#at] ?? '';
    this.#at += char.length;
    if (char === '\n') {
      this.#line++;
      this.#lineStart = this.#at;
    }
    return char;
  }

  #place(): { line: number; column: number } {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}

/** nginx knows `\"`, `\'`, `\\`, `\t`, `\r` and `\n`; any other backslash stays as it is. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  t: '\t',
  r: '\r',
  n: '\n',
};

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(["'\\trn])/g, (whole, char: string) => ESCAPES[char] ?? whole);
}
