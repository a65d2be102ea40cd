/** Data path. Path and query of a request, when something within the edge changes them. */

import { escapePath } from '#src/http/target.ts';
import type { Exchange } from './exchange.ts';

/** The request's query, without its "?"; '' when it has none. */
export function queryOf({ request }: Exchange): string {
  return request.queryAt < 0 ? '' : request.originTarget.substring(request.queryAt + 1);
}

/**
 * Gives the request another path (decoded) and query ('' is none). What the client asked for is
 * kept for `$request` and `$request_uri`.
 */
export function changeUri(exchange: Exchange, path: string, query: string): void {
  keepOriginal(exchange);
  const { request } = exchange;
  const encoded = escapePath(path);
  request.path = path;
  request.originTarget = query === '' ? encoded : `${encoded}?${query}`;
  request.queryAt = query === '' ? -1 : encoded.length;
}

/** Gives the request another query ('' is none); otherwise as `changeUri`. */
export function changeQuery(exchange: Exchange, query: string): void {
  keepOriginal(exchange);
  const { request } = exchange;
  const encoded = isPlainPath(exchange) ? request.path : escapePath(request.path);
  request.originTarget = query === '' ? encoded : `${encoded}?${query}`;
  request.queryAt = query === '' ? -1 : encoded.length;
}

/** As in nginx, a path that the client sent without any escape needs none, whatever it holds. */
export function isPlainPath({ isInternal, request: { originTarget, queryAt } }: Exchange): boolean {
  if (isInternal) return false;
  return originTarget.lastIndexOf('%', queryAt < 0 ? originTarget.length : queryAt) < 0;
}

/** `$request` and `$request_uri` stay what they were. */
export function keepOriginal(exchange: Exchange): void {
  if (exchange.clientTarget !== '') return;
  exchange.clientMethod = exchange.request.method;
  exchange.clientTarget = exchange.request.originTarget;
}
