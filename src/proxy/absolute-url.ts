/** Data path. A path becomes a URL of this server. */

import type { Exchange } from '#src/exchange/exchange.ts';

/** By absolute_redirect and its like; what is no path stays as it is. */
export function absolute(
  exchange: Exchange,
  url: string,
  serverName = exchange.serverName,
): string {
  if (!url.startsWith('/')) return url;
  const { downstream, limits, request } = exchange;
  const facts = downstream?.facts;
  if (facts === undefined || !limits.absoluteRedirect) return url;
  const isNamed = limits.serverNameInRedirect || request.host === '';
  const host = isNamed ? serverName || facts.localAddress : request.host;
  const isUsual = facts.localPort === 80 || facts.localPort === 0 || !limits.portInRedirect;
  const port = isUsual ? '' : `:${facts.localPort}`;
  return `${facts.scheme}://${host}${port}${url}`;
}
