/** Data path. What the variables of `map`, `geo` and `split_clients` read. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { Captures } from '#src/exchange/variable-values.ts';
import { escapeArgument } from '#src/http/redirect-text.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import type { GeoTable } from '#src/tables/geo-table.ts';
import type { MapTable } from '#src/tables/map-table.ts';
import type { SplitClients } from '#src/tables/split-clients.ts';
import { fieldReader } from './fields.ts';
import type { VariableReader } from './variable.ts';

/** A variable that a block defines. As in nginx it always has a value, be it empty. */
export interface TableVariable {
  /** Lower case, without `$`. */
  readonly name: string;
  readonly read: VariableReader;
  /** Worked out anew whenever it is asked for, not once per exchange. */
  readonly isVolatile: boolean;
  /** As of a ComplexValue. */
  readonly isOfConnection: boolean;
}

/** A reader that works its value out once per exchange. */
export function cached(slot: number, read: VariableReader): VariableReader {
  return (exchange) => {
    const { variables } = exchange;
    const known = variables.get(slot);
    if (known !== null) return known;
    const value = read(exchange);
    variables.set(slot, value);
    return value;
  };
}

/** A reader of what `set` or a named capture has put into a slot, else of what the name means without. */
export function overridable(slot: number, read: VariableReader): VariableReader {
  return (exchange) => {
    const known = exchange.variables.get(slot);
    return known === null ? read(exchange) : known;
  };
}

/** Of `set` and named captures: no value until one of them has come by. */
export function slotReader(slot: number): VariableReader {
  return ({ variables }) => variables.get(slot) ?? undefined;
}

/** `$1` to `$9`. */
export function captureReader(number: number): VariableReader {
  return ({ variables }) => {
    const text = variables.captures?.[number];
    return text !== undefined && variables.quotesCaptures ? escapeArgument(text) : text;
  };
}

/** Where a named capture goes. */
interface CaptureSlot {
  readonly slot: number;
  readonly number: number;
}

/** A regular expression with the places of its named captures. */
export class KeptPattern implements CapturingPattern<Exchange> {
  readonly #pattern: Pick<CapturingPattern<Exchange>, 'exec'>;
  readonly #slots: readonly CaptureSlot[];

  constructor(pattern: Pick<CapturingPattern<Exchange>, 'exec'>, slots: readonly CaptureSlot[]) {
    this.#pattern = pattern;
    this.#slots = slots;
  }

  exec(text: string): Captures | undefined {
    return this.#pattern.exec(text);
  }

  keep({ variables }: Exchange, captures: Captures): void {
    variables.captures = captures;
    for (const { slot, number } of this.#slots) variables.set(slot, captures[number]);
  }
}

/** What a `map` consists of. */
export interface MapParts {
  readonly source: ComplexValue<Exchange>;
  readonly table: MapTable;
  /** By the index that the table gives. */
  readonly results: readonly ComplexValue<Exchange>[];
  /** By the same index: the regular expression that leads there, if one does. */
  readonly patterns: readonly (CapturingPattern<Exchange> | undefined)[];
  readonly fallback: ComplexValue<Exchange> | undefined;
}

/** The reader of a `map`. */
export function mapReader({
  source,
  table,
  results,
  patterns,
  fallback,
}: MapParts): VariableReader {
  return (exchange) => {
    const index = table.find(unquoted(source, exchange));
    const { captures } = table;
    if (captures !== undefined) patterns[index]?.keep(exchange, captures);
    const result = results[index] ?? fallback;
    return result === undefined ? '' : (result.constant ?? unquoted(result, exchange));
  };
}

const readForwardedFor = fieldReader('x_forwarded_for');

/** The reader of a `geo`; values are given by the index that the table gives. */
export function geoReader(
  readAddress: VariableReader,
  table: GeoTable,
  values: readonly string[],
): VariableReader {
  const { usesForwarded } = table;
  return (exchange) => {
    const forwarded = usesForwarded ? readForwardedFor(exchange.request.fields) : undefined;
    return values[table.find(readAddress(exchange), forwarded)] ?? '';
  };
}

/** The reader of a `split_clients`; values in the order of the shares. */
export function splitReader(
  source: ComplexValue<Exchange>,
  table: SplitClients,
  values: readonly string[],
): VariableReader {
  return (exchange) => values[table.find(unquoted(source, exchange))] ?? '';
}

/** As in nginx captures are not escaped here, whatever the text that asks for the variable goes into. */
function unquoted(value: ComplexValue<Exchange>, exchange: Exchange): string {
  const { variables } = exchange;
  if (!variables.quotesCaptures) return value.evaluate(exchange);
  variables.quotesCaptures = false;
  const text = value.evaluate(exchange);
  variables.quotesCaptures = true;
  return text;
}
