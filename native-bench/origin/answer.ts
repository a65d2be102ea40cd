import { STATUS_CODES } from 'node:http';
import { patternBody } from '#native-bench/wire/body-pattern.ts';
import type { Fault } from './behaviour.ts';
import type { SeenRequest } from './request-reader.ts';

/** What an origin is about to send, complete in memory or as repeated pieces. */
export interface Answer {
  /** Everything before the body, empty line included. */
  head: Buffer;
  /** The body as it goes over the wire, framing included. */
  pieces: Iterable<Buffer>;
  /** Close the connection when sent. */
  close: boolean;
}

/** What a test's `respond` may return: missing parts are as usual. */
export interface CustomAnswer {
  status?: number;
  /** Besides Content-Length, which is added unless `chunked` or `raw`. */
  fields?: readonly (readonly [string, string])[];
  body?: string | Uint8Array;
  /** Send the body chunked in pieces of that many bytes. */
  chunkBytes?: number;
  /** Exactly these bytes instead of everything above. */
  raw?: string | Uint8Array;
  /** Close the connection when sent. */
  close?: boolean;
}

const PIECE_BYTES = 65_536;
const FILLER = patternBody('weir-origin', PIECE_BYTES);

/** Splits a target into path segments and query. */
function parseTarget(target: string): { segments: string[]; query: URLSearchParams } {
  const [path = '', query = ''] = target.replace(/^https?:\/\/[^/]*/, '').split('?', 2);
  return { segments: path.split('/').slice(1), query: new URLSearchParams(query) };
}

/** The answer by the request's target; the paths are those of the command's help. */
export function answerFor(request: SeenRequest, bodyBytes: number): Answer {
  const { segments, query } = parseTarget(request.target);
  const [kind = '', first = '', second = ''] = segments;
  const bytes = Number.parseInt(first, 10) || 0;
  const pieceBytes = Number(query.get('chunk') ?? PIECE_BYTES) || PIECE_BYTES;
  switch (kind) {
    case 'bytes':
      return sized(request, 200, fillerPieces(bytes, pieceBytes), bytes);
    case 'chunked':
      return chunked(request, fillerPieces(bytes, pieceBytes));
    case 'close':
      return { head: head(200, []), pieces: fillerPieces(bytes, pieceBytes), close: true };
    case 'id': {
      const length = Number.parseInt(second, 10) || 64;
      const body = patternBody(first, length);
      return sized(request, 200, split(body, pieceBytes), length);
    }
    case 'status':
      return sized(request, bytes || 200, [], 0);
    case 'echo': {
      const body = Buffer.from(JSON.stringify(describe(request)));
      return sized(request, 200, [body], body.length, [['Content-Type', 'application/json']]);
    }
    default:
      return sized(request, 200, fillerPieces(bodyBytes, pieceBytes), bodyBytes);
  }
}

/** The answer that a test composed. */
export function answerCustom(request: SeenRequest, custom: CustomAnswer): Answer {
  if (custom.raw !== undefined) {
    return { head: Buffer.from(custom.raw as string), pieces: [], close: custom.close ?? false };
  }
  const body = Buffer.from((custom.body ?? '') as string);
  const fields = custom.fields ?? [];
  const status = custom.status ?? 200;
  const answer =
    custom.chunkBytes === undefined
      ? sized(request, status, [body], body.length, fields)
      : chunked(request, split(body, custom.chunkBytes), status, fields);
  return custom.close ? { ...answer, close: true } : answer;
}

/** The default answer as one buffer: what the fast path sends. */
export function plainAnswer(bodyBytes: number): Buffer {
  return Buffer.concat([
    head(200, [['Content-Length', String(bodyBytes)]]),
    ...fillerPieces(bodyBytes, PIECE_BYTES),
  ]);
}

