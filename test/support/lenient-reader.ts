// Reads a stream of requests by one policy, never refusing: the far end of a smuggling test. What two
// policies read differently from the same bytes is what a proxy must not let through.

import { type Field, PANEL, type Policy } from './lenient-policies.ts';

/** A request as some policy reads it: where it lies in the bytes and what it says. */
export interface ReadRequest {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
  readonly body: string;
}

/** What a policy makes of a stream. */
export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** Where the first request that is not complete begins; the length of the stream without one. */
  readonly restAt: number;
}

interface Line {
  readonly text: string;
  readonly next: number;
}

/** All requests in the text (one char per byte), from `at`. */
export function readLeniently(text: string, policy: Policy, at = 0): Reading {
  const requests: ReadRequest[] = [];
  let start = at;
  for (;;) {
    const request = readOne(text, start, policy);
    if (request === undefined) return { requests, restAt: start };
    requests.push(request);
    start = request.end;
  }
}

/**
 * Where the readers of the panel differ about the same bytes: one line for each that sees other
 * requests, or other boundaries, than RFC 9112 does.
 */
export function disagreements(text: string): string[] {
  const [first, ...others] = PANEL.map((policy) => boundaries(text, policy));
  return others.flatMap((reading, at) =>
    reading === first ? [] : [`"${PANEL[at + 1]?.name}" reads ${reading}, RFC 9112 ${first}`],
  );
}

function boundaries(text: string, policy: Policy): string {
  const { requests, restAt } = readLeniently(text, policy);
  return [...requests.map(({ start, end }) => `${start}–${end}`), `rest ${restAt}`].join(', ');
}

function readOne(text: string, from: number, policy: Policy): ReadRequest | undefined {
  let at = from;
  let line = lineAt(text, at, policy.lineEnd);
  while (line?.text === '') {
    at = line.next;
    line = lineAt(text, at, policy.lineEnd);
  }
  if (line === undefined) return undefined;
  const lines = [line.text];
  if (policy.takesOldest && !/ HTTP\/\d/i.test(line.text)) {
    return { start: from, end: line.next, lines, body: '' };
  }
  for (;;) {
    line = lineAt(text, line.next, policy.lineEnd);
    if (line === undefined) return undefined;
    if (line.text === '') break;
    lines.push(line.text);
  }
  const body = readBody(text, line.next, lines, policy);
  return body === undefined ? undefined : { start: from, lines, ...body };
}

function lineAt(text: string, at: number, ends: RegExp): Line | undefined {
  ends.lastIndex = at;
  const end = ends.exec(text);
  return end === null
    ? undefined
    : { text: text.slice(at, end.index), next: end.index + end[0].length };
}

function fieldsOf(lines: readonly string[], policy: Policy): Field[] {
  const fields: [string, string][] = [];
  for (const line of lines) {
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && policy.fold === 'joins') {
      if (last !== undefined) last[1] = policy.value(`${last[1]} ${line}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    fields.push([policy.fieldName(line.slice(0, colon)), policy.value(line.slice(colon + 1))]);
  }
  return fields;
}

function readBody(
  text: string,
  at: number,
  [line = '', ...fieldLines]: readonly string[],
  policy: Policy,
): { end: number; body: string } | undefined {
  const fields = fieldsOf(fieldLines, policy);
  const valuesOf = (name: string): string[] =>
    fields.flatMap((field) => (field[0] === name ? [field[1]] : []));
  const codings = valuesOf('transfer-encoding');
  const lengths = valuesOf('content-length');
  const ignoresCoding = policy.knowsVersions && /HTTP\/1\.0$/.test(line);
  const isChunked = codings.length > 0 && !ignoresCoding && policy.isChunked(codings);
  const length = lengths.length > 0 ? policy.length(lengths) : undefined;
  if (isChunked && !(policy.wins === 'length' && length !== undefined)) {
    return readChunks(text, at, policy);
  }
  const end = at + (length ?? 0);
  return end > text.length ? undefined : { end, body: text.slice(at, end) };
}

function readChunks(
  text: string,
  from: number,
  policy: Policy,
): { end: number; body: string } | undefined {
  let body = '';
  let at = from;
  for (;;) {
    const line = lineAt(text, at, policy.chunkLineEnd);
    const size = line === undefined ? undefined : policy.chunkSize(line.text);
    if (line === undefined || size === undefined) return undefined;
    if (size === 0) return readTrailers(text, line.next, body, policy);
    const end = line.next + size;
    if (end > text.length) return undefined;
    body += text.slice(line.next, end);
    const next = behindChunk(text, end, policy);
    if (next === undefined) return undefined;
    at = next;
  }
}

function behindChunk(text: string, at: number, { chunkEnd }: Policy): number | undefined {
  if (chunkEnd === 'two bytes') return at + 2 > text.length ? undefined : at + 2;
  if (chunkEnd === 'crlf') return text.startsWith('\r\n', at) ? at + 2 : undefined;
  const end = /\r?\n|\r/y;
  end.lastIndex = at;
  return at + (end.exec(text)?.[0].length ?? 0);
}

function readTrailers(
  text: string,
  from: number,
  body: string,
  policy: Policy,
): { end: number; body: string } | undefined {
  let at = from;
  for (;;) {
    const line = lineAt(text, at, policy.lineEnd);
    if (line === undefined) return undefined;
    if (line.text === '') return { end: line.next, body };
    if (!policy.readsTrailers) return { end: at, body };
    at = line.next;
  }
}
