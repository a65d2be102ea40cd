/** Text with `$names` → something that is quick to evaluate for an exchange. Runs at load. */

import type { LineFormat } from '#src/exchange/access-record.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { LogEscape } from '#src/exchange/log-arguments.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { connectionVariables } from './connection-variables.ts';
import { LINE_ESCAPES } from './escape.ts';
import { LogLine } from './log-line.ts';
import { isVariableOfNginx } from './not-built-variables.ts';
import { processVariables } from './process-variables.ts';
import { requestVariables } from './request-variables.ts';
import { responseVariables } from './response-variables.ts';
import { assemble, type Part, type VariablePart } from './text-with-variables.ts';
import { LocalTime } from './time-text.ts';
import type { VariableEnvironment, VariableTable } from './variable.ts';

/** Compiles the texts of one configuration. */
export class VariableCompiler {
  readonly #environment: VariableEnvironment;
  readonly #localTime: LocalTime;
  readonly #tables: readonly VariableTable[];

  constructor(environment: VariableEnvironment) {
    this.#environment = environment;
    this.#localTime = new LocalTime(environment.clock);
    this.#tables = [
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
      const found = 'problem' in piece ? undefined : this.#find(piece.name);
      if (found !== undefined) parts.push(found);
      else isGood = report(piece, this.names, place, problems);
    }
    return isGood ? parts : undefined;
  }

  #find(name: string): VariablePart | undefined {
    for (const { names, ofConnection, prefixes } of this.#tables) {
      const read = Object.hasOwn(names, name) ? names[name] : undefined;
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

/** A variable in a text, or what is wrong where one begins. */
type Piece = string | { readonly name: string } | { readonly problem: string };

/** Cuts a text at its variables: `a$b c` → `a`, {b}, ` c`. */
function* splitVariables(text: string): Generator<Piece> {
  const variable = /\$(?:\{(\w*)(\}?)|(\w+))?/g;
  let from = 0;
  for (const match of text.matchAll(variable)) {
    if (match.index > from) yield text.slice(from, match.index);
    from = match.index + match[0].length;
    const name = match[1] ?? match[3] ?? '';
    if (match[1] !== undefined && match[2] === '') {
      yield { problem: `the closing bracket in "${name}" variable is missing` };
    } else if (name === '') {
      yield { problem: 'invalid variable name' };
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
