/** Data path. Methods: the registered ones are interned and carry their properties. */

/** Safe to send again when the answer got lost (RFC 9110 §9.2.2; QUERY by RFC 10008). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']);

export function isIdempotent(method: string): boolean {
  return method === 'GET' || IDEMPOTENT.has(method);
}
