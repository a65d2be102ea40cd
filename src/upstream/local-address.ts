/** Data path. The address that connections of ours come from, as text. */
import { isIP } from 'node:net';
import { type LocalAddress, parseAddress } from '#src/base/address.ts';

/** `proxy_bind … transparent`. */
export function transparent(local: LocalAddress): LocalAddress {
  return { ...local, isTransparent: true };
}

/** `1.2.3.4`, `::1`, `1.2.3.4:80`, `[::1]:80` (nginx's forms); undefined when it is none of these. */
export function parseLocalAddress(text: string): LocalAddress | undefined {
  if (isIP(text) !== 0) return { host: text, port: 0 };
  const address = parseAddress(text, 0);
  if (address?.kind !== 'tcp' || address.port === 0 || isIP(address.host) === 0) return undefined;
  return { host: address.host, port: address.port };
}
