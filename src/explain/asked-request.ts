/** What is asked about: a URL with method, fields and client → the bytes a client would send. */

import { isIP } from 'node:net';

/** A request to explain, as the user gives it. */
export interface AskedRequest {
  readonly url: string;
  /** GET when not given. */
  readonly method?: string | undefined;
  /** In order; one named `Host` takes the place of the URL's. */
  readonly fields?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Of the client: an IP address, `203.0.113.7` when not given; or `unix:`. */
  readonly from?: string | undefined;
  readonly body?: string | undefined;
  /** Which `listen`: a port, an address with a port, or `unix:/path`; by the URL when not given. */
  readonly listen?: string | undefined;
}

/** A request ready to be sent. */
export interface WireRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Host of the URL, lower case, without brackets; '' never. */
  readonly host: string;
  readonly port: number;
  readonly from: string;
  /** Names of the fields it has, in order. */
  readonly fieldNames: readonly string[];
  /** Head and body, one char per byte. */
  readonly bytes: string;
}

/** Why something cannot be explained, in words for whoever typed it. */
export class UnusableRequest extends Error {}

/** Of the networks kept for documentation (RFC 5737): nobody's. */
export const USUAL_CLIENT = '203.0.113.7';

const HTTP_PORT = 80;
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_NAME = METHOD;

/** @throws UnusableRequest when it is no request that a client could send */
export function wireRequest(asked: AskedRequest): WireRequest {
  const { body = '', fields = [], from = USUAL_CLIENT, method = 'GET' } = asked;
  const { authority, host, port, target } = readUrl(asked.url);
  if (!METHOD.test(method)) throw new UnusableRequest(`"${method}" is no method`);
  if (from !== 'unix:' && isIP(from) === 0) {
    throw new UnusableRequest(`"${from}" is no IP address: whom the request comes from is one`);
  }
  const isNamed = (name: string) => fields.some(([other]) => other.toLowerCase() === name);
  const all: (readonly [string, string])[] = [
    ...(isNamed('host') ? [] : [['Host', authority] as const]),
    ...fields,
  ];
  const bodyBytes = Buffer.from(body, 'utf8').toString('latin1');
  if (bodyBytes !== '' && !isNamed('content-length') && !isNamed('transfer-encoding')) {
    all.push(['Content-Length', String(bodyBytes.length)]);
  }
  const lines = all.map(([name, value]) => {
    if (!FIELD_NAME.test(name)) throw new UnusableRequest(`"${name}" is no name of a field`);
    if (/[\r\n\0]/.test(value))
      throw new UnusableRequest(`the value of "${name}" has a line break`);
    return `${name}: ${Buffer.from(value, 'utf8').toString('latin1')}\r\n`;
  });
  return {
    method,
    target,
    host,
    port,
    from,
    fieldNames: all.map(([name]) => name),
    bytes: `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${bodyBytes}`,
  };
}

interface UrlParts {
  readonly authority: string;
  readonly host: string;
  readonly port: number;
  readonly target: string;
}

/** Not the `URL` of the platform: it resolves dots and escapes, which is what is to be explained. */
function readUrl(url: string): UrlParts {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (parts === null) {
    throw new UnusableRequest(`"${url}" is no URL: write http://host/path`);
  }
  const [, scheme = '', authority = '', rest = ''] = parts;
  if (scheme.toLowerCase() === 'https') {
    const advice = 'explain the http:// URL';
    throw new UnusableRequest(`TLS is not built yet in this version of Weir: ${advice}`);
  }
  if (scheme.toLowerCase() !== 'http') {
    throw new UnusableRequest(`"${scheme}:" is not served here: write http://host/path`);
  }
  const found = /^(\[[0-9a-f:.]+\]|[^:[\]@\s]+)(?::(\d{1,5}))?$/i.exec(authority);
  const port = Number(found?.[2] ?? HTTP_PORT);
  if (found?.[1] === undefined || port < 1 || port > 65_535) {
    throw new UnusableRequest(`"${authority}" is no host with a port in "${url}"`);
  }
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  if (/[\0-\x20\x7f]/.test(target)) {
    throw new UnusableRequest(`"${url}" has a blank or control character: write %20 for a blank`);
  }
  // As browsers do: what is not ASCII is escaped.
  const escaped = target.replace(/[^\0-\x7f]+/gu, (text) => encodeURIComponent(text));
  return { authority, host: found[1].replace(/^\[|\]$/g, '').toLowerCase(), port, target: escaped };
}
