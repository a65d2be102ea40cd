/** The kinds of argument: each checks its words, says what is wrong, and yields a typed value. */
import { formatSize, formatTime, parseSize, parseTime } from '#src/base/units.ts';
import type { ComplexValue } from './complex-value.ts';
import type { Accepts, Argument, ArgumentWithDefault, ParseContext } from './directive.ts';
import { didYouMean } from './suggestion.ts';
import { placeOfWord, type Word } from './tree.ts';

/** The argument type that belongs to options: with a `default` the value is never undefined. */
export type ArgumentFor<O, T> = O extends { readonly default: string | readonly string[] }
  ? ArgumentWithDefault<T>
  : Argument<T>;

/** Options of arguments that have nothing but a default. */
export interface DefaultOption {
  readonly default?: string;
}

/** Options of numbers. */
export interface IntegerOptions extends DefaultOption {
  readonly min?: number;
  readonly max?: number;
}

/** Options of times and sizes; the limits are written with units, as an operator would. */
export interface QuantityOptions extends DefaultOption {
  readonly min?: string;
  readonly max?: string;
}

/** Parses one word; undefined after reporting why it cannot. */
type WordParser<T> = (word: Word, context: ParseContext) => T | undefined;

function single<T, const O extends DefaultOption>(
  usage: string,
  options: O,
  parse: WordParser<T>,
  accepts: Accepts = 'text',
): ArgumentFor<O, T> {
  const argument: Argument<T> = {
    usage,
    accepts,
    minWords: 1,
    maxWords: 1,
    default: options.default === undefined ? undefined : [options.default],
    parse: ([word], context) => (word === undefined ? undefined : parse(word, context)),
  };
  // `default` is set exactly when O has it, which is what ArgumentFor says.
  return argument as ArgumentFor<O, T>;
}

/** Reports `invalid KIND "text" in "name" directive` at the word. */
export function reportInvalid(
  context: ParseContext,
  word: Word,
  kind: string,
  suggestion?: string,
): undefined {
  const message = `invalid ${kind} "${word.text}" in "${context.node.name}" directive`;
  context.problems.emerg(placeOfWord(context.node, word), message, suggestion);
  return undefined;
}

/** `on` or `off`. */
export function flag<const O extends DefaultOption>(options: O): ArgumentFor<O, boolean> {
  return single<boolean, O>(
    'on | off',
    options,
    (word, context) => {
      const text = word.text.toLowerCase();
      if (text === 'on') return true;
      if (text === 'off') return false;
      return reportInvalid(context, word, 'value', 'it must be "on" or "off"');
    },
    'flag',
  );
}

/** A whole number, zero or more. */
export function integer<const O extends IntegerOptions>(options: O): ArgumentFor<O, number> {
  return single<number, O>(
    'number',
    options,
    (word, context) => {
      return parseInteger(word, context, options);
    },
    'number',
  );
}

/** Reads a whole number within limits, reporting what is wrong with it. */
export function parseInteger(
  word: Word,
  context: ParseContext,
  limits: IntegerOptions,
): number | undefined {
  const value = /^\d{1,15}$/.test(word.text) ? Number(word.text) : undefined;
  if (value === undefined) return reportInvalid(context, word, 'number');
  const advice = outside(value, limits.min, limits.max, String);
  return advice === undefined ? value : reportInvalid(context, word, 'number', advice);
}

/** A duration in nginx's units; yields milliseconds. */
export function time<const O extends QuantityOptions>(options: O): ArgumentFor<O, number> {
  return single<number, O>(
    'time',
    options,
    (word, context) => parseTimeWord(word, context, options),
    'time',
  );
}

/** Reads a duration in milliseconds within limits, reporting what is wrong with it. */
export function parseTimeWord(
  word: Word,
  context: ParseContext,
  limits: QuantityOptions = {},
): number | undefined {
  const ms = parseTime(word.text);
  if (ms === undefined) {
    return reportInvalid(
      context,
      word,
      'time',
      'write a number with ms, s, m, h or d, as in "30s"',
    );
  }
  const advice = outside(
    ms,
    limitOf(limits.min, parseTime),
    limitOf(limits.max, parseTime),
    formatTime,
  );
  return advice === undefined ? ms : reportInvalid(context, word, 'time', advice);
}

/** An amount of memory in nginx's units; yields bytes. */
export function size<const O extends QuantityOptions>(options: O): ArgumentFor<O, number> {
  return single<number, O>(
    'size',
    options,
    (word, context) => parseSizeWord(word, context, options),
    'size',
  );
}

