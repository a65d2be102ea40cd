/**
 * Why we and llhttp differ, one class each. A difference that none explains is a bug, ours or
 * theirs; a class that never occurs explains nothing and does not belong here.
 */

import { MAX_HEAD_BYTES, MAX_REQUEST_LINE_BYTES } from '#src/codecs/h1/limits.ts';
import { BODY_CHUNKED } from '#src/http/message.ts';
import { type Difference, isRefusal } from './compare.ts';

/** One class of differences that is meant. */
export interface Explanation {
  readonly name: string;
  readonly why: string;
  holds(difference: Difference): boolean;
}

/** The first explanation that holds; undefined: nothing explains it. */
export function explain(difference: Difference): Explanation | undefined {
  return EXPLANATIONS.find((explanation) => explanation.holds(difference));
}

/** The values of a field in the head as llhttp read it. */
function valuesOf({ other }: Difference, name: string): string[] {
  const fields = other?.fields ?? [];
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === name);
}

/** Behind the empty lines that both skip. */
function startLine({ text }: Difference): string {
  return /^(?:\r\n)*([^\r]*)/.exec(text)?.[1] ?? '';
}

function codingIs(difference: Difference, pattern: RegExp): boolean {
  return valuesOf(difference, 'transfer-encoding').some((value) => pattern.test(value));
}

/** We refuse, with this code, a head that llhttp takes. */
function weRefuse(code: string, why: string, holds: Explanation['holds']): Explanation {
  return {
    name: code,
    why,
    holds: (found) =>
      found.where === 'head' && found.message === undefined && found.ours === code && holds(found),
  };
}

/** An endpoint's head that llhttp takes is an upstream_protocol_error, for this reason. */
function noSuchResponse(reason: string, why: string, holds: Explanation['holds']): Explanation {
  return { ...weRefuse('upstream_protocol_error', why, holds), name: `response: ${reason}` };
}

/** llhttp refuses a head that we take or wait for. */
function theyRefuse(reason: RegExp, name: string, why: string, holds: Explanation['holds']) {
  return {
    ...{ name, why },
    holds: (found: Difference) =>
      found.where === 'head' &&
      found.other === undefined &&
      reason.test(`${found.theirs} ${found.reason}`) &&
      holds(found),
  };
}

/** llhttp refuses a body that we take or wait for, or refuse further on. */
function theyRefuseBody(reason: RegExp, name: string, why: string, holds: Explanation['holds']) {
  return {
    ...{ name, why },
    holds: (found: Difference) =>
      found.where === 'body' && reason.test(`${found.theirs} ${found.reason}`) && holds(found),
  };
}

