/**
 * Data path. The request-target: its four forms (RFC 9112 §3.2), the authority in it or in Host,
 * and the normalised path that locations are matched against (semantics.md §1).
 */

import type { FailureCode } from '#src/base/failure.ts';
import { BYTE_CLASS, HEX_VALUE, IS_PATH_ODD } from '#src/bytes/ascii.ts';
import { Block } from '#src/bytes/byte-copy.ts';
import { F_HOST } from './field-names.ts';
import type { RequestHead } from './message.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;

/** Of `readTarget`: the path may not mean itself. */
export const PATH_ODD = -2;

/**
 * Checks target and Host; sets host, originTarget, queryAt and path, or says what is wrong.
 * `queryAt`: whoever read the target found its path to mean itself (no byte of IS_PATH_ODD, no "//"
 * and no "/."), and the first "?" there, or −1 for none.
 */
export function readTarget(
  head: RequestHead,
  queryAt = PATH_ODD,
  mergesSlashes = true,
): FailureCode | undefined {
  const { fields } = head;
  const hosts = fields.countOf(F_HOST);
  // RFC 9112 §3.2: exactly one Host in every 1.1 request, and a valid one.
  if (hosts > 1) return 'host_repeated';
  if (hosts === 0 && head.minorVersion === 1) return 'host_missing';
  if (hosts === 1) {
    const index = fields.find(F_HOST);
    const host = fields.valueEquals(index, last.bytes) ? last.host : hostOf(fields.valueAt(index));
    if (host === undefined) return 'host_malformed';
    head.host = host;
  }
  if (head.method === 'CONNECT') return 'method_not_allowed'; // semantics.md §12: unless enabled
  if (head.method === 'TRACE') return 'method_not_allowed'; // would echo cookies to scripts
  if (queryAt !== PATH_ODD && head.targetFirst === SLASH) {
    head.locatePath(queryAt);
    return undefined;
  }
  const { target } = head;
  if (target === '*') {
    if (head.method !== 'OPTIONS') return 'request_target_malformed';
    head.path = '*';
    return undefined;
  }
  if (target.charCodeAt(0) !== SLASH) {
    const failure = readAbsolute(head);
    if (failure !== undefined || head.path === '*') return failure;
  }
  const { originTarget } = head;
  head.queryAt = originTarget.indexOf('?');
  const rawPath = head.queryAt < 0 ? originTarget : originTarget.substring(0, head.queryAt);
  const path = mergesSlashes ? normalisePath(rawPath) : normaliseSlowly(rawPath, false);
  if (path === undefined) return 'request_target_malformed';
  head.path = path;
  return undefined;
}

