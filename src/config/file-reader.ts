/** Files → one tree: the main file with everything that it includes, each file named once. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from '#src/config/syntax/parser.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import { expandPattern, isPattern } from './glob.ts';
import type { Source } from './tree.ts';

/** More is a mistake that multiplies itself: thousands of servers include a few files each. */
const MAX_FILES = 200_000;
/** Includes inside includes. */
const MAX_INCLUDE_DEPTH = 32;

/** Reads files and follows `include`. Keeps the text of each for `-T`. */
export class FileReader {
  readonly #problems: Problems;
  /** The folder of the main file: what `include` takes relative names from, as in nginx. */
  readonly #folder: string;
  readonly #sources = new Map<string, Source>();
  /** Files that were read to their end. Who includes one again gets the same nodes. */
  readonly #read = new Map<string, ConfigNode[]>();
  #fileCount = 0;

  /** What `state` takes relative names from. */
  readonly #prefix: string;

  constructor(mainFile: string, problems: Problems, prefix = dirname(mainFile)) {
    this.#folder = dirname(mainFile);
    this.#prefix = prefix;
    this.#problems = problems;
  }

  /** Every file in the order of reading, once. */
  get sources(): readonly Source[] {
    return [...this.#sources.values()];
  }

  /** A file that was read elsewhere. */
  keep(file: string, text: string): void {
    this.#sources.set(file, { file, text });
  }

  /** The nodes of a file with its includes in their place. `from` is where it was asked for. */
  readFile(file: string, from: Place, chain: readonly string[] = []): ConfigNode[] {
    if (chain.includes(file)) {
      const loop = [...chain.slice(chain.indexOf(file)), file].join(' → ');
      this.#problems.emerg(from, `include loop: ${loop}`, 'a file cannot include itself');
      return [];
    }
    if (chain.length > MAX_INCLUDE_DEPTH) {
      this.#problems.emerg(from, `includes are nested deeper than ${MAX_INCLUDE_DEPTH}`);
      return [];
    }
    if (++this.#fileCount > MAX_FILES) {
      this.#problems.emerg(from, `more than ${MAX_FILES} files are included`);
      return [];
    }
    const known = this.#read.get(file);
    if (known !== undefined) return known;
    const text = this.#textOf(file, from);
    if (text === undefined) return [];
    const nodes = this.expand(parse(text, file, this.#problems), [...chain, file]);
    this.#read.set(file, nodes);
    return nodes;
  }

  /** Puts the nodes of included files where their `include` stands. */
  expand(nodes: readonly ConfigNode[], chain: readonly string[]): ConfigNode[] {
    return nodes.flatMap((node) => {
      if (node.name === 'include') return this.#include(node, chain);
      if (node.block === undefined) return [node];
      const block = this.expand(node.block, chain);
      const states = node.name === 'upstream' ? block.filter(({ name }) => name === 'state') : [];
      const servers = states.flatMap((state) => this.#serversOf(state));
      return [{ ...node, block: servers.length === 0 ? block : [...block, ...servers] }];
    });
  }

  /** The servers in the file of a `state`; it is written when the first one comes or goes. */
  #serversOf({ block, words: [word] }: ConfigNode): readonly ConfigNode[] {
    if (word === undefined || word.text === '' || block !== undefined) return []; // reported later
    const path = resolve(this.#prefix, word.text);
    if (!existsSync(path)) return [];
    const nodes = parse(this.#textOf(path, NOWHERE) ?? '', path, this.#problems);
    for (const node of nodes) {
      if (node.name === 'server') continue;
      const message = `"${node.name}" cannot stand in a state file: it has "server" lines only`;
      this.#problems.emerg(node, message, 'Weir writes this file; leave it to the API');
    }
    return nodes.filter(({ name }) => name === 'server');
  }

  #include(node: ConfigNode, chain: readonly string[]): ConfigNode[] {
    const [word] = node.words;
    if (node.block !== undefined) {
      this.#problems.emerg(node, 'directive "include" is not terminated by ";"');
      return [];
    }
    if (word === undefined || node.words.length !== 1 || word.text === '') {
      const message = 'invalid number of arguments in "include" directive';
      this.#problems.emerg(node, message, 'it takes one file or pattern');
      return [];
    }
    const path = resolve(this.#folder, word.text);
    const files = isPattern(path) ? expandPattern(path) : [path];
    return files.flatMap((file) => this.readFile(file, placeOfWord(node, word), chain));
  }

  #textOf(file: string, from: Place): string | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      this.#reportUnreadable(file, from, error);
      return undefined;
    }
    let text = bytes.toString('utf8');
    // An editor's byte order mark is no part of the first directive.
    if (text.startsWith('\uFEFF')) text = text.slice(1);
    this.#sources.set(file, { file, text });
    this.#checkEncoding(bytes, text, file);
    return text;
  }

  /** A byte that is not UTF-8 would silently become another character: say in which line it is. */
  #checkEncoding(bytes: Buffer, text: string, file: string): void {
    if (Buffer.from(text).equals(bytes) || !text.includes('\uFFFD')) return;
    for (const [i, line] of text.split('\n').entries()) {
      const column = line.indexOf('\uFFFD') + 1;
      const comment = line.search(/(^|\s)#/);
      if (column === 0 || (comment >= 0 && comment < column)) continue;
      const advice = 'save the file as UTF-8';
      this.#problems.emerg({ file, line: i + 1, column }, 'the text is not valid UTF-8', advice);
      return;
    }
  }

  #reportUnreadable(file: string, from: Place, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = REASONS[code] ?? code;
    const message = `open() "${file}" failed (${reason})`;
    this.#problems.emerg(from, message, ADVICE[code]);
  }
}

const NOWHERE: Place = { file: '', line: 0, column: 0 };

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: '2: No such file or directory',
  EACCES: '13: Permission denied',
  EISDIR: '21: Is a directory',
  ENOTDIR: '20: Not a directory',
  ELOOP: '40: Too many levels of symbolic links',
  EMFILE: '24: Too many open files',
};

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'check the path; relative ones begin at the folder of the main file',
  EACCES: 'the user that starts Weir must be able to read it',
  EISDIR: 'name a file in it, or a pattern such as "*.conf"',
};
