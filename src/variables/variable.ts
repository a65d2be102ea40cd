/** Data path. What a `$name` is: a way to read one string from an exchange. */
import type { Clock } from '#src/base/clock.ts';
import type { Exchange } from '#src/exchange/exchange.ts';

/**
 * The value for one exchange, one char per byte as heads are; undefined when there is none, which
 * is `-` in a log line and nothing elsewhere. Allocates nothing but the string.
 */
export type VariableReader = (exchange: Exchange) => string | undefined;

/** What variables know beside the exchange; the same for a whole process or thread. */
export interface VariableEnvironment {
  readonly clock: Clock;
  readonly hostname: string;
  readonly pid: number;
  /** `real_ip` may change the client's address: it is that of an exchange, not of its connection. */
  readonly changesAddress?: boolean;
}

/** Variables of one feature. */
export interface VariableTable {
  /** Name without `$`, lower case → reader. */
  readonly names: Readonly<Record<string, VariableReader>>;
  /** Those of `names` that are the same for a whole connection, as of a ComplexValue. */
  readonly ofConnection: ReadonlySet<string>;
  /** Called when a text that uses the name is compiled: what must be noted for it is, from then on. */
  readonly onUse?: Readonly<Record<string, () => void>>;
  /** Names with an open end, such as `http_…`: prefix → the reader for what follows it. */
  readonly prefixes: Readonly<Record<string, (rest: string) => VariableReader>>;
}
