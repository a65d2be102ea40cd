/**
 * Data path. Heads and chunks → bytes, in one canonical form: what came is never passed on with its
 * own framing (RFC 9112 §6). Lines that came as `Name: value` are copied in runs, one copy per run;
 * the rest is written anew. Allocates nothing: whoever calls has made room in the writer.
 */

import { COLON, SPACE } from '#src/bytes/ascii.ts';
import { Block, type ByteBlock } from '#src/bytes/byte-copy.ts';
import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { FieldEdits } from '#src/http/field-edits.ts';
import { type HeaderMap, MARK_UNUSUAL } from '#src/http/header-map.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  type RequestHead,
  type ResponseHead,
} from '#src/http/message.ts';

/** A request as an endpoint is to get it. */
export interface OutgoingRequest {
  readonly head: RequestHead;
  /** What stands for the target; undefined: it goes on as it came (`head.originTarget`). */
  readonly target: string | undefined;
  /** Fields that do not go on. */
  readonly edits: FieldEdits;
  /** Lines `Name: value␍␊` that are put in front: added.bytes[0..addedBytes). */
  readonly added: ByteBlock;
  readonly addedBytes: number;
  /**
   * With 0 the request is 1.0, which has no chunks: `head.framing` must not be BODY_CHUNKED then
   * (RFC 9112 §6.1).
   */
  readonly minorVersion: number;
}

/** Room for a method, the version, a usual status line, and the framing of a request. */
const LINES_BYTES = 192;

/** No request of these is longer when it is encoded. */
export function roomForRequest({ head, target, addedBytes }: OutgoingRequest): number {
  const targetBytes = target === undefined ? head.targetBytes : target.length;
  return LINES_BYTES + targetBytes + addedBytes + roomForFields(head.fields);
}

/** A field line that is written anew may gain a space behind its colon. */
function roomForFields(fields: HeaderMap): number {
  return fields.length + fields.count;
}

const HTTP_11 = new Block(' HTTP/1.1\r\n');
const HTTP_10 = new Block(' HTTP/1.0\r\n');
const GET = new Block('GET ');
const OK = new Block('HTTP/1.1 200 OK\r\n');
const NO_BODY = new Block('Content-Length: 0\r\n');
const CHUNKED = new Block('Transfer-Encoding: chunked\r\n');
const CONTENT_LENGTH = new Block('Content-Length: ');

/** The head of a request to an endpoint, with the empty line. */
export function encodeRequest(out: ByteWriter, request: OutgoingRequest): void {
  const { added, addedBytes, edits, head } = request;
  const { method } = head;
  if (method === 'GET') out.block(GET);
  else {
    out.text(method);
    out.byte(SPACE);
  }
  encodeTarget(out, request);
  const version = request.minorVersion === 1 ? HTTP_11 : HTTP_10;
  out.block(version);
  copyRun(out, added, 0, addedBytes);
  encodeKept(out, head.fields, edits);
  if (head.framing === BODY_LENGTH) encodeLength(out, head.bodyBytes);
  else if (head.framing === BODY_CHUNKED) out.block(CHUNKED);
  else if (method !== 'GET' && expectsBody(method)) out.block(NO_BODY);
  out.crlf();
}

function encodeTarget(out: ByteWriter, { head, target }: OutgoingRequest): void {
  const start = head.sameTargetStart;
  if (target !== undefined) out.text(target);
  else if (start < 0) out.text(head.originTarget);
  else copyRun(out, head.fields, start, head.sameTargetEnd);
}

/** RFC 9110 §8.6: a method that anticipates a body says so when there is none. */
function expectsBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** No response head is longer when it is encoded, the caller's own lines apart. */
export function roomForResponse({ fields, reason }: ResponseHead): number {
  return LINES_BYTES + (reason === 'OK' ? 0 : reason.length) + roomForFields(fields);
}

/** The status line; the version is always 1.1, our own (RFC 9110 §2.5). */
export function encodeStatusLine(out: ByteWriter, { reason, status }: ResponseHead): void {
  if (status === 200 && reason === 'OK') out.block(OK);
  else out.text(`HTTP/1.1 ${status} ${reason}\r\n`);
}

/** `Content-Length: N␍␊`. */
export function encodeLength(out: ByteWriter, bodyBytes: number): void {
  out.block(CONTENT_LENGTH);
  out.decimal(bodyBytes);
  out.crlf();
}

/**
 * The field lines that go on, each ended by CRLF. Usual lines are copied in runs:
 *
 *   bytes  GET / …␍␊A: 1␍␊B: 2␍␊X-Dropped: 3␍␊C: 4␍␊␍␊Appended: 5␍␊
 *                   | run       |              | run  |  | run        |
 */
export function encodeKept(out: ByteWriter, fields: HeaderMap, edits: FieldEdits): void {
  const { count } = fields;
  let runStart = 0;
  let runEnd = 0;
  for (let index = 0; index < count; index++) {
    if (!edits.keeps(fields, index)) continue;
    const start = fields.nameStart(index);
    const marks = fields.marksAt(index);
    if (start !== runEnd || marks !== 0) {
      copyRun(out, fields, runStart, runEnd);
      runStart = start;
      if ((marks & MARK_UNUSUAL) !== 0) {
        encodeAnew(out, fields, index);
        runEnd = runStart;
        continue;
      }
    }
    runEnd = fields.valueEnd(index) + 2;
  }
  copyRun(out, fields, runStart, runEnd);
}

/** Runs beyond this go by memcpy. */
const MAX_WORDS_BYTES = 512;

function copyRun(out: ByteWriter, block: ByteBlock, start: number, end: number): void {
  if (end - start > MAX_WORDS_BYTES) out.copyBuffer(block.bytes, start, end);
  else out.copy(block.view, start, end);
}

function encodeAnew(out: ByteWriter, fields: HeaderMap, index: number): void {
  copyRun(out, fields, fields.nameStart(index), fields.nameEnd(index));
  out.byte(COLON);
  out.byte(SPACE);
  copyRun(out, fields, fields.valueStart(index), fields.valueEnd(index));
  out.crlf();
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
