/** Valid HTTP/1.1 messages of every shape, and what a careless or hostile sender makes of them. */

import type { Random } from './random.ts';

const CRLF = '\r\n';

/** A request with its body; now and then a pipelined successor. */
export function requestText(random: Random): string {
  let text = random.chance(0.05) ? CRLF.repeat(1 + random.below(3)) : '';
  do text += oneRequest(random);
  while (random.chance(0.15));
  return text;
}

function oneRequest(random: Random): string {
  const method = random.pick([
    'GET',
    'GET',
    'POST',
    'PUT',
    'HEAD',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
  ]);
  const version = random.chance(0.08) ? random.pick(['1.0', '1.2', '2.0', '0.9']) : '1.1';
  const lines = [`${method} ${requestTarget(random, method)} HTTP/${version}`];
  if (random.chance(0.97))
    lines.push(`Host: ${random.pick(['a.test', 'A.test:8080', '[::1]:80', ''])}`);
  while (random.chance(0.5)) lines.push(fieldLine(random));
  if (random.chance(0.2)) lines.push(connectionLine(random));
  if (random.chance(0.05))
    lines.push(`Expect: ${random.pick(['100-continue', '100-Continue', 'x'])}`);
  return closeHead(random, lines, random.pick(['none', 'none', 'length', 'chunked']));
}

function requestTarget(random: Random, method: string): string {
  if (method === 'OPTIONS' && random.chance(0.3)) return '*';
  const path = pathText(random);
  const query = random.chance(0.3) ? `?${random.pick(['', 'a=1', 'a=/../b', 'x?y', '%zz'])}` : '';
  const origin = random.chance(0.1) ? random.pick(['http://a.test', 'HTTPS://A.test:8080']) : '';
  return `${origin}${path}${query}`;
}

const SEGMENTS = [
  'a',
  'b.c',
  '.',
  '..',
  '',
  '%2e',
  '%2E%2e',
  '%2f',
  '%41',
  '%20',
  'é',
  '...',
] as const;

/** A path that begins with a slash: dots, escapes and empty segments included. */
export function pathText(random: Random): string {
  let path = '';
  do path += `/${random.pick(SEGMENTS)}${random.chance(0.2) ? random.pick(SEGMENTS) : ''}`;
  while (random.chance(0.6));
  return path;
}

/** A response with its body, as an endpoint would send it. */
export function responseText(random: Random): string {
  let text = '';
  while (random.chance(0.1)) {
    text += `HTTP/1.1 ${random.pick(['100 Continue', '103 Early Hints'])}${CRLF}${CRLF}`;
  }
  const status = random.pick([
    '200 OK',
    '200 OK',
    '404 Not Found',
    '204 No Content',
    '304 ',
    '599',
    '302 Hm\xe9',
  ]);
  const lines = [`HTTP/1.${random.chance(0.9) ? 1 : 0} ${status}`];
  while (random.chance(0.6)) lines.push(fieldLine(random));
  if (random.chance(0.2)) lines.push(connectionLine(random));
  return text + closeHead(random, lines, random.pick(['none', 'length', 'length', 'chunked']));
}

function fieldLine(random: Random): string {
  const name = random.pick([
    'Accept',
    'X-A',
    'x_b',
    'Cookie',
    'via',
    'TE',
    "!#$%&'*+-.^_`|~9",
    'Content-Type',
  ]);
  const space = random.chance(0.8) ? ' ' : random.pick(['', '  ', '\t', ' \t ']);
  const value = random.pick([
    'x',
    '',
    'a b',
    'a\tb',
    '\xe9\xff',
    '"q,;:="',
    'x'.repeat(random.below(60)),
  ]);
  return `${name}:${space}${value}${random.chance(0.1) ? random.pick([' ', '\t', '  ']) : ''}`;
}

function connectionLine(random: Random): string {
  const value = random.pick([
    'close',
    'keep-alive',
    'Keep-Alive, x-a',
    'close, x_b',
    'upgrade',
    'host',
  ]);
  return `Connection: ${value}`;
}

function closeHead(
  random: Random,
  lines: string[],
  framing: 'none' | 'length' | 'chunked',
): string {
  const body = random.bytes(random.below(40));
  if (framing === 'length') lines.push(`Content-Length: ${body.length}`);
  if (framing === 'chunked') {
    lines.push(`Transfer-Encoding: ${random.pick(['chunked', 'chunked', 'Chunked'])}`);
  }
  // The framing field stands anywhere among the others, behind the start line.
  const at = 1 + random.below(lines.length - 1);
  const last = lines.pop() ?? '';
  if (lines.length === 0) lines.push(last);
  else lines.splice(at, 0, last);
  const head = lines.join(CRLF) + CRLF + CRLF;
  if (framing === 'length') return head + body;
  return framing === 'chunked' ? head + chunkedBody(random, body) : head;
}

/** The body in chunks, with the extensions and trailers that senders are allowed. */
export function chunkedBody(random: Random, body: string): string {
  let text = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(body.length - at);
    text += `${digits(random, size)}${extension(random)}${CRLF}${body.slice(at, at + size)}${CRLF}`;
    at += size;
  }
  text += `${random.chance(0.1) ? '00' : '0'}${extension(random)}${CRLF}`;
  while (random.chance(0.15)) text += fieldLine(random) + CRLF;
  return text + CRLF;
}

function digits(random: Random, size: number): string {
  const hex = size.toString(16);
  if (random.chance(0.1)) return hex.toUpperCase();
  return random.chance(0.1) ? hex.padStart(1 + random.below(15), '0') : hex;
}

function extension(random: Random): string {
  if (random.chance(0.85)) return '';
  return random.pick([';a', ';a=b', ';a="b c"', ';', ';;', '; a', ';a = b']);
}

const HOSTILE = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '#',
  '%',
  '"',
  '\x7f',
  '\x0b',
  '\x80',
] as const;
const HOSTILE_LINES = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length : 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding: xchunked',
  'Host: other.test',
  'Host: a.test',
  ' folded: line',
  '\tfolded',
  ': nameless',
  'No colon',
  'Connection: content-length',
  'Upgrade: websocket',
] as const;

/** One to four changes: bytes and lines dropped, doubled, moved, replaced or put in. */
export function mutated(random: Random, text: string): string {
  let out = text;
  for (let left = 1 + random.below(4); left > 0; left--) out = mutatedOnce(random, out);
  return out;
}

function mutatedOnce(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const before = text.slice(0, at);
  const length = random.chance(0.7) ? 1 : random.below(12);
  switch (random.below(9)) {
    case 0:
      return before + text.slice(at + length);
    case 1:
      return text.slice(0, at + length) + text.slice(at);
    case 2:
      return before + random.pick(HOSTILE) + text.slice(at);
    case 3:
      return before + random.pick(HOSTILE) + text.slice(at + 1);
    case 4:
      return before + random.below(10) + text.slice(at + random.below(2));
    case 5:
      return before + random.bytes(1) + text.slice(at + 1);
    case 6:
      return withLine(random, text, random.pick(HOSTILE_LINES));
    case 7: {
      const lines = text.split(CRLF);
      return withLine(random, text, lines[random.below(lines.length)] ?? '');
    }
    default:
      return before;
  }
}

/** The text with one more line at the end of some line. */
function withLine(random: Random, text: string, line: string): string {
  const lines = text.split(CRLF);
  lines.splice(random.below(Math.min(lines.length, 8)), 0, line);
  return lines.join(CRLF);
}
