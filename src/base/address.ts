/**
 * Where a socket listens or connects to: an IP address with a port, or the path of a unix socket.
 * Host names are not addresses; whoever reads configuration resolves them first.
 */

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Where a connection of ours is to come from: an IP address; port 0 lets the kernel choose one. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
  /** Not necessarily one of this machine (`proxy_bind … transparent`). */
  readonly isTransparent?: boolean;
}

/** No connection can come from there: one of the two is IPv4, the other IPv6. */
export function isOtherFamily(address: Address, { host }: LocalAddress): boolean {
  return address.kind === 'tcp' && address.host.includes(':') !== host.includes(':');
}

/** The highest port number there is (RFC 9293 §3.1: 16 bits). */
export const MAX_PORT = 65_535;

/**
 * Reads `1.2.3.4:80`, `1.2.3.4`, `[::1]:80`, `name:80`, `unix:/path` (nginx's forms, without `*`).
 * The default port stands in where none is written; undefined when the text is no address.
 */
export function parseAddress(text: string, defaultPort: number): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : { kind: 'unix', path };
  }
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  if (text.startsWith('[') && bracket < 0) return undefined;
  const colon = text.indexOf(':', bracket + 1);
  const host = bracket > 0 ? text.slice(1, bracket) : text.slice(0, colon < 0 ? undefined : colon);
  if (host === '' || (bracket > 0 && colon !== bracket + 1 && text.length !== bracket + 1)) {
    return undefined;
  }
  const port = colon < 0 ? defaultPort : parsePort(text.slice(colon + 1));
  return port === undefined ? undefined : { kind: 'tcp', host, port };
}

/** 1 … 65535 in plain decimal digits; undefined otherwise. */
export function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= MAX_PORT ? port : undefined;
}

/** `127.0.0.1:80`, `[::1]:80`, `unix:/path`: the form in logs, status and `Model.listens` keys. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':')
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}
