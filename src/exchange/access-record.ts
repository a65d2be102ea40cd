/** Data path. What is written when an exchange ends. */

import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { Exchange } from './exchange.ts';

/** A `log_format`, compiled. `S` is what its variables are taken from: an exchange. */
export interface LineFormat<S> {
  /** Writes the line of `subject` without its end; makes the room it needs. */
  write(subject: S, out: ByteWriter): void;
}

/** One `access_log` of a location, compiled: a format and the file its lines go to. */
export interface AccessLogTarget {
  write(exchange: Exchange): void;
}

/** Writes the exchange's line to every log of its location. */
export function recordExchange(exchange: Exchange): void {
  const { logs } = exchange;
  for (let at = 0; at < logs.length; at++) logs[at]?.write(exchange);
}
