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
const SEMICOLON = 0x3b;
const NEWLINE = 0x0a;
const HASH = 0x23;
const DOLLAR = 0x24;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

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
    const text = this.#text;
    const start = this.#at;
    let at = start;
    let afterDollar = false;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > OPEN_BRACE) afterDollar = false;
      else if (isBlank(code) || code === SEMICOLON) break;
      else if (code === OPEN_BRACE) {
        if (!afterDollar) break;
      } else if (code === BACKSLASH) {
        // A line break can be behind it, so it is stepped over with its count.
        this.#at = at + 1;
        if (this.#at < text.length) this.#take();
        at = this.#at - 1;
        afterDollar = false;
      } else afterDollar = code === DOLLAR;
    }
    this.#at = at;
    return { kind: 'word', text: unescape(text.slice(start, at)), ...place };
  }

  #skipBlanksAndComments(): void {
    const text = this.#text;
    let at = this.#at;
    let inComment = false;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) {
        inComment = false;
        this.#line++;
        this.#lineStart = at + 1;
      } else if (code === HASH) inComment = true;
      else if (!inComment && !isBlank(code)) break;
    }
    this.#at = at;
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
