/** What nginx.conf and weir.config.ts are read into: plain data that crosses processes as it is. */
import { type Place, placeOf } from './problem.ts';

/** One argument of a directive, unquoted, with the place where it starts. */
export interface Word {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** One directive as written. `block` is absent for a directive that ends with `;`. */
export interface ConfigNode extends Place {
  readonly name: string;
  readonly words: readonly Word[];
  readonly block?: readonly ConfigNode[];
}

/** Where a word of `node` stands. */
export function placeOfWord(node: ConfigNode, word: Word | undefined): Place {
  if (word === undefined) return placeOf(node);
  return { file: node.file, line: word.line, column: word.column };
}