const ABSOLUTE = /^(https?):\/\/([^/?#@]+)([/?].*)?$/i;

/** `http://host/path`: RFC 9112 §3.2.2, its authority beats Host; a different Host is refused. */
function readAbsolute(head: RequestHead): FailureCode | undefined {
  const match = ABSOLUTE.exec(head.target);
  if (match === null) return 'request_target_malformed';
  const host = hostOf(match[2] ?? '');
  if (host === undefined) return 'request_target_malformed';
  // reliability.md §5: two names for one request means that two readers may choose two sites.
  if (head.host !== '' && !isSameSite(head, match[1] ?? '', match[2] ?? ''))
    return 'host_malformed';
  head.host = host;
  if (match[3] === undefined && head.method === 'OPTIONS') {
    head.originTarget = '*'; // RFC 9112 §3.2.4: without a path it asks the server as a whole
    head.path = '*';
    return undefined;
  }
  const rest = match[3] ?? '/';
  head.originTarget = rest.charCodeAt(0) === SLASH ? rest : `/${rest}`;
  return undefined;
}

/** The authorities of target and Host name the same host and port; without a port the scheme's. */
function isSameSite(head: RequestHead, scheme: string, authority: string): boolean {
  if (head.host !== hostOf(authority)) return false;
  const usual = scheme.length === 5 ? '443' : '80';
  const given = head.fields.valueAt(head.fields.find(F_HOST));
  return portOf(authority, usual) === portOf(given, usual);
}

function portOf(authority: string, usual: string): number {
  return Number(/:(\d+)$/.exec(authority)?.[1] ?? usual);
}

/**
 * Labels of RFC 3986 §3.2.2 reg-name with single dots between them. Not `,`: a list is two hosts to
 * some; not `%`: decoded it is another host.
 */
const NAME = /^[a-z0-9_~!$&'()*+;=-]+(?:\.[a-z0-9_~!$&'()*+;=-]+)*\.?$/;

function isHost(host: string): boolean {
  if (host.charCodeAt(0) === OPEN_BRACKET) return URL.canParse(`http://${host}/`);
  return NAME.test(host);
}

/** Lower case, port and one trailing dot cut off (as nginx does); undefined when not a host. */
function hostOf(value: string): string | undefined {
  const cached = recentHosts.get(value) ?? revived(value);
  if (cached !== undefined) {
    last = cached;
    return cached.host;
  }
  const match = /^(\[[0-9a-f:.]*\]|[^:]*)(?::(\d{0,5}))?$/i.exec(value);
  if (match === null || value.length > 260) return undefined;
  if (Number(match[2] ?? 0) > 65_535) return undefined;
  let host = (match[1] ?? '').toLowerCase();
  if (!isHost(host)) return undefined;
  if (host.endsWith('.')) host = host.slice(0, -1);
  keepHost(detached(value), { bytes: new Block(value), host: detached(host) });
  return host;
}

/** The answer for a name that was asked for a while ago; undefined when it was not, or long ago. */
function revived(value: string): KnownHost | undefined {
  const known = formerHosts.get(value);
  if (known !== undefined) keepHost(detached(value), known);
  return known;
}

function keepHost(value: string, known: KnownHost): void {
  if (recentHosts.size >= HOST_CACHE_SIZE) {
    formerHosts = recentHosts;
    recentHosts = new Map();
  }
  recentHosts.set(value, known);
}

interface KnownHost {
  /** The field's value. */
  readonly bytes: Block;
  readonly host: string;
}

/**
 * Answers of `hostOf`, of valid names only: most edges serve few, large ones thousands. What was not
 * asked for while so many others were is forgotten: a client that makes names up leaves none for long.
 */
const HOST_CACHE_SIZE = 4096;
let recentHosts = new Map<string, KnownHost>();
let formerHosts: ReadonlyMap<string, KnownHost> = new Map();
/** And the last one of those, which is compared without making a string. No Host is a line end. */
let last: KnownHost = { bytes: new Block('\n'), host: '' };

/** A copy: a substring kept for long would keep the whole head it was cut from. */
function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/**
 * Percent-decodes once, removes dot segments, merges slashes. Returns the same string when there
 * is nothing to do. Undefined: a broken escape, an encoded NUL, a path that climbs out of "/", or
 * one in which another reader may find a ".." where we find none.
 */
export function normalisePath(raw: string): string | undefined {
  for (let at = 0; at < raw.length; at++) {
    if (((BYTE_CLASS[raw.charCodeAt(at)] as number) & IS_PATH_ODD) !== 0) {
      return normaliseSlowly(raw);
    }
  }
  return normalisePlain(raw);
}

/** Of a path whose bytes all mean themselves: only two slashes, or a dot behind one, change it. */
function normalisePlain(raw: string): string | undefined {
  let previous = 0;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (previous === SLASH && (code === SLASH || code === DOT)) return normaliseSlowly(raw);
    previous = code;
  }
  return raw;
}

function normaliseSlowly(raw: string, mergesSlashes = true): string | undefined {
  const decoded = percentDecode(raw);
  if (decoded === undefined) return undefined;
  const kept: string[] = [];
  const segments = decoded.split('/');
  // What stands before the first "/" and behind the last is no segment.
  const inner = segments.slice(1, -1);
  const last = segments[segments.length - 1] ?? '';
  for (const segment of [...inner, ...(last === '' ? [] : [last])]) {
    if (segment === '.' || (segment === '' && mergesSlashes)) continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) return undefined;
  }
  const isDirectory = last === '' || last === '.' || last === '..';
  const path = kept.length === 0 ? '/' : `/${kept.join('/')}${isDirectory ? '/' : ''}`;
  return isHidingParent(path) ? undefined : path;
}

// Readers behind us that see more in a path than RFC 3986 does: `\` for "/" (Windows), escapes
// decoded twice, "." "/" "\" as UTF-8 longer than needed, `..;x` as ".." with a parameter (Java).
const OVERLONG_DOT = /\xc0\xae|\xe0\x80\xae|\xf0\x80\x80\xae/g;
const OVERLONG_SLASH =
  /\\|\xc0\xaf|\xe0\x80\xaf|\xf0\x80\x80\xaf|\xc1\x9c|\xe0\x81\x9c|\xf0\x80\x81\x9c/g;
const PARENT = /\/\.\.(?:[/;]|$)/;

/** What we forward is the raw path: one that means "/secret" to such a reader was matched as another. */
function isHidingParent(path: string): boolean {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return PARENT.test(decoded.replace(OVERLONG_DOT, '.').replace(OVERLONG_SLASH, '/'));
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

/** What nginx escapes (since 1.21.1) when it puts a decoded path into a request. */
const TO_ESCAPE = /[\0-\x20"#%<>?\\^`{|}\x7f-\xff]/g;

/** A decoded path as it may stand in a request-target. */
export function escapePath(path: string): string {
  return path.replace(
    TO_ESCAPE,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

const CONTROL = /[\0-\x1f\x7f]/;

/** Whether a URL holds a control byte: as a field value it would split the head (H1-14). */
export function hasControlByte(url: string): boolean {
  return CONTROL.test(url);
}
