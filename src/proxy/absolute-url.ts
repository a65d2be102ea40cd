/** Data path. A path becomes a URL of this server. */

import type { Exchange } from '#src/exchange/exchange.ts';

/** As with nginx's absolute_redirect and port_in_redirect; what is no path stays as it is. */
export function absolute(
  exchange: Exchange,
  url: string,
  serverName = exchange.serverName,
): string {
  if (!url.startsWith('/')) return url;
  const { downstream, request } = exchange;
  const facts = downstream?.facts;
  if (facts === undefined) return url;
  const host = request.host === '' ? serverName || facts.localAddress : request.host;
  const port = facts.localPort === 80 || facts.localPort === 0 ? '' : `:${facts.localPort}`;
  return `${facts.scheme}://${host}${port}${url}`;
}
