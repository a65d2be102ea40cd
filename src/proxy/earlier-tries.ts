/** Data path. What the variables of an exchange say of tries before the one in progress. */

import type { Exchange } from '#src/exchange/exchange.ts';

/** Another attempt begins: what the one before has carried, and when. */
export function keepBytes(exchange: Exchange, isBehindRedirect: boolean): void {
  const { upstreamReceivedBytes, upstreamSentBytes, upstreamBodyBytes } = exchange;
  exchange.upstreamEarlier ??= [];
  exchange.upstreamEarlier.push(upstreamReceivedBytes, upstreamSentBytes, upstreamBodyBytes);
  const { upstreamConnectMs, upstreamHeaderMs, upstreamResponseMs } = exchange;
  exchange.upstreamEarlier.push(upstreamConnectMs, upstreamHeaderMs, upstreamResponseMs);
  exchange.upstreamEarlier.push(isBehindRedirect ? 1 : 0);
  exchange.upstreamConnectMs = -1;
  exchange.upstreamHeaderMs = -1;
  exchange.upstreamResponseMs = -1;
  exchange.upstreamReceivedBytes = 0;
  exchange.upstreamSentBytes = 0;
  exchange.upstreamBodyBytes = 0;
}
