/**
 * Data path. What a text with `$names` is at run time. Evaluating allocates the result and nothing
 * else.
 */
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { VariableReader } from './variable.ts';

/** A variable in a text. */
export interface VariablePart {
  /** Lower case, without `$`. */
  readonly name: string;
  readonly read: VariableReader;
  /** As of a ComplexValue. */
  readonly isOfConnection: boolean;
}

/** A piece of a text: itself, or a variable. */
export type Part = string | VariablePart;

/** The value of a text that was cut into pieces; without variables it is a constant. */
export function assemble(parts: readonly Part[]): ComplexValue<Exchange> {
  const first = parts[0];
  if (parts.length === 0) return new Constant('');
  if (parts.length === 1 && first !== undefined) {
    return typeof first === 'string' ? new Constant(first) : new SingleVariable(first);
  }
  return new TextWithVariables(parts);
}

class Constant implements ComplexValue<Exchange> {
  readonly constant: string;
  readonly isOfConnection = true;

  constructor(text: string) {
    this.constant = text;
  }

  evaluate(): string {
    return this.constant;
  }
}

class SingleVariable implements ComplexValue<Exchange> {
  readonly constant = undefined;
  readonly isOfConnection: boolean;
  readonly #read: VariableReader;

  constructor({ read, isOfConnection }: VariablePart) {
    this.isOfConnection = isOfConnection;
    this.#read = read;
  }

  evaluate(exchange: Exchange): string {
    return this.#read(exchange) ?? '';
  }
}

class TextWithVariables implements ComplexValue<Exchange> {
  readonly constant = undefined;
  readonly isOfConnection: boolean;
  readonly #parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
    this.isOfConnection = parts.every((part) => typeof part === 'string' || part.isOfConnection);
  }

  evaluate(exchange: Exchange): string {
    let text = '';
    for (let at = 0; at < this.#parts.length; at++) {
      const part = this.#parts[at];
      if (typeof part === 'string') text += part;
      else if (part !== undefined) text += part.read(exchange) ?? '';
    }
    return text;
  }
}
