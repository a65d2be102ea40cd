/**
 * Data path. `map`: from a text to the index of a result, in nginx's order: the same text, the
 * longest `*.x`, the longest `x.*`, the first regular expression, the default.
 */
import { DOT, LOWER } from '#src/bytes/ascii.ts';
import { hashOn, NOT_FOUND, TextTable } from './text-table.ts';

/** A regular expression; the compiler of src/pattern makes them. */
export interface MapPattern {
  /** The match and its captures; undefined when there is none. */
  exec(text: string): readonly (string | undefined)[] | undefined;
}

/** What became of a key. */
export type KeyOutcome = 'added' | 'conflict' | 'invalid';

/** The index for a text that no key covers. */
export const NO_RESULT = -1;

export class MapTable {
  /** Set by the look-up that found a regular expression: its match; else undefined. */
  captures: readonly (string | undefined)[] | undefined = undefined;
  readonly #exact = new TextTable();
  /** `example.org` for `*.example.org`, hashed from its end. */
  readonly #heads = new TextTable();
  /** `www.example` for `www.example.*`. */
  readonly #tails = new TextTable();
  readonly #patterns: MapPattern[] = [];
  readonly #patternResults: number[] = [];
  #ignoresLastDot = false;

  /** From now on keys may be wildcards, and a dot at the end of a text is ignored. */
  useHostnames(): void {
    this.#ignoresLastDot = true;
  }

  /** Enters a key; with `useHostnames` it may be a wildcard. */
  addKey(key: string, result: number): KeyOutcome {
    const lower = lowerCase(key);
    if (!this.#ignoresLastDot) return this.#addExact(lower, result);
    const stars = lower.split('*').length - 1;
    if (stars > 1 || lower.includes('..') || lower.includes('\0')) return 'invalid';
    if (lower.length > 1 && lower.startsWith('.')) {
      // `.x` is `x` and `*.x`: neither may be there.
      const name = lower.slice(1);
      if (this.#hasHead(name)) return 'conflict';
      const outcome = this.#addExact(name, result);
      return outcome === 'added' ? this.#addHead(name, result) : outcome;
    }
    if (lower.length > 2 && lower.startsWith('*.')) return this.#addHead(lower.slice(2), result);
    if (lower.length > 2 && lower.endsWith('.*')) return this.#addTail(lower.slice(0, -2), result);
    return stars > 0 ? 'invalid' : this.#addExact(lower, result);
  }

  /** Enters a regular expression behind those that are there. */
  addPattern(pattern: MapPattern, result: number): void {
    this.#patterns.push(pattern);
    this.#patternResults.push(result);
  }

  /** The index of the result for a text of one char per byte, or `NO_RESULT`. */
  find(text: string): number {
    this.captures = undefined;
    let end = text.length;
    if (this.#ignoresLastDot && end > 0 && text.charCodeAt(end - 1) === DOT) end--;
    let hash = 0;
    let tail = NOT_FOUND;
    const hasTails = this.#tails.size > 0;
    for (let at = 0; at < end; at++) {
      const code = text.charCodeAt(at);
      if (hasTails && code === DOT) {
        const found = this.#tails.find(text, 0, at, hash);
        if (found !== NOT_FOUND) tail = found;
      }
      hash = hashOn(hash, code);
    }
    const exact = this.#exact.find(text, 0, end, hash);
    if (exact !== NOT_FOUND) return exact;
    const head = this.#heads.size > 0 ? this.#findHead(text, end) : NOT_FOUND;
    if (head !== NOT_FOUND) return head;
    return tail === NOT_FOUND ? this.#findPattern(text, end) : tail;
  }

  /** The longest of the ends of text[0..end) that follow a dot. */
  #findHead(text: string, end: number): number {
    let hash = 0;
    let head = NOT_FOUND;
    for (let at = end - 1; at >= 0; at--) {
      const code = text.charCodeAt(at);
      if (code === DOT) {
        const found = this.#heads.find(text, at + 1, end, hash);
        if (found !== NOT_FOUND) head = found;
      }
      hash = hashOn(hash, code);
    }
    return head;
  }

  #findPattern(text: string, end: number): number {
    // nginx tries none on an empty text.
    if (end === 0 || this.#patterns.length === 0) return NO_RESULT;
    const subject = end === text.length ? text : text.slice(0, end);
    for (let i = 0; i < this.#patterns.length; i++) {
      const captures = this.#patterns[i]?.exec(subject);
      if (captures === undefined) continue;
      this.captures = captures;
      return this.#patternResults[i] as number;
    }
    return NO_RESULT;
  }

  #addExact(key: string, result: number): KeyOutcome {
    return addTo(this.#exact, key, hashForward(key), result);
  }

  #addTail(key: string, result: number): KeyOutcome {
    return addTo(this.#tails, key, hashForward(key), result);
  }

  #addHead(key: string, result: number): KeyOutcome {
    return addTo(this.#heads, key, hashBackward(key), result);
  }

  #hasHead(key: string): boolean {
    return this.#heads.find(key, 0, key.length, hashBackward(key)) !== NOT_FOUND;
  }
}

function addTo(table: TextTable, key: string, hash: number, result: number): KeyOutcome {
  if (table.find(key, 0, key.length, hash) !== NOT_FOUND) return 'conflict';
  table.add(key, hash, result);
  return 'added';
}

/** ASCII letters only: values are bytes, not characters. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (char) => String.fromCharCode(LOWER[char.charCodeAt(0)] as number));
}

function hashForward(key: string): number {
  let hash = 0;
  for (let at = 0; at < key.length; at++) hash = hashOn(hash, key.charCodeAt(at));
  return hash;
}

function hashBackward(key: string): number {
  let hash = 0;
  for (let at = key.length - 1; at >= 0; at--) hash = hashOn(hash, key.charCodeAt(at));
  return hash;
}