export const EXPLANATIONS: readonly Explanation[] = [
  // Neither has taken the head: who refuses first has looked first.
  {
    name: 'head: llhttp refuses at once what we refuse or wait for',
    why: 'llhttp reads each byte with a grammar of its own; we read a line, then what it means',
    holds: ({ ours, theirs, where }) =>
      where === 'head of neither' && ours === 'waits' && isRefusal(theirs),
  },
  {
    name: 'head: we refuse at once what llhttp refuses or waits for',
    why: 'the same, the other way round: no message was taken',
    holds: ({ ours, theirs, where }) =>
      where === 'head of neither' && isRefusal(ours) && theirs === 'waits',
  },

  // Requests that we refuse.
  weRefuse(
    'host_missing',
    'RFC 9112 §3.2 asks for 400; node:http checks it above the parser',
    (d) => valuesOf(d, 'host').every((value) => value === ''),
  ),
  weRefuse('host_repeated', 'RFC 9112 §3.2 asks for 400', (d) => valuesOf(d, 'host').length > 1),
  weRefuse(
    'host_malformed',
    'RFC 9112 §3.2 asks for 400; so does a Host other than the target',
    (d) => valuesOf(d, 'host').length > 0 || /^\S+ [a-z]+:/i.test(startLine(d)),
  ),
  weRefuse(
    'request_line_malformed',
    'llhttp skips bare LF, and any number of empty lines',
    ({ text }) => /^(\r\n)*\n|^(\r\n){2}\r/.test(text),
  ),
  weRefuse('line_end_malformed', 'llhttp skips a bare CR in front of a request', ({ text }) =>
    /^(\r\n)*\r[^\n]/.test(text),
  ),
  weRefuse(
    'request_target_malformed',
    'no version, or paths that climb out of "/", broken escapes, "*" without OPTIONS, "#"',
    (d) => /%|\.\.|#|\n| \*| [^/]|^[^/]+ \S*\s*$/.test(startLine(d)),
  ),
  weRefuse(
    'request_version_malformed',
    'llhttp skips spaces in front of the version, and reads RTSP and ICE',
    (d) => /( {2,}HTTP\/| RTSP\/| ICE\/)\d\.\d$/.test(startLine(d)),
  ),
  weRefuse('request_version_unsupported', 'llhttp takes 0.9 and 2.0', (d) =>
    / HTTP\/(0\.9|2\.0)$/.test(startLine(d)),
  ),
  weRefuse('expectation_unknown', 'RFC 9110 §10.1.1: 417; not the business of a parser', (d) =>
    valuesOf(d, 'expect').some((value, at) => at > 0 || !/^100-continue$/i.test(value)),
  ),
  weRefuse('method_not_allowed', 'CONNECT and TRACE are not for a reverse proxy', (d) =>
    /^(CONNECT|TRACE) /.test(startLine(d)),
  ),
  weRefuse(
    'transfer_encoding_http10',
    'RFC 9112 §6.1: faulty framing (CVE-2026-2835)',
    (d) => / HTTP\/1\.0$/.test(startLine(d)) && codingIs(d, /^/),
  ),
  weRefuse(
    'transfer_encoding_malformed',
    'llhttp looks for a last "chunked" only',
    (d) => codingIs(d, /^(?!chunked$)/i) || valuesOf(d, 'transfer-encoding').length > 1,
  ),
  weRefuse(
    'transfer_encoding_unknown',
    'llhttp passes any coding on; we would have to know it',
    (d) => codingIs(d, /^(?!chunked$)/i),
  ),
  weRefuse('content_length_malformed', 'more digits than a double surely counts exactly', (d) =>
    valuesOf(d, 'content-length').some((value) => /\d{16}/.test(value)),
  ),
  weRefuse(
    'request_field_count',
    'more than 100 fields; node:http counts above the parser',
    (d) => (d.other?.fields.length ?? 0) > 200,
  ),
  weRefuse(
    'request_target_too_long',
    'RFC 9112 §3 recommends 8000 bytes; ours is that of nginx',
    (d) => startLine(d).length > MAX_REQUEST_LINE_BYTES - 10,
  ),
  weRefuse(
    'request_head_too_large',
    'the limit of llhttp counts other bytes than ours',
    (d) => d.text.length > MAX_HEAD_BYTES,
  ),

  // Responses that we refuse.
  noSuchResponse(
    'empty lines in front',
    'RFC 9112 §2.2 skips them in front of requests only',
    (d) => /^[\r\n]/.test(d.text),
  ),
  noSuchResponse(
    'status line',
    'RFC 9112 §4: one space, three digits from 100, no control byte; at most 1 KB',
    (d) => !/^HTTP\/1\.[01] [1-9]\d\d( [\t\x20-\x7e\x80-\xff]{0,1011})?$/.test(startLine(d)),
  ),
  noSuchResponse(
    'coding in 1xx or 204',
    'RFC 9112 §6.1; some readers would see a body',
    (d) => /^HTTP\/1\.. (1\d\d|204)/.test(d.text) && codingIs(d, /^/),
  ),
  noSuchResponse(
    'length in 1xx',
    'RFC 9110 §8.6; some readers would see a body',
    (d) => /^HTTP\/1\.. 1\d\d/.test(d.text) && valuesOf(d, 'content-length').some((v) => v !== '0'),
  ),
  noSuchResponse(
    'coding in 1.0',
    'RFC 9112 §6.1: faulty framing',
    (d) => d.text.startsWith('HTTP/1.0') && codingIs(d, /^/),
  ),
  noSuchResponse(
    'coding other than chunked',
    'llhttp reads until the connection ends',
    (d) => codingIs(d, /^(?!chunked$)/i) || valuesOf(d, 'transfer-encoding').length > 1,
  ),
  noSuchResponse('length', 'more digits than a double surely counts exactly', (d) =>
    valuesOf(d, 'content-length').some((value) => /\d{16}/.test(value)),
  ),

  // Heads that llhttp refuses.
  theyRefuse(
    /^HPE_INVALID_(METHOD|CONSTANT Invalid method|VERSION Expected HTTP\/2)/,
    'methods',
    'methods are tokens (RFC 9110 §9.1), not a list',
    ({ message }) => /^[\w!#$%&'*+.^`|~-]+$/.test(message?.method ?? ''),
  ),
  theyRefuse(
    /^HPE_INVALID_URL/,
    'bytes above 127 in a target',
    'browsers send them, nginx takes them, none splits a message',
    ({ message }) => /[\x80-\xff]/.test(message?.target ?? ''),
  ),
  theyRefuse(
    /^HPE_CLOSED_CONNECTION/,
    'a trailer that ends the connection',
    'llhttp lets Connection and Transfer-Encoding among the trailers change its mind',
    ({ all }) => /\r\n0[^\r]*\r\n([^\r]+\r\n)*(connection|transfer-encoding):/i.test(all),
  ),

  {
    name: '"close" beside "keep-alive"',
    why: 'RFC 9112 §9.3: close wins; in 1.0 llhttp looks for keep-alive alone',
    holds: (found) => {
      const { message, other, what } = found;
      const words = valuesOf(found, 'connection').join().toLowerCase();
      const isOurs = message?.keepAlive === false && other?.keepAlive && other.minorVersion === 0;
      return (
        what === 'keep-alive' && isOurs === true && /close/.test(words) && /keep-alive/.test(words)
      );
    },
  },

  // Bodies.
  theyRefuseBody(
    /^HPE_STRICT .*chunk extensions/,
    'chunk extensions',
    'checked for control bytes and dropped, not parsed (RFC 9112 §7.1.1)',
    ({ text }) => /[0-9a-f]+;[^\r]*/i.test(text),
  ),
  theyRefuseBody(
    /^HPE_(INVALID|UNEXPECTED)_(CONTENT_LENGTH|TRANSFER_ENCODING) (?!Request has)/,
    'trailers that name the framing',
    'they are dropped (RFC 9110 §6.5.1): their names mean nothing to us',
    ({ text }) => /\r\n0[^\r]*\r\n([^\r]+\r\n)*(content-length|transfer-encoding):/i.test(text),
  ),
  {
    name: 'a tab behind "chunked"',
    why: 'a tab is whitespace around a value (RFC 9110 §5.6.3); llhttp takes it for a part of it',
    holds: ({ message, text }) =>
      message?.framing === BODY_CHUNKED && /\r\ntransfer-encoding:[ \t]*chunked *\t/i.test(text),
  },
  {
    name: 'extensions and trailers without end',
    why: 'RFC 9112 §7.1.1 asks for a limit to extensions; ours are smaller than those of Node',
    holds: ({ ours, where }) =>
      where === 'body' && /^(chunk_extension_too_long|trailer_too_large)$/.test(ours),
  },
  {
    name: 'chunk sizes of 14 digits and more',
    why: 'RFC 9112 §7.1 sets no limit; ours is what a double holds exactly',
    holds: ({ ours, text, where }) =>
      where === 'body' && ours === 'chunk_malformed' && /\r\n0*[0-9a-f]{14,}/i.test(text),
  },
];
