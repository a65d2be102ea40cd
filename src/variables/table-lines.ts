/** What the blocks of `map`, `geo` and `split_clients` have in common: a name, lines, values. */
import type { ParseContext } from '#src/schema/directive.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { type ConfigNode, placeOfWord, type Word } from '#src/schema/tree.ts';

/** The name that a block defines, lower case and without `$`; undefined after reporting why not. */
export function parseVariableName(
  word: Word | undefined,
  context: ParseContext,
): string | undefined {
  const name = variableNameOf(word);
  if (name !== undefined || word === undefined) return name;
  const advice = 'it begins with "$" and goes on with letters, digits or "_"';
  const place = placeOfWord(context.node, word);
  context.problems.emerg(place, `invalid variable name "${word.text}"`, advice);
  return undefined;
}

/** As `parseVariableName`, without a report. */
export function variableNameOf(word: Word | undefined): string | undefined {
  return /^\$(\w+)$/.exec(word?.text ?? '')?.[1]?.toLowerCase();
}

/** One line: its key and its value. */
export interface TableLine {
  readonly node: ConfigNode;
  readonly key: string;
  readonly value: Word;
}

/**
 * Goes through the lines of the block: calls `onFlag` with those of one word, and gives those of
 * two. `onFlag` says whether it knows the word. Others are reported as nginx does.
 */
export function* tableLines(
  context: ParseContext,
  flags: readonly string[],
  onFlag: (flag: string, node: ConfigNode) => void,
): Generator<TableLine> {
  const what = context.node.name;
  for (const node of context.node.block ?? []) {
    const { name, words } = node;
    const [value] = words;
    if (node.block !== undefined) {
      context.problems.emerg(node, 'unexpected "{"', `there are no blocks in "${what}"`);
    } else if (value === undefined && flags.includes(name)) {
      onFlag(name, node);
    } else if (value === undefined || words.length > 1) {
      const near = value === undefined ? didYouMean(name, flags) : undefined;
      const advice = near ?? (words.length > 1 ? 'quote what has spaces; end lines with ";"' : '');
      const message = `invalid number of the ${what} parameters`;
      context.problems.emerg(
        node,
        message,
        advice === '' ? 'a line has a key and a value' : advice,
      );
    } else {
      yield { node, key: name, value };
    }
  }
}

/** Text of the file as it is at run time: one char per byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Values by index, each once. */
export class ValueList {
  readonly #indexes = new Map<string, number>();
  readonly #values: string[] = [];

  get values(): readonly string[] {
    return this.#values;
  }

  /** The index of a value, which is taken literally. */
  indexOf(text: string): number {
    const known = this.#indexes.get(text);
    if (known !== undefined) return known;
    this.#indexes.set(text, this.#values.length);
    return this.#values.push(bytesOf(text)) - 1;
  }
}
