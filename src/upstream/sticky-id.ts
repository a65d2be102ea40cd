/**
 * What names an endpoint towards clients: `route=` of its `server`; else the MD5 of its address, as in
 * nginx, so that cookies of an nginx go on to hold; with a `secret` the first 128 bits of its
 * HMAC-SHA256 (RFC 2104), from which nobody learns the address. Worked out when a configuration
 * loads: all threads, generations and instances with the same secret agree.
 */
import type { EndpointConfig } from '#src/upstream/endpoint/upstream-config.ts';

const MAC_BYTES = 16;

/** @param secret '': nginx's names */
export function stickyIdOf({ name, route }: EndpointConfig, secret: string): string {
  if (route !== '') return route;
  const { createHash, createHmac } = process.getBuiltinModule('node:crypto');
  if (secret === '') return createHash('md5').update(name).digest('hex');
  const mac = createHmac('sha256', secret).update(name).digest();
  return mac.subarray(0, MAC_BYTES).toString('base64url');
}