/** Applies a fault that changes bytes; those that cut the response short are the writer's. */
export function spoil(answer: Answer, fault: Fault): Answer {
  const body = Buffer.concat([...answer.pieces]);
  const whole = (fields: [string, string][], bytes: Buffer): Answer => ({
    head: head(200, fields),
    pieces: [bytes],
    close: answer.close,
  });
  const length = String(body.length);
  switch (fault.kind) {
    case 'status':
      return {
        head: head(fault.value, [['Content-Length', '0']]),
        pieces: [],
        close: answer.close,
      };
    case 'extra':
      return { ...answer, pieces: [body, plainAnswer(7)] };
    case 'both-framings':
      return whole(
        [
          ['Content-Length', length],
          ['Transfer-Encoding', 'chunked'],
        ],
        Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, LAST_CHUNK]),
      );
    case 'bad-chunk':
      return whole(
        [['Transfer-Encoding', 'chunked']],
        Buffer.concat([Buffer.from('zz\r\n'), body]),
      );
    case 'bad-length':
      return whole([['Content-Length', '12x']], body);
    case 'two-lengths':
      return whole(
        [
          ['Content-Length', length],
          ['Content-Length', String(body.length + 5)],
        ],
        body,
      );
    case 'garbage':
      return { head: Buffer.from('\x16\x03\x01 this is no HTTP\n\n'), pieces: [], close: true };
    case 'endless-head':
      return {
        head: Buffer.from('HTTP/1.1 200 OK\r\n'),
        pieces: Array.from({ length: 1024 }, () =>
          Buffer.from(`X-Filler: ${'f'.repeat(1012)}\r\n`),
        ),
        close: false,
      };
    default:
      return { ...answer, pieces: [body] };
  }
}

/** How many bytes of the response a fault lets through. */
export function bytesAllowed(answer: Answer, fault: Fault | undefined): number {
  switch (fault?.kind) {
    case 'reset':
    case 'close':
    case 'hang':
      return 0;
    case 'reset-after':
    case 'close-after':
    case 'hang-after':
      return fault.value;
    case 'truncated': {
      let bodyBytes = 0;
      for (const piece of answer.pieces) bodyBytes += piece.length;
      answer.pieces = [Buffer.alloc(bodyBytes, 't')];
      return answer.head.length + Math.floor(bodyBytes / 2);
    }
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** The head with `Connection: close`, unless it has a Connection field or is no whole head. */
export function withClose(head: Buffer): Buffer {
  const text = head.toString('latin1');
  if (!text.endsWith('\r\n\r\n') || /\nconnection:/i.test(text)) return head;
  return Buffer.from(`${text.slice(0, -2)}Connection: close\r\n\r\n`, 'latin1');
}

const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');

function sized(
  request: SeenRequest,
  status: number,
  pieces: Iterable<Buffer>,
  bytes: number,
  fields: readonly (readonly [string, string])[] = [],
): Answer {
  const bodyless = status === 204 || status === 304 || status < 200;
  const framing: [string, string][] = bodyless ? [] : [['Content-Length', String(bytes)]];
  const hasBody = !bodyless && request.method !== 'HEAD';
  return {
    head: head(status, [...framing, ...fields]),
    pieces: hasBody ? pieces : [],
    close: false,
  };
}

function chunked(
  request: SeenRequest,
  pieces: Iterable<Buffer>,
  status = 200,
  fields: readonly (readonly [string, string])[] = [],
): Answer {
  return {
    head: head(status, [['Transfer-Encoding', 'chunked'], ...fields]),
    pieces: request.method === 'HEAD' ? [] : inChunks(pieces),
    close: false,
  };
}

function* inChunks(pieces: Iterable<Buffer>): Iterable<Buffer> {
  for (const piece of pieces) {
    yield Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from('\r\n'),
    ]);
  }
  yield Buffer.from('0\r\n\r\n');
}

/** Static bytes without end, cut to `bytes`: nothing is allocated however long the body is. */
function* fillerPieces(bytes: number, pieceBytes: number): Iterable<Buffer> {
  const step = Math.min(pieceBytes, PIECE_BYTES);
  for (let sent = 0; sent < bytes; sent += step) {
    yield FILLER.subarray(0, Math.min(step, bytes - sent));
  }
}

function* split(body: Buffer, pieceBytes: number): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += pieceBytes) yield body.subarray(at, at + pieceBytes);
}

function head(status: number, fields: readonly (readonly [string, string])[]): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines}\r\n`, 'latin1');
}

/** What `/echo` and the control port tell of a request. */
export function describe(request: SeenRequest): Record<string, unknown> {
  const { method, target, version, fields, bodyBytes, bodySha256, trailers, chunked } = request;
  const { connection, index } = request;
  return {
    method,
    target,
    version,
    fields,
    bodyBytes,
    bodySha256,
    trailers,
    chunked,
    connection,
    index,
  };
}
