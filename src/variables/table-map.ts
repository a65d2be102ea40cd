/** The block of `map`. Runs at load. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord } from '#src/schema/arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern, ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import type { Place } from '#src/schema/problem.ts';
import type { Word } from '#src/schema/tree.ts';
import { MapTable } from '#src/tables/map-table.ts';
import { bytesOf, parseVariableName, type TableLine, tableLines } from './table-lines.ts';
import { type MapParts, mapReader, type TableVariable } from './table-variables.ts';
import type { VariableReader } from './variable.ts';

/** Reads a `map` block; undefined after reporting what is wrong with it. */
export function parseMap(words: readonly Word[], context: ParseContext): TableVariable | undefined {
  const [sourceWord, nameWord] = words;
  const name = parseVariableName(nameWord, context);
  const source = sourceWord && compileWord<Exchange>(sourceWord, context);
  const block = new MapBlock(context);
  block.read();
  if (name === undefined || source === undefined || !block.isGood) return undefined;
  const { fallback, patterns, results, table, isVolatile } = block;
  const { onMapEntry } = context.tools;
  const parts = { source, table, results, patterns, fallback };
  return {
    name,
    read: onMapEntry === undefined ? mapReader(parts) : watchedMap(parts, block, onMapEntry),
    isVolatile,
    isOfConnection:
      source.isOfConnection &&
      (fallback?.isOfConnection ?? true) &&
      results.every(({ isOfConnection }) => isOfConnection),
  };
}

/** A reader that tells which line has given its value. */
function watchedMap(
  parts: MapParts,
  { fallbackPlace, places }: MapBlock,
  onMapEntry: (place: Place) => void,
): VariableReader {
  const told = (at: Place, result: ComplexValue<Exchange>): ComplexValue<Exchange> => ({
    constant: undefined,
    isOfConnection: result.isOfConnection,
    evaluate: (exchange) => {
      onMapEntry(at);
      return result.constant ?? result.evaluate(exchange);
    },
  });
  const { fallback, results } = parts;
  return mapReader({
    ...parts,
    results: results.map((result, index) => told(places[index] as Place, result)),
    fallback: fallback && fallbackPlace && told(fallbackPlace, fallback),
  });
}

class MapBlock {
  readonly table = new MapTable();
  readonly results: ComplexValue<Exchange>[] = [];
  readonly patterns: (CapturingPattern<Exchange> | undefined)[] = [];
  fallback: ComplexValue<Exchange> | undefined;
  /** Of each result the line, as long as somebody wants to know which one it was. */
  readonly places: Place[] = [];
  fallbackPlace: Place | undefined;
  isVolatile = false;
  isGood = true;
  readonly #context: ParseContext;
  /** The text of a result → its index, for keys: a base of many lines has few results. */
  readonly #indexes = new Map<string, number>();

  constructor(context: ParseContext) {
    this.#context = context;
  }

  read(): void {
    for (const line of tableLines(this.#context, ['hostnames', 'volatile'], (flag) => {
      if (flag === 'volatile') this.isVolatile = true;
      else this.table.useHostnames();
    })) {
      if (line.key === 'default') this.#addDefault(line);
      else if (line.key.startsWith('~')) this.#addPattern(line);
      else this.#addKey(line);
    }
  }

  #addDefault({ node, value }: TableLine): void {
    if (this.fallback !== undefined) this.#refuse(node, 'duplicate default map parameter');
    this.fallback = this.#compile(node, value);
    this.fallbackPlace = node;
  }

  #addPattern({ node, key, value }: TableLine): void {
    const caseless = key.startsWith('~*');
    const word: Word = { text: key, line: node.line, column: node.column };
    const compile = this.#context.tools.compilePattern;
    const pattern =
      compile === undefined
        ? reportNotBuilt('a regular expression in "map"', word, { ...this.#context, node })
        : compile(key.slice(caseless ? 2 : 1), caseless, node, this.#context.problems);
    // After the pattern: the result may use its captures.
    const result = this.#compile(node, value);
    if (pattern === undefined) this.isGood = false;
    if (pattern === undefined || result === undefined) return;
    // The one compiler of the program makes patterns for the one kind of subject, an exchange.
    const kept = pattern as CapturingPattern<Exchange>;
    this.table.addPattern(kept, this.results.push(result) - 1);
    this.patterns[this.results.length - 1] = kept;
    this.places[this.results.length - 1] = node;
  }

  #addKey({ node, key, value }: TableLine): void {
    const isWatched = this.#context.tools.onMapEntry !== undefined;
    const known = isWatched ? undefined : this.#indexes.get(value.text);
    const index = known ?? this.results.length;
    if (known === undefined) {
      const result = this.#compile(node, value);
      if (result === undefined) return;
      this.#indexes.set(value.text, this.results.push(result) - 1);
      this.places[index] = node;
    }
    // `\default` and `\~` are texts that would mean something else.
    const text = key.startsWith('\\') ? key.slice(1) : key;
    const outcome = this.table.addKey(bytesOf(text), index);
    if (outcome === 'conflict') this.#refuse(node, `conflicting parameter "${text}"`);
    if (outcome === 'invalid') this.#refuse(node, `invalid hostname or wildcard "${text}"`);
  }

  #compile(node: TableLine['node'], value: Word): ComplexValue<Exchange> | undefined {
    const result = compileWord<Exchange>(value, { ...this.#context, node });
    if (result === undefined) this.isGood = false;
    return result;
  }

  #refuse(node: TableLine['node'], message: string): void {
    this.#context.problems.emerg(node, message);
    this.isGood = false;
  }
}
