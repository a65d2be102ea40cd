/** Valid HTTP/1.1 messages of every shape, by the grammar. */

import { type Chunk, CRLF, type Draft, type FieldLine, fieldOf, render } from './draft.ts';
import type { Random } from './random.ts';

/** A request with its body; now and then a pipelined successor. */
export function requestText(random: Random): string {
  let text = '';
  do text += render(requestDraft(random));
  while (random.chance(0.15));
  return text;
}

/** A response with its body, as an endpoint would send it; interim ones in front. */
export function responseText(random: Random): string {
  let text = '';
  while (random.chance(0.1)) text += render(interimDraft(random));
  return text + render(responseDraft(random));
}

const METHODS = ['GET', 'GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PROPFIND'] as const;
const HOSTS = ['a.test', 'a.test', 'A.test:8080', '[::1]:80', '127.0.0.1'] as const;

/** One request. */
export function requestDraft(random: Random): Draft {
  const method = random.pick(METHODS);
  const version = random.chance(0.05) ? random.pick(['1.0', '1.0', '1.2', '2.0', '0.9']) : '1.1';
  const isAbsolute = random.chance(0.1);
  const host = isAbsolute ? 'a.test' : random.pick(HOSTS);
  const target = requestTarget(random, method, isAbsolute);
  const draft = emptyDraft([method, target, `HTTP/${version}`]);
  if (random.chance(0.04)) draft.before = CRLF.repeat(1 + random.below(2));
  if (random.chance(0.98)) draft.fields.push(fieldOf('Host', host));
  while (random.chance(0.5)) draft.fields.push(anyField(random));
  if (random.chance(0.2)) draft.fields.push(connectionField(random));
  if (random.chance(0.03)) {
    draft.fields.push(fieldOf('Expect', random.pick(['100-continue', '100-Continue', 'x'])));
  }
  giveBody(random, draft, random.pick(['none', 'length', 'chunked', 'chunked']));
  return draft;
}

const STATUSES = [
  ['200', 'OK'],
  ['200', 'OK'],
  ['404', 'Not Found'],
  ['204', 'No Content'],
  ['304', ''],
  ['599', ''],
  ['302', 'Hm\xe9'],
] as const;

/** One final response. */
export function responseDraft(random: Random): Draft {
  const [status, reason] = random.pick(STATUSES);
  const draft = emptyDraft([`HTTP/1.${random.chance(0.9) ? 1 : 0}`, status, reason]);
  if (reason === '' && random.chance(0.5)) draft.gaps[1] = '';
  while (random.chance(0.6)) draft.fields.push(anyField(random));
  if (random.chance(0.2)) draft.fields.push(connectionField(random));
  const isBodyless = status === '204' || status === '304';
  giveBody(random, draft, isBodyless ? 'none' : random.pick(['none', 'length', 'chunked']));
  if (status === '304' && random.chance(0.3)) draft.fields.push(fieldOf('Content-Length', '9'));
  return draft;
}

function interimDraft(random: Random): Draft {
  const [status, reason] = random.pick([
    ['100', 'Continue'],
    ['102', 'Processing'],
    ['103', 'Early Hints'],
  ]);
  const draft = emptyDraft(['HTTP/1.1', status, reason]);
  if (status === '103') draft.fields.push(fieldOf('Link', '</a>; rel=preload'));
  return draft;
}

function emptyDraft(start: [string, string, string]): Draft {
  return {
    ...{ before: '', start, gaps: [' ', ' '], startEnd: CRLF, fields: [], headEnd: CRLF },
    ...{ body: '', chunks: undefined, trailers: [], bodyEnd: CRLF },
  };
}

function requestTarget(random: Random, method: string, isAbsolute: boolean): string {
  if (method === 'OPTIONS' && random.chance(0.3)) return '*';
  const query = random.chance(0.3) ? `?${random.pick(['', 'a=1', 'a=/../b', 'x?y', '%zz'])}` : '';
  const path = random.chance(0.2) ? pathText(random) : `/a${pathText(random).replace('é', 'e')}`;
  return `${isAbsolute ? random.pick(['http://a.test', 'HTTP://A.test']) : ''}${path}${query}`;
}

const SEGMENTS = 'a|b.c|.|..||%2e|%2E%2e|%2f|%41|%20|é|...'.split('|');

/** A path that begins with a slash: dots, escapes and empty segments included. */
export function pathText(random: Random): string {
  let path = '';
  do path += `/${anySegment(random)}${random.chance(0.2) ? anySegment(random) : ''}`;
  while (random.chance(0.6));
  return path;
}

function anySegment(random: Random): string {
  return SEGMENTS[random.below(SEGMENTS.length)] ?? '';
}

const NAMES = ['Accept', 'X-A', 'x_b', 'via', 'TE', "!#$%&'*+-.^_`|~9", 'Content-Type'] as const;
const VALUES = ['x', '', 'a b', 'a\tb', '\xe9\xff', '"q,;:="', 'chunked', '5'] as const;
const COLONS = [':', ':  ', ':\t', ': \t '] as const;

/** A field line that means nothing to the framing. */
export function anyField(random: Random): FieldLine {
  const line = fieldOf(random.pick(NAMES), random.pick(VALUES));
  if (random.chance(0.1)) line.value = 'x'.repeat(random.below(60));
  if (random.chance(0.2)) line.colon = random.pick(COLONS);
  if (random.chance(0.1)) line.value += random.pick([' ', '\t', '  ']);
  return line;
}

const CONNECTIONS = ['close', 'keep-alive', 'Keep-Alive, x-a', 'close, x_b', 'host'] as const;

function connectionField(random: Random): FieldLine {
  return fieldOf('Connection', random.pick(CONNECTIONS));
}

/** Gives the message a body and says so in a field, which stands anywhere among the others. */
function giveBody(random: Random, draft: Draft, framing: 'none' | 'length' | 'chunked'): void {
  if (framing === 'none') return;
  const body = random.chance(0.05) ? 'y'.repeat(random.below(700)) : random.bytes(random.below(40));
  const field =
    framing === 'length'
      ? fieldOf('Content-Length', String(body.length))
      : fieldOf('Transfer-Encoding', random.pick(['chunked', 'chunked', 'Chunked']));
  draft.fields.splice(random.below(draft.fields.length + 1), 0, field);
  if (framing === 'length') draft.body = body;
  else {
    draft.chunks = chunksOf(random, body);
    while (random.chance(0.2)) draft.trailers.push(anyField(random));
  }
}

/** The body in chunks, with the extensions that senders are allowed; the last one is empty. */
function chunksOf(random: Random, body: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(body.length - at);
    chunks.push(chunkOf(digits(random, size), body.slice(at, at + size), extension(random), CRLF));
    at += size;
  }
  chunks.push(chunkOf(random.chance(0.1) ? '00' : '0', '', extension(random), ''));
  return chunks;
}

function chunkOf(size: string, data: string, extensions: string, dataEnd: string): Chunk {
  return { size, extension: extensions, sizeEnd: CRLF, data, dataEnd };
}

function digits(random: Random, size: number): string {
  const hex = size.toString(16);
  if (random.chance(0.1)) return hex.toUpperCase();
  return random.chance(0.1) ? hex.padStart(1 + random.below(13), '0') : hex;
}

/** RFC 9112 §7.1.1, with whitespace where senders of old put it. */
function extension(random: Random): string {
  if (random.chance(0.85)) return '';
  return random.pick([';a', ';a=b', ';a="b c"', '; a', ';a = b', ';a=1;b=2']);
}
