/**
 * Data path. Which trailers go on. Whoever reads a message may merge its trailers into its fields
 * (RFC 9110 §6.5.2), behind every rule that looked at the fields: so a trailer that would mean
 * something as a field is dropped (§6.5.1). Runs only for messages that have trailers.
 */

import { F_CONNECTION } from './field-names.ts';
import type { HeaderMap } from './header-map.ts';
import { listedNames } from './hop-by-hop.ts';

/** RFC 9110 §6.5.1, and what proxies and applications take for a fact about the sender. */
const DROPPED = new Set(
  [
    // Framing, and what concerns one connection only.
    ['transfer-encoding', 'content-length', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade'],
    ['http2-settings'],
    // Routing and identity.
    ['host', 'forwarded', 'via', 'x-real-ip', 'x-original-url', 'x-rewrite-url', 'origin'],
    ['x-http-method-override', 'x-request-id', 'x-client-ip', 'true-client-ip', 'referer', 'from'],
    ['user-agent', 'early-data', 'client-cert', 'client-cert-chain', 'alt-used'],
    // Authentication and state.
    ['authorization', 'www-authenticate', 'cookie', 'set-cookie'],
    // Request modifiers and controls.
    ['cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'accept', 'cdn-loop'],
    // Response controls.
    ['age', 'date', 'expires', 'location', 'retry-after', 'vary', 'warning', 'refresh', 'server'],
    ['accept-ranges', 'strict-transport-security', 'clear-site-data', 'alt-svc', 'status', 'link'],
    // How to process the content.
    ['content-encoding', 'content-type', 'content-range', 'content-location', 'content-language'],
    ['content-disposition', 'content-security-policy', 'content-security-policy-report-only'],
  ].flat(),
);

/** Families of such names. */
const DROPPED_PREFIX = /^(?:if-|proxy-|x-forwarded-|x-accel-|accept-|access-control-|sec-)/;

/**
 * The trailers that may go on, of a complete and checked section `Name:value␍␊…␍␊`: lines
 * `Name: value␍␊`, whitespace around the value removed; '' when none.
 */
export function keptTrailers(section: string, keepsUnderscores: boolean): string {
  let kept = '';
  let at = 0;
  for (let end = section.indexOf('\r\n'); end > at; end = section.indexOf('\r\n', at)) {
    const colon = section.indexOf(':', at);
    const name = section.substring(at, colon);
    if (mayGoOn(name, keepsUnderscores)) {
      kept += `${name}: ${trimmed(section, colon + 1, end)}\r\n`;
    }
    at = end + 2;
  }
  return kept;
}

/**
 * The trailers without those that Connection names (RFC 9110 §7.6.1). `trailers` as keptTrailers
 * gives them; `fields` are those of the head in front of them.
 */
export function withoutConnectionNamed(trailers: string, fields: HeaderMap): string {
  if (trailers === '' || fields.find(F_CONNECTION) < 0) return trailers;
  const named = new Set(listedNames(fields.joined('connection', ',') ?? ''));
  let kept = '';
  let at = 0;
  for (let end = trailers.indexOf('\r\n'); end > at; end = trailers.indexOf('\r\n', at)) {
    const name = trailers.substring(at, trailers.indexOf(':', at));
    if (!named.has(name.toLowerCase())) kept += trailers.substring(at, end + 2);
    at = end + 2;
  }
  return kept;
}

function mayGoOn(name: string, keepsUnderscores: boolean): boolean {
  if (name.includes('_')) {
    if (!keepsUnderscores) return false;
    // CGI and its heirs read "_" and "-" alike: `Content_Length` is no way around the list.
    return mayGoOn(name.replaceAll('_', '-'), false);
  }
  const lower = name.toLowerCase();
  return !DROPPED.has(lower) && !DROPPED_PREFIX.test(lower);
}

/** text[start..end) without spaces and tabs at its ends. */
function trimmed(text: string, start: number, end: number): string {
  let [first, last] = [start, end];
  while (first < last && isSpace(text.charCodeAt(first))) first += 1;
  while (last > first && isSpace(text.charCodeAt(last - 1))) last -= 1;
  return text.substring(first, last);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
