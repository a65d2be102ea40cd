// Reads a list of structured fields (RFC 9651 §4.2.1) strictly: what a client would have to.

import assert from 'node:assert/strict';

/** One member, numbers and booleans as such; tokens and strings are both text. */
export interface ReadMember {
  readonly item: string | number | boolean;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** The members; throws when it is no such list. */
export function readList(text: string | undefined): ReadMember[] {
  const reader = new Reader(text ?? '');
  const members: ReadMember[] = [];
  while (!reader.isAtEnd) {
    const item = reader.item();
    const parameters: Record<string, string | number | boolean> = {};
    while (reader.takes(/;[ ]*/y) !== undefined) {
      const key = reader.takes(/[a-z*][a-z0-9_.*-]*/y);
      assert.ok(key !== undefined, `a key in ${text}`);
      parameters[key] = reader.takes(/=/y) === undefined ? true : reader.item();
    }
    members.push({ item, parameters });
    if (!reader.isAtEnd) assert.ok(reader.takes(/[ \t]*,[ \t]*(?=.)/y), `a comma in ${text}`);
  }
  return members;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  takes(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  item(): string | number | boolean {
    const string = this.takes(/"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y);
    if (string !== undefined) return string.slice(1, -1).replace(/\\(.)/g, '$1');
    const display = this.takes(/%"(?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*"/y);
    if (display !== undefined) return decodeURIComponent(display.slice(2, -1));
    const number = this.takes(/-?\d{1,15}(?![\d.])/y);
    if (number !== undefined) return Number(number);
    const boolean = this.takes(/\?[01]/y);
    if (boolean !== undefined) return boolean === '?1';
    const token = this.takes(/[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y);
    assert.ok(token !== undefined, `an item at ${this.#at} of ${this.#text}`);
    return token;
  }
}