/** Reads a number of bytes within limits, reporting what is wrong with it. */
export function parseSizeWord(
  word: Word,
  context: ParseContext,
  limits: QuantityOptions = {},
): number | undefined {
  const bytes = parseSize(word.text);
  if (bytes === undefined) {
    return reportInvalid(context, word, 'size', 'write a number of bytes, or with k, m or g');
  }
  const advice = outside(
    bytes,
    limitOf(limits.min, parseSize),
    limitOf(limits.max, parseSize),
    formatSize,
  );
  return advice === undefined ? bytes : reportInvalid(context, word, 'size', advice);
}

function limitOf(
  text: string | undefined,
  parse: (text: string) => number | undefined,
): number | undefined {
  return text === undefined ? undefined : parse(text);
}

/** What to say about a value outside its limits; undefined inside them. */
function outside(
  value: number,
  min: number | undefined,
  max: number | undefined,
  format: (value: number) => string,
): string | undefined {
  if (min !== undefined && value < min) return `it must be at least ${format(min)}`;
  if (max !== undefined && value > max) return `it must be at most ${format(max)}`;
  return undefined;
}

/** One of a few words. */
export function oneOf<const W extends readonly string[], const O extends DefaultOption>(
  words: W,
  options: O,
): ArgumentFor<O, W[number]> {
  return single<W[number], O>(
    words.join(' | '),
    options,
    (word, context) => {
      const found = words.find((candidate) => candidate === word.text);
      if (found !== undefined) return found;
      const advice = didYouMean(word.text, words) ?? `it must be one of ${words.join(', ')}`;
      return reportInvalid(context, word, 'value', advice);
    },
    words,
  );
}

/** Any text, taken as it is. */
export function text<const O extends DefaultOption & { readonly usage?: string }>(
  options: O,
): ArgumentFor<O, string> {
  return single<string, O>(options.usage ?? 'string', options, (word) => word.text);
}

/** A file; a relative path is taken from the prefix (`-p`). Yields an absolute path. */
export function path<const O extends DefaultOption>(options: O): ArgumentFor<O, string> {
  return single<string, O>('file', options, (word, context) => {
    if (word.text === '') return reportInvalid(context, word, 'path');
    return context.tools.resolvePath(word.text);
  });
}

/** Text with `$names`; `S` is what they are taken from. */
export function complexValue<S>(): Argument<ComplexValue<S>> {
  return single<ComplexValue<S>, DefaultOption>('string', {}, compileWord<S>);
}

/** Compiles one word as text with `$names`, reporting an unknown name. */
export function compileWord<S>(word: Word, context: ParseContext): ComplexValue<S> | undefined {
  const { node, problems, tools } = context;
  const value = tools.compileComplex(word.text, placeOfWord(node, word), problems);
  // The one compiler given to a tree compiles for the one S of the program: an exchange.
  return value as ComplexValue<S> | undefined;
}

/** A fixed row of single-word arguments, such as `name value`. */
export function tuple<const A extends readonly Argument<unknown>[]>(
  ...elements: A
): Argument<{ readonly [I in keyof A]: A[I] extends Argument<infer T> ? T : never }> {
  type Row = { readonly [I in keyof A]: A[I] extends Argument<infer T> ? T : never };
  return {
    usage: elements.map((element) => element.usage).join(' '),
    minWords: elements.length,
    maxWords: elements.length,
    default: undefined,
    parse(words, context) {
      const values = elements.map((element, i) => element.parse(words.slice(i, i + 1), context));
      // One value per element, in order, none undefined: that is a Row.
      return values.includes(undefined) ? undefined : (values as unknown as Row);
    },
  };
}

/** No words at all: the directive's presence is its value. */
export function nothing(): Argument<true> {
  return { usage: '', minWords: 0, maxWords: 0, default: undefined, parse: () => true };
}

/** Options of an argument with a syntax of its own. */
export interface CustomOptions<T> {
  readonly usage: string;
  readonly minWords: number;
  readonly maxWords: number;
  readonly default?: readonly string[];
  /** The meaning of the words; undefined after reporting why there is none. */
  readonly parse: (words: readonly Word[], context: ParseContext) => T | undefined;
}

/** An argument with a syntax of its own, such as that of `listen`. */
export function custom<T, const O extends CustomOptions<T> = CustomOptions<T>>(
  options: O & CustomOptions<T>,
): ArgumentFor<O, T> {
  const argument: Argument<T> = {
    usage: options.usage,
    minWords: options.minWords,
    maxWords: options.maxWords,
    default: options.default,
    parse: options.parse,
  };
  // `default` is set exactly when O has it, which is what ArgumentFor says.
  return argument as ArgumentFor<O, T>;
}
