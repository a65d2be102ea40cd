/**
 * Data path. The request-target: its four forms (RFC 9112 §3.2), the authority in it or in Host,
 * and the normalised path that locations are matched against (semantics.md §1).
 */

import type { FailureCode } from '#src/base/failure.ts';
import { HEX_VALUE } from '#src/bytes/ascii.ts';
import { F_HOST } from './field-names.ts';
import type { RequestHead } from './message.ts';

const SLASH = 0x2f;
const PERCENT = 0x25;
const DOT = 0x2e;

/** Checks target and Host; sets host, originTarget, queryAt and path, or says what is wrong. */
export function readTarget(head: RequestHead): FailureCode | undefined {
  const { target, fields } = head;
  const hosts = fields.countById[F_HOST] as number;
  // RFC 9112 §3.2: exactly one Host in every 1.1 request, and a valid one.
  if (hosts > 1) return 'host_repeated';
  if (hosts === 0 && head.minorVersion === 1) return 'host_missing';
  if (hosts === 1) {
    const host = hostOf(fields.valueAt(fields.find(F_HOST)));
    if (host === undefined) return 'host_malformed';
    head.host = host;
  }
  if (head.method === 'CONNECT') return 'method_not_allowed'; // semantics.md §12: unless enabled
  if (head.method === 'TRACE') return 'method_not_allowed'; // would echo cookies to scripts
  if (target.charCodeAt(0) === SLASH) head.originTarget = target;
  else if (target === '*') {
    if (head.method !== 'OPTIONS') return 'request_target_malformed';
    head.originTarget = '*';
    head.path = '*';
    return undefined;
  } else {
    const failure = readAbsolute(head);
    if (failure !== undefined) return failure;
  }
  head.queryAt = head.originTarget.indexOf('?');
  const rawPath =
    head.queryAt < 0 ? head.originTarget : head.originTarget.substring(0, head.queryAt);
  const path = normalisePath(rawPath);
  if (path === undefined) return 'request_target_malformed';
  head.path = path;
  return undefined;
}

const ABSOLUTE = /^https?:\/\/([^/?#@]+)([/?].*)?$/i;

/** `http://host/path`: RFC 9112 §3.2.2, its authority beats Host; a different Host is refused. */
function readAbsolute(head: RequestHead): FailureCode | undefined {
  const match = ABSOLUTE.exec(head.target);
  if (match === null) return 'request_target_malformed';
  const host = hostOf(match[1] ?? '');
  if (host === undefined || host === '') return 'request_target_malformed';
  // reliability.md §5: two names for one request means that two readers may choose two sites.
  if (head.host !== '' && head.host !== host) return 'host_malformed';
  head.host = host;
  const rest = match[2] ?? '/';
  head.originTarget = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
  return undefined;
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_.~!$&'()*+,;=%-]*)$/;

/** Lower case, port and one trailing dot cut off (as nginx does); undefined when not a host. */
function hostOf(value: string): string | undefined {
  if (value === lastValue) return lastHost;
  const cached = hostCache.get(value);
  if (cached !== undefined) {
    lastValue = value;
    lastHost = cached;
    return cached;
  }
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d{0,5}))?$/.exec(value);
  if (match === null || value.length > 260) return undefined;
  if (Number(match[2] ?? 0) > 65_535) return undefined;
  let host = (match[1] ?? '').toLowerCase();
  if (!HOST.test(host)) return undefined;
  if (host.endsWith('.')) host = host.slice(0, -1);
  if (hostCache.size < HOST_CACHE_SIZE) hostCache.set(detached(value), detached(host));
  return host;
}

/** Most edges serve few names: the answer of `hostOf` for the first of them, valid ones only. */
const HOST_CACHE_SIZE = 256;
const hostCache = new Map<string, string>();
/** And the last one of those: comparing costs a tenth of a look-up, which interns its key. */
let lastValue: string | undefined;
let lastHost = '';

/** A copy: a substring kept for long would keep the whole head it was cut from. */
function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * Percent-decodes once, removes dot segments, merges slashes. Returns the same string when there
 * is nothing to do. Undefined: a broken escape, an encoded NUL, or a path that climbs out of "/".
 */
export function normalisePath(raw: string): string | undefined {
  let previous = 0;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === PERCENT || (previous === SLASH && (code === SLASH || code === DOT))) {
      return normaliseSlowly(raw);
    }
    previous = code;
  }
  return raw;
}

function normaliseSlowly(raw: string): string | undefined {
  const decoded = percentDecode(raw);
  if (decoded === undefined) return undefined;
  const kept: string[] = [];
  const segments = decoded.split('/');
  const last = segments[segments.length - 1];
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) return undefined;
  }
  const isDirectory = last === '' || last === '.' || last === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`;
}

function percentDecode(raw: string): string | undefined {
  if (!raw.includes('%')) return raw;
  let out = '';
  let from = 0;
  for (let at = raw.indexOf('%'); at >= 0; at = raw.indexOf('%', from)) {
    const high = HEX_VALUE[raw.charCodeAt(at + 1) & 0xff] as number;
    const low = HEX_VALUE[raw.charCodeAt(at + 2) & 0xff] as number;
    if (at + 2 >= raw.length || high > 15 || low > 15) return undefined;
    const byte = high * 16 + low;
    if (byte === 0) return undefined;
    out += raw.substring(from, at) + String.fromCharCode(byte);
    from = at + 3;
  }
  return out + raw.substring(from);
}

/** What nginx escapes when it puts a decoded path into a request: control bytes, space, # % ? and all above 126. */
const TO_ESCAPE = /[\0-\x20#%?\x7f-\xff]/g;

/** A decoded path as it may stand in a request-target. */
export function escapePath(path: string): string {
  return path.replace(
    TO_ESCAPE,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
