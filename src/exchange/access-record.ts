/** What is written when an exchange ends. */

import type { Exchange } from './exchange.ts';

/** One `access_log` of a location, compiled: a format and the file its lines go to. */
export interface AccessLogTarget {
  write(exchange: Exchange): void;
}

/** Writes the exchange's line to every log of its location. */
export function recordExchange(exchange: Exchange): void {
  const { logs } = exchange;
  for (let at = 0; at < logs.length; at++) logs[at]?.write(exchange);
}
