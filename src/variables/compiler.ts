/** Text with `$names` → something that is quick to evaluate for an exchange. Runs at load. */

import type { LineFormat } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { LogEscape } from '#src/exchange/log-arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { connectionVariables, realIpVariables } from './connection-variables.ts';
import { LINE_ESCAPES } from './escape.ts';
import { LogLine } from './log-line.ts';
import { isVariableOfNginx } from './not-built-variables.ts';
import { processVariables } from './process-variables.ts';
import { requestVariables } from './request-variables.ts';
import { responseVariables } from './response-variables.ts';
import {
  cached,
  captureReader,
  KeptPattern,
  overridable,
  slotReader,
  type TableVariable,
} from './table-variables.ts';
import { assemble, type Part, type VariablePart } from './text-with-variables.ts';
import { LocalTime } from './time-text.ts';
import type { VariableEnvironment, VariableReader, VariableTable } from './variable.ts';

/** Compiles a regular expression; the one of src/pattern fits. */
export type PatternCompiler = (
  source: string,
  options: { readonly caseless: boolean },
) => MatchedPattern | { readonly problem: string };

/** What a compiled regular expression must be able to do. */
export interface MatchedPattern {
  /** The number of each named capture. */
  readonly names: ReadonlyMap<string, number>;
  exec(text: string): readonly (string | undefined)[] | undefined;
}

/** Told of a variable that was read: `weir explain` shows them. */
export type VariableWatch = (name: string, value: string | undefined) => void;

/** A variable that the configuration defines; it is built when first asked for. */
export interface VariableDeclaration {
  /** Lower case, without `$`. */
  readonly name: string;
  readonly place: Place;
  /** Undefined after reporting what is wrong with it. */
  build(): TableVariable | undefined;
}

interface Declared {
  readonly declaration: VariableDeclaration;
  state: 'waiting' | 'building' | 'built';
  /** Once built; undefined when it has problems. */
  part: VariablePart | undefined;
}

/** Variables of nginx that a configuration may define anew. */
const CHANGEABLE: ReadonlySet<string> = new Set(['args', 'limit_rate']);

/** Compiles the texts of one configuration. */
export class VariableCompiler {
  readonly #environment: VariableEnvironment;
  readonly #localTime: LocalTime;
  readonly #tables: readonly VariableTable[];
  readonly #declared = new Map<string, Declared>();
  /** Named captures → their slots. */
  readonly #captures = new Map<string, number>();
  readonly #compilePattern: PatternCompiler | undefined;
  /** Those without problems, by case and source: the servers of one platform have the same. */
  readonly #patterns = new Map<string, KeptPattern>();
  readonly #watch: VariableWatch | undefined;
  #slotCount = 0;

