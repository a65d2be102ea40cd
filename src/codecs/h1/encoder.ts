/**
 * Data path. Heads and chunks → text of one char per byte, in one canonical form: what came is
 * never passed on with its own framing (RFC 9112 §6). Lines that came as `Name: value` are copied
 * in runs, one slice per run; the rest is written anew. Allocates the strings it returns.
 */

import type { AddedFields, FieldEdits } from '#src/http/field-edits.ts';
import { type HeaderMap, MARK_UNUSUAL } from '#src/http/header-map.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  type RequestHead,
  type ResponseHead,
} from '#src/http/message.ts';

/**
 * The head of a request to an endpoint, with the empty line. With `minorVersion` 0 the request is
 * 1.0, which has no chunks: `head.framing` must not be BODY_CHUNKED then (RFC 9112 §6.1).
 */
export function encodeRequest(
  head: RequestHead,
  target: string,
  edits: FieldEdits,
  added: AddedFields,
  minorVersion = 1,
): string {
  let out = `${head.method} ${target} ${minorVersion === 1 ? 'HTTP/1.1' : 'HTTP/1.0'}\r\n`;
  for (let at = 0; at < added.count; at++) out += `${added.names[at]}: ${added.values[at]}\r\n`;
  out += keptLines(head.fields, edits);
  if (head.framing === BODY_LENGTH) out += `Content-Length: ${head.bodyBytes}\r\n`;
  else if (head.framing === BODY_CHUNKED) out += 'Transfer-Encoding: chunked\r\n';
  else if (!isBodyless(head.method)) out += 'Content-Length: 0\r\n';
  return `${out}\r\n`;
}

/** RFC 9110 §8.6: a method that anticipates a body says so when there is none. */
function isBodyless(method: string): boolean {
  return method !== 'POST' && method !== 'PUT' && method !== 'PATCH';
}

/**
 * The head of a response to a client, with the empty line. `ours` are the lines we add, each with
 * its CRLF; the status line is always 1.1, our own version (RFC 9110 §2.5).
 */
export function encodeResponse(head: ResponseHead, edits: FieldEdits, ours: string): string {
  const { status, reason } = head;
  const line =
    status === 200 && reason === 'OK' ? 'HTTP/1.1 200 OK\r\n' : `HTTP/1.1 ${status} ${reason}\r\n`;
  return `${line}${ours}${keptLines(head.fields, edits)}\r\n`;
}

/**
 * The field lines that go on, each ended by CRLF. Usual lines are copied in runs:
 *
 *   text   GET / …␍␊A: 1␍␊B: 2␍␊X-Dropped: 3␍␊C: 4␍␊␍␊Appended: 5␍␊
 *                   | run       |              | run  |  | run        |
 */
function keptLines(fields: HeaderMap, edits: FieldEdits): string {
  const { count, marks, spans, text } = fields;
  let out = '';
  let runStart = 0;
  let runEnd = 0;
  for (let index = 0; index < count; index++) {
    if (!edits.keeps(fields, index)) continue;
    if (((marks[index] as number) & MARK_UNUSUAL) !== 0) {
      out += `${text.substring(runStart, runEnd)}${fields.nameAt(index)}: ${fields.valueAt(index)}\r\n`;
      runStart = runEnd;
      continue;
    }
    const start = spans[index * 4] as number;
    if (start !== runEnd) {
      out += text.substring(runStart, runEnd);
      runStart = start;
    }
    runEnd = (spans[index * 4 + 3] as number) + 2;
  }
  return out + text.substring(runStart, runEnd);
}

/** The line in front of a chunk of that many bytes. */
export function chunkHead(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

export const CHUNK_END = '\r\n';
/** The last chunk, without trailers. */
export const LAST_CHUNK = '0\r\n\r\n';

/** The last chunk with trailers: '' or lines `Name: value␍␊`, as BodyDecoder gives them. */
export function lastChunk(trailers: string): string {
  return trailers === '' ? LAST_CHUNK : `0\r\n${trailers}\r\n`;
}
