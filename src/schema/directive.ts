/**
 * How a directive is declared: once, in the folder of the thing it configures. From the
 * declarations come the checks of the parser, the TypeScript types of the settings, `weir -T` and
 * docs/directives.md.
 */
import type { ComplexValue } from './complex-value.ts';
import type { FunctionRef } from './function-ref.ts';
import type { Place, Problems } from './problem.ts';
import type { ConfigNode, Word } from './tree.ts';

/**
 * A kind of block, named after the directive that opens it. The lines of `types` are data, not
 * directives; so are those of `map`, `geo` and `split_clients`, which open the same kind.
 */
export type Context =
  | 'main'
  | 'events'
  | 'http'
  | 'server'
  | 'location'
  | 'upstream'
  | 'match'
  | 'types'
  | 'server-if'
  | 'location-if';

/** How a context is told of, names between quotes: `"server"`, `"if" in "server"`. */
export function nameOfContext(context: string, quote: '"' | '`'): string {
  const words = context.endsWith('-if') ? ['if', context.slice(0, -'-if'.length)] : [context];
  return words.map((word) => `${quote}${word}${quote}`).join(' in ');
}

/** Where most directives of the HTTP side stand. */
export const HTTP_SERVER_LOCATION = ['http', 'server', 'location'] as const;
/** What is decided before a location is known. */
export const HTTP_SERVER = ['http', 'server'] as const;

/** A regular expression whose captures become variables of `S`, an exchange. */
export interface CapturingPattern<S> {
  /** The first match and its captures; undefined without one. */
  exec(text: string): readonly (string | undefined)[] | undefined;
  /** Makes the captures of a match what `$1` and the named ones are from now on. */
  keep(subject: S, captures: readonly (string | undefined)[]): void;
}

/** What an argument may ask of the configuration around it. */
export interface ParseTools {
  /** Compiles text with `$names`; an unknown name is reported at `place` and gives undefined. */
  compileComplex(text: string, place: Place, problems: Problems): ComplexValue<never> | undefined;
  /**
   * Compiles a regular expression and declares its named captures; what is wrong with it is
   * reported at `place` and gives undefined. Absent where there is no compiler.
   */
  readonly compilePattern?: (
    source: string,
    caseless: boolean,
    place: Place,
    problems: Problems,
  ) => CapturingPattern<never> | undefined;
  /** What is wrong with a regular expression that captures nothing; one char per byte. */
  readonly patternProblem?: (source: string, caseless: boolean) => string | undefined;
  /**
   * The slot of a variable that the configuration sets (lower case, without `$`); a name that is not
   * free is reported at `place` and gives undefined. Absent where variables cannot be set.
   */
  readonly slotOf?: (name: string, place: Place, problems: Problems) => number | undefined;
  /** Told of each line of a `map` that has given a value; absent where nobody asks. */
  readonly onMapEntry?: (place: Place) => void;
  /** The function of weir.config.ts at that place of it; undefined when there is none. */
  readonly functionAt?: (path: string) => FunctionRef | undefined;
  /** A path as nginx resolves it: absolute ones stay, others are taken from the prefix. */
  resolvePath(path: string): string;
  /** The IP addresses of a host name, looked up when the files were read; empty when unknown. */
  resolveHost(name: string): readonly string[];
}

/** What one call of `Argument.parse` is about. */
export interface ParseContext {
  readonly node: ConfigNode;
  readonly problems: Problems;
  readonly tools: ParseTools;
}

/** What a single word may be, for the types of weir.config.ts; a list: one of these. */
export type Accepts = 'flag' | 'number' | 'time' | 'size' | 'text' | readonly string[];

/** The words after a directive's name: how many, what they mean, what holds without them. */
export interface Argument<T> {
  /** For documentation: `time`, `on | off`, `name value`. */
  readonly usage: string;
  readonly minWords: number;
  readonly maxWords: number;
  /** Absent: it has a syntax of its own. */
  readonly accepts?: Accepts;
  /** The words that hold when the directive is written nowhere; undefined when nothing does. */
  readonly default: readonly string[] | undefined;
  /** The meaning of the words; undefined after reporting why there is none. */
  parse(words: readonly Word[], context: ParseContext): T | undefined;
}

/** An argument that always yields a value, so its setting is never undefined. */
export interface ArgumentWithDefault<T> extends Argument<T> {
  readonly default: readonly string[];
}

/** One directive: the single declaration of its name, place, arguments and documentation. */
export interface Directive<T = unknown> {
  readonly name: string;
  readonly contexts: readonly Context[];
  readonly argument: Argument<T>;
  /** May stand several times in one block; its setting is then an array. */
  readonly repeat?: true;
  /** It may stand there more than once, and the last one counts, as in nginx: whoever reads it warns. */
  readonly redefine?: true;
  /** The context of its block, for a directive that has one. */
  readonly opens?: Context;
  /** `false`: an enclosing block's value does not apply (`proxy_pass`, `return`). */
  readonly inherit?: false;
  /** One to three sentences in Markdown: what it does, its unit, where we differ from nginx. */
  readonly doc: string;
}

/** The directives that configure one thing, keyed by the name of the setting each yields. */
export type DirectiveSet = Readonly<Record<string, Directive>>;

/** Declares a set; the keys become the fields of `SettingsOf`. */
export function directives<const D extends DirectiveSet>(set: D): D {
  return set;
}

/** The compiled values of a set: an array for `repeat`, else T, or undefined without a default. */
export type SettingsOf<D extends DirectiveSet> = {
  readonly [Key in keyof D]: D[Key] extends { repeat: true; argument: Argument<infer T> }
    ? readonly T[]
    : D[Key] extends { argument: ArgumentWithDefault<infer T> }
      ? T
      : D[Key] extends { argument: Argument<infer T> }
        ? T | undefined
        : never;
};