  /** Without `compilePattern`, `$1` and regular expressions are not built. */
  constructor(
    environment: VariableEnvironment,
    compilePattern?: PatternCompiler,
    watch?: VariableWatch,
  ) {
    this.#environment = environment;
    this.#compilePattern = compilePattern;
    this.#watch = watch;
    this.#localTime = new LocalTime(environment.clock);
    const { changesAddress = false } = environment;
    const realIp = changesAddress ? realIpVariables((read) => cached(this.#slotCount++, read)) : [];
    this.#tables = [
      ...realIp,
      requestVariables,
      connectionVariables,
      responseVariables,
      processVariables(environment, this.#localTime),
    ];
  }

  /** A value for a directive: a variable without a value becomes nothing. */
  compile(text: string, place: Place, problems: Problems): ComplexValue<Exchange> | undefined {
    const parts = this.#partsOf(text, place, problems);
    return parts === undefined ? undefined : assemble(parts);
  }

  /**
   * Makes names known before the texts that use them are compiled, wherever these stand. Of two of
   * one name the last holds, as in nginx. Names that are not free are reported.
   */
  declare(declarations: readonly VariableDeclaration[], problems: Problems): void {
    for (const declaration of declarations) {
      const { name, place } = declaration;
      if (!CHANGEABLE.has(name) && this.#isBuiltIn(name)) {
        problems.emerg(place, `the duplicate "${name}" variable`, 'it is built in');
        continue;
      }
      const first = this.#declared.get(name)?.declaration.place;
      if (first !== undefined) {
        const advice = `the last one holds, as in nginx; the first is in ${first.file}:${first.line}`;
        problems.warn(place, `"$${name}" is defined twice`, advice);
      }
      this.#declared.set(name, { declaration, state: 'waiting', part: undefined });
    }
    for (const declared of this.#declared.values()) this.#build(declared);
  }

  /** A tool of arguments; undefined where there is no compiler of regular expressions. */
  get patterns(): PatternTool | undefined {
    const compile = this.#compilePattern;
    if (compile === undefined) return undefined;
    return (source, caseless, place, problems) => {
      const key = `${caseless ? 'i' : ' '}${source}`;
      const known = this.#patterns.get(key);
      if (known !== undefined) return known;
      const bytes = Buffer.from(source, 'utf8').toString('latin1');
      const pattern = compile(bytes, { caseless });
      if ('problem' in pattern) {
        problems.emerg(place, `invalid regular expression "${source}"`, pattern.problem);
        return undefined;
      }
      const slots = [...pattern.names].map(([name, number]) => {
        return { slot: this.slotOf(name.toLowerCase(), place, problems) ?? 0, number };
      });
      const kept = new KeptPattern(pattern, slots);
      this.#patterns.set(key, kept);
      return kept;
    };
  }

  #captureSlot(name: string): number {
    const slot = this.#captures.get(name) ?? this.#slotCount++;
    this.#captures.set(name, slot);
    return slot;
  }

  /** Names that `set` or a regular expression gives values somewhere: known wherever they stand. */
  expect(names: Iterable<string>): void {
    for (const name of names) if (!this.#isBuiltIn(name)) this.#captureSlot(name);
  }

  /** A tool of arguments: as of `ParseTools`. */
  slotOf(name: string, place: Place, problems: Problems): number | undefined {
    if (!this.#isBuiltIn(name)) return this.#captureSlot(name);
    problems.emerg(place, `the duplicate "${name}" variable`, 'it is built in');
    return undefined;
  }

  #isBuiltIn(name: string): boolean {
    return this.#tables.some(({ names }) => Object.hasOwn(names, name));
  }

  #build(declared: Declared): void {
    if (declared.state !== 'waiting') return;
    declared.state = 'building';
    const variable = declared.declaration.build();
    declared.state = 'built';
    if (variable === undefined) return;
    const { name, isOfConnection, isVolatile, read } = variable;
    // `set` and named captures may give it another value.
    const slot = this.#captures.get(name);
    if (slot === undefined) {
      const reader = isVolatile ? read : cached(this.#slotCount++, read);
      declared.part = { name, read: reader, isOfConnection };
    } else {
      const reader = isVolatile ? overridable(slot, read) : cached(slot, read);
      declared.part = { name, read: reader, isOfConnection: false };
    }
  }

  /** A line of the access log, without its end. */
  compileLogFormat(
    text: string,
    escape: LogEscape,
    place: Place,
    problems: Problems,
  ): LineFormat<Exchange> | undefined {
    const parts = this.#partsOf(text, place, problems);
    if (parts === undefined) return undefined;
    return new LogLine(parts, LINE_ESCAPES[escape], this.#environment.clock, this.#localTime);
  }

  /** Every name there is, for documentation; those with an open end as `http_`. */
  get names(): readonly string[] {
    return this.#tables.flatMap((table) => [
      ...Object.keys(table.names),
      ...Object.keys(table.prefixes),
    ]);
  }

  /** Undefined after reporting a problem. */
  #partsOf(text: string, place: Place, problems: Problems): readonly Part[] | undefined {
    const parts: Part[] = [];
    let isGood = true;
    for (const piece of splitVariables(text)) {
      if (typeof piece === 'string') {
        // Heads and bodies are strings of one char per byte; so is what is put into them.
        parts.push(Buffer.from(piece, 'utf8').toString('latin1'));
        continue;
      }
      const declared = 'problem' in piece ? undefined : this.#declared.get(piece.name);
      if (declared !== undefined) {
        const part = this.#partOf(declared, place, problems);
        if (part === undefined) isGood = false;
        else parts.push(this.#watched(part));
        continue;
      }
      const found = 'problem' in piece ? undefined : this.#find(piece.name);
      if (found !== undefined) parts.push(this.#watched(found));
      else isGood = report(piece, [...this.names, ...this.#declared.keys()], place, problems);
    }
    return isGood ? parts : undefined;
  }

  /** The variable itself, unless somebody watches. */
  #watched(part: VariablePart): VariablePart {
    const watch = this.#watch;
    if (watch === undefined) return part;
    const read: VariableReader = (exchange) => {
      const value = part.read(exchange);
      watch(part.name, value);
      return value;
    };
    return { ...part, read };
  }

  /** Undefined when the variable has problems, or needs itself. */
  #partOf(declared: Declared, place: Place, problems: Problems): VariablePart | undefined {
    if (declared.state === 'building') {
      const { name } = declared.declaration;
      const chain = [...this.#declared.values()].filter(({ state }) => state === 'building');
      const names = chain.map(({ declaration }) => `"$${declaration.name}"`).join(', ');
      problems.emerg(place, `cycle while evaluating variable "${name}"`, `it goes over ${names}`);
      return undefined;
    }
    this.#build(declared);
    return declared.part;
  }

  #find(name: string): VariablePart | undefined {
    const slot = this.#captures.get(name);
    const found = this.#findBuiltIn(name);
    if (slot === undefined) return found;
    const read = found === undefined ? slotReader(slot) : overridable(slot, found.read);
    return { name, read, isOfConnection: false };
  }

  #findBuiltIn(name: string): VariablePart | undefined {
    if (this.#compilePattern !== undefined && /^[1-9]$/.test(name)) {
      return { name, read: captureReader(Number(name)), isOfConnection: false };
    }
    for (const { names, ofConnection, onUse, prefixes } of this.#tables) {
      const read = Object.hasOwn(names, name) ? names[name] : undefined;
      if (read !== undefined && onUse !== undefined && Object.hasOwn(onUse, name)) onUse[name]?.();
      if (read !== undefined) return { name, read, isOfConnection: ofConnection.has(name) };
      for (const [prefix, make] of Object.entries(prefixes)) {
        const rest = name.slice(prefix.length);
        if (rest !== '' && name.startsWith(prefix)) {
          return { name, read: make(rest), isOfConnection: false };
        }
      }
    }
    return undefined;
  }
}

/** As of `ParseTools`. */
export type PatternTool = (
  source: string,
  caseless: boolean,
  place: Place,
  problems: Problems,
) => CapturingPattern<Exchange> | undefined;

/** A variable in a text, or what is wrong where one begins. */
type Piece = string | { readonly name: string } | { readonly problem: string };

/** Cuts a text at its variables: `a$b c` → `a`, {b}, ` c`. nginx: `$12` is `$1` and a 2. */
function* splitVariables(text: string): Generator<Piece> {
  const variable = /\$(?:\{(\w*)(\}?)|([1-9]|[a-z_0]\w*))?/gi;
  let from = 0;
  for (const match of text.matchAll(variable)) {
    if (match.index > from) yield text.slice(from, match.index);
    from = match.index + match[0].length;
    const name = match[1] ?? match[3] ?? '';
    if (match[1] !== undefined && match[2] === '') {
      yield { problem: `the closing bracket in "${name}" variable is missing` };
    } else if (name === '') {
      yield { problem: 'invalid variable name' };
    } else if (match[3] === undefined && /^[1-9]$/.test(name)) {
      yield { problem: `unknown "${name}" variable: a capture is written "$${name}"` };
    } else {
      yield { name: name.toLowerCase() };
    }
  }
  if (from < text.length) yield text.slice(from);
}

function report(
  piece: Exclude<Piece, string>,
  names: readonly string[],
  place: Place,
  problems: Problems,
): false {
  if ('problem' in piece) {
    const advice = 'a "$" begins the name of a variable and cannot stand for itself';
    problems.emerg(place, piece.problem, advice);
  } else if (isVariableOfNginx(piece.name)) {
    problems.emerg(place, `"$${piece.name}" is not built yet in this version of Weir`);
  } else {
    const advice = didYouMean(piece.name, names)?.replace('"', '"$');
    problems.emerg(place, `unknown "${piece.name}" variable`, advice);
  }
  return false;
}
