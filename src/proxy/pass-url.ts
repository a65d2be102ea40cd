/** Data path. What the variables of a `proxy_pass` came to, taken apart as nginx does. */

import { isIP } from 'node:net';
import { parsePort } from '#src/base/address.ts';

/** A URL that names an upstream. */
export interface PassUrl {
  /** Lower case; an IPv6 address without its brackets. The path of a unix socket, as it is. */
  readonly host: string;
  readonly kind: 'ip' | 'name' | 'unix';
  /** 0 for a unix socket. */
  readonly port: number;
  readonly hasPort: boolean;
  /** `$proxy_host`, and `Host` unless it is set. */
  readonly hostHeader: string;
  /** `$proxy_port`. */
  readonly portText: string;
  /** From the first `/` after the host on; undefined: the URI of the request goes on. */
  readonly uri: string | undefined;
}

const PREFIX = 'http://';
const DEFAULT_PORT = 80;
/** `sun_path` of Linux, without its zero byte. */
const MAX_UNIX_PATH_BYTES = 107;

/** The parts of the URL, or why it is none: words for the error log. */
export function parsePassUrl(text: string): PassUrl | string {
  const prefix = text.substring(0, PREFIX.length).toLowerCase();
  if (prefix !== PREFIX) {
    const isTls = text.substring(0, 'https://'.length).toLowerCase() === 'https://';
    return isTls ? '"https://" is not built yet' : 'it does not begin with "http://"';
  }
  const rest = text.substring(PREFIX.length);
  return rest.startsWith('unix:') ? parseUnix(rest) : parseInet(rest);
}

/** nginx: in `unix:/path:/uri` the second colon ends the path. */
function parseUnix(rest: string): PassUrl | string {
  const pathAt = 'unix:'.length;
  const colon = rest.indexOf(':', pathAt);
  const path = rest.substring(pathAt, colon < 0 ? undefined : colon);
  if (path === '') return 'no path in the unix domain socket';
  if (path.length > MAX_UNIX_PATH_BYTES) return 'too long path in the unix domain socket';
  if (path.includes('\0')) return 'a zero byte in the path of the unix domain socket';
  const uri = colon < 0 ? '' : rest.substring(colon + 1);
  return {
    host: path,
    kind: 'unix',
    port: 0,
    hasPort: false,
    hostHeader: 'localhost',
    portText: '',
    uri: uriOf(uri),
  };
}

function parseInet(rest: string): PassUrl | string {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.substring(0, end);
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  if (authority.startsWith('[') && bracket < 0) return 'invalid host';
  const colon = authority.indexOf(':', bracket + 1);
  const name = authority.substring(0, colon < 0 ? undefined : colon);
  if (name === '') return 'no host';
  if (bracket >= 0 && bracket !== name.length - 1) return 'invalid host';
  const digits = colon < 0 ? '' : authority.substring(colon + 1);
  const port = colon < 0 ? DEFAULT_PORT : parsePort(digits);
  if (port === undefined) return 'invalid port';
  const host = (bracket < 0 ? name : name.slice(1, -1)).toLowerCase();
  const isAddress = isIP(host) !== 0;
  if (bracket >= 0 && !isAddress) return 'invalid host';
  return {
    host,
    kind: isAddress ? 'ip' : 'name',
    port,
    hasPort: colon >= 0,
    hostHeader: port === DEFAULT_PORT ? name : `${name}:${digits}`,
    portText: colon < 0 ? String(DEFAULT_PORT) : digits,
    uri: uriOf(end < 0 ? '' : rest.substring(end)),
  };
}

function uriOf(text: string): string | undefined {
  if (text === '') return undefined;
  return clean(text.startsWith('/') ? text : `/${text}`);
}

const UNCLEAN = /[\0-\x20\x7f]/g;

/** A blank or a line break would end the request line, and what follows would be another request. */
function clean(uri: string): string {
  return uri.replace(
    UNCLEAN,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
