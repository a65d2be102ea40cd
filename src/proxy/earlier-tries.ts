/** Data path. What the variables of an exchange say of tries before the one in progress. */

import { NO_TIME } from '#src/base/clock.ts';
import type { Exchange } from '#src/exchange/exchange.ts';

/** Another attempt begins: what the one before has carried, and when. */
export function keepBytes(exchange: Exchange, isBehindRedirect: boolean): void {
  const { upstreamReceivedBytes, upstreamSentBytes, upstreamBodyBytes } = exchange;
  exchange.upstreamEarlier ??= [];
  exchange.upstreamEarlier.push(upstreamReceivedBytes, upstreamSentBytes, upstreamBodyBytes);
  const { upstreamConnectMs, upstreamHeaderMs, upstreamResponseMs } = exchange;
  exchange.upstreamEarlier.push(upstreamConnectMs, upstreamHeaderMs, upstreamResponseMs);
  exchange.upstreamEarlier.push(isBehindRedirect ? 1 : 0);
  exchange.upstreamConnectMs = NO_TIME;
  exchange.upstreamHeaderMs = NO_TIME;
  exchange.upstreamResponseMs = NO_TIME;
  exchange.upstreamReceivedBytes = 0;
  exchange.upstreamSentBytes = 0;
  exchange.upstreamBodyBytes = 0;
}
