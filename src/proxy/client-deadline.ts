/**
 * Data path. `proxy_deadline_header`: how long a trusted client will wait for an answer, by its own
 * word. That can only take from the time of an exchange. Allocates what reading the field costs.
 */

import type { Exchange } from '#src/exchange/exchange.ts';
import { isTrusted } from '#src/exchange/real-ip.ts';
import type { TrustedProxies } from '#src/tables/geo-table.ts';

/** Of one location. */
export interface ClientDeadline {
  /** Of the field, lower case. */
  readonly field: string;
  /** Whose word counts. */
  readonly trusted: TrustedProxies;
}

const NO_LIMIT = Number.POSITIVE_INFINITY;
const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1_000],
  ['s', 1_000],
  ['m', 1],
  ['ms', 1],
  ['', 1],
  ['u', 0.001],
  ['n', 0.000_001],
]);

/** `Clock.nowMs` when the client waits no longer; Infinity: it has not said, or nobody believes it. */
export function clientEndsAtMs(exchange: Exchange, { field, trusted }: ClientDeadline): number {
  const text = exchange.request.fields.joined(field, ',');
  if (text === undefined) return NO_LIMIT;
  const timeMs = timeoutMs(text);
  if (timeMs === NO_LIMIT || !isTrusted(exchange, trusted)) return NO_LIMIT;
  return exchange.startedAtMs + timeMs;
}

/**
 * Milliseconds, as Envoy's `x-envoy-expected-rq-timeout-ms` has them; with a unit as `grpc-timeout`
 * has it (at most eight digits, H M S m u n), or `s` or `ms`. Infinity: it is none of these.
 */
export function timeoutMs(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun]|s|ms)?$/.exec(text) ?? [];
  return digits === undefined ? NO_LIMIT : Number(digits) * (MS_PER_UNIT.get(unit) as number);
}
