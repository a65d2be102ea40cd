/**
 * Nodes on their way to other processes and threads, as bytes that all threads can share: packed
 * once, and each node made anew where and when it is needed. What is included by thousands of servers
 * is packed once, and is one object again.
 */
import type { ConfigNode, Word } from '#src/schema/tree.ts';

/**
 * A node begins with one of these. Behind the first two follow, as numbers: name, file, line, column,
 * number of words, three per word (text, line, column), number of nodes in the block plus one (0: it
 * has none), and these nodes. Texts are numbers of a list. Numbers are little-endian groups of seven
 * bits, the eighth says that another group follows.
 */
const ONCE = 0;
/** Others refer to it. */
const SHARED = 1;
/** Instead of a node: the number that follows says where it is. */
const REFERENCE = 2;

const FIRST_BYTES = 64 * 1024;
/** More than a number takes. */
const NUMBER_ROOM = 8;

/** A field that is not packed would be lost. */
type NoOthers = Record<string, never>;

/** Packs nodes one behind the other. */
export class NodePacker {
  readonly #texts = new Map<string, number>();
  readonly #places = new Map<ConfigNode, number>();
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** Every text of names, words and files, once. */
  get texts(): readonly string[] {
    return [...this.#texts.keys()];
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Packs a node and gives its place. */
  add(node: ConfigNode): number {
    const place = this.#places.get(node) ?? this.#length;
    this.#add(node);
    return place;
  }

  #add(node: ConfigNode): void {
    const known = this.#places.get(node);
    if (known !== undefined) {
      this.#bytes[known] = SHARED;
      this.#number(REFERENCE);
      this.#number(known);
      return;
    }
    this.#places.set(node, this.#length);
    const { name, words, file, line, column, block, ...others } = node;
    others satisfies NoOthers;
    this.#number(ONCE);
    this.#text(name);
    this.#text(file);
    this.#number(line);
    this.#number(column);
    this.#number(words.length);
    for (const { text, line: wordLine, column: wordColumn, ...more } of words) {
      more satisfies NoOthers;
      this.#text(text);
      this.#number(wordLine);
      this.#number(wordColumn);
    }
    this.#number(block === undefined ? 0 : block.length + 1);
    for (const inner of block ?? []) this.#add(inner);
  }

  #text(text: string): void {
    const known = this.#texts.get(text) ?? this.#texts.size;
    if (known === this.#texts.size) this.#texts.set(text, known);
    this.#number(known);
  }

  #number(value: number): void {
    if (this.#length + NUMBER_ROOM > this.#bytes.length) this.#grow();
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}

/** What a packer gave; the bytes may lie in memory that threads share. */
export class PackedNodes {
  readonly #bytes: Uint8Array;
  readonly #texts: readonly string[];
  readonly #shared = new Map<number, ConfigNode>();
  #at = 0;

  constructor(bytes: Uint8Array, texts: readonly string[]) {
    this.#bytes = bytes;
    this.#texts = texts;
  }

  /** The node that was packed there; nodes that stand in several places are the same each time. */
  nodeAt(place: number): ConfigNode {
    this.#at = place;
    return this.#node();
  }

  #node(): ConfigNode {
    const place = this.#at;
    const kind = this.#number();
    if (kind === REFERENCE) return this.#referred(this.#number());
    const name = this.#text();
    const file = this.#text();
    const line = this.#number();
    const column = this.#number();
    const words: Word[] = [];
    for (let left = this.#number(); left > 0; left--) {
      words.push({ text: this.#text(), line: this.#number(), column: this.#number() });
    }
    const count = this.#number();
    const node = { name, words, file, line, column };
    const whole = count === 0 ? node : { ...node, block: this.#nodes(count - 1) };
    if (kind !== SHARED) return whole;
    // It may have been met by reference before; what was made of it now is dropped.
    const known = this.#shared.get(place) ?? whole;
    this.#shared.set(place, known);
    return known;
  }

  #nodes(count: number): ConfigNode[] {
    const nodes: ConfigNode[] = [];
    for (let left = count; left > 0; left--) nodes.push(this.#node());
    return nodes;
  }

  #referred(place: number): ConfigNode {
    const known = this.#shared.get(place);
    if (known !== undefined) return known;
    const after = this.#at;
    const node = this.nodeAt(place);
    this.#at = after;
    return node;
  }

  #text(): string {
    return this.#texts[this.#number()] ?? '';
  }

  #number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte <= 0x7f) return value;
    }
  }
}
