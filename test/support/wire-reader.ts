// Reads HTTP/1.1 messages from raw bytes, for tests: written apart from src/codecs, so that the two
// do not share a mistake. Takes exactly what the RFCs ask a sender for and nothing else.

import assert from 'node:assert/strict';

/** A message as it was on the wire. */
export interface WireMessage {
  /** Start line and field lines, without their ends. */
  readonly lines: readonly string[];
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  /** It ended where it said; one that ends with its connection is whole only after a FIN. */
  readonly isWhole: boolean;
}

/** How the stream that is read stands. */
export type StreamEnd = 'open' | 'end' | 'reset';

/** The message and the bytes it took. */
export interface Read {
  readonly message: WireMessage;
  readonly byteCount: number;
}

const HEAD_END = '\r\n\r\n';

/** The request at the start of the bytes; undefined while it is incomplete. */
export function readRequest(bytes: Buffer): Read | undefined {
  const head = readHead(bytes);
  if (head === undefined) return undefined;
  const { fields } = head;
  const body = readFramed(bytes, head, fields, { noneMeansEmpty: true, end: 'open' });
  return body?.isWhole ? done(head, body) : undefined;
}

/**
 * The response at the start of the bytes to a request with that method; undefined while it is
 * incomplete and more may come. After the end of the stream what came is returned as not whole.
 */
export function readResponse(bytes: Buffer, method: string, end: StreamEnd): Read | undefined {
  const head = readHead(bytes);
  if (head === undefined) {
    if (end === 'open' || bytes.length === 0) return undefined;
    const lines = bytes.toString('latin1').split('\r\n');
    const message = { lines, fields: new Map(), body: Buffer.alloc(0), isWhole: false };
    return { message, byteCount: bytes.length };
  }
  const status = Number(head.lines[0]?.slice(9, 12));
  const hasNone = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const body = hasNone
    ? { body: Buffer.alloc(0), isWhole: true, endAt: head.endAt }
    : readFramed(bytes, head, head.fields, { noneMeansEmpty: false, end });
  if (body === undefined || (!body.isWhole && end === 'open')) return undefined;
  return done(head, body);
}

interface Head {
  readonly lines: readonly string[];
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly endAt: number;
}

interface Body {
  readonly body: Buffer;
  readonly isWhole: boolean;
  readonly endAt: number;
}

function done(head: Head, { body, isWhole, endAt }: Body): Read {
  return { message: { lines: head.lines, fields: head.fields, body, isWhole }, byteCount: endAt };
}

function readHead(bytes: Buffer): Head | undefined {
  const at = bytes.indexOf(HEAD_END, 0, 'latin1');
  if (at < 0) return undefined;
  const lines = bytes.toString('latin1', 0, at).split('\r\n');
  const fields = new Map<string, string[]>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(': ');
    assert.ok(colon > 0, `not in canonical form: ${JSON.stringify(line)}`);
    const name = line.slice(0, colon).toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 2)]);
  }
  return { lines, fields, endAt: at + HEAD_END.length };
}

function readFramed(
  bytes: Buffer,
  head: Head,
  fields: ReadonlyMap<string, readonly string[]>,
  { noneMeansEmpty, end }: { noneMeansEmpty: boolean; end: StreamEnd },
): Body | undefined {
  const start = head.endAt;
  const coding = fields.get('transfer-encoding');
  const length = fields.get('content-length');
  assert.ok(coding === undefined || length === undefined, 'both framings in one message');
  if (coding !== undefined) {
    assert.deepEqual(coding, ['chunked']);
    const body = readChunks(bytes, start);
    if (body.isWhole || end !== 'open') return { ...body, body: Buffer.concat(body.chunks) };
    return undefined;
  }
  if (length !== undefined) {
    assert.match(length.join('|'), /^\d+$/);
    const endAt = Math.min(bytes.length, start + Number(length[0]));
    const isWhole = endAt === start + Number(length[0]);
    return { body: bytes.subarray(start, endAt), isWhole, endAt };
  }
  if (noneMeansEmpty) return { body: Buffer.alloc(0), isWhole: true, endAt: start };
  return { body: bytes.subarray(start), isWhole: end === 'end', endAt: bytes.length };
}

interface Chunks {
  readonly chunks: readonly Buffer[];
  readonly isWhole: boolean;
  readonly endAt: number;
}

function readChunks(bytes: Buffer, start: number): Chunks {
  const chunks: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) break;
    const size = bytes.toString('latin1', at, lineEnd);
    assert.match(size, /^[0-9a-f]+$/, `chunk size ${JSON.stringify(size)}`);
    const dataAt = lineEnd + 2;
    const endAt = dataAt + Number.parseInt(size, 16);
    chunks.push(bytes.subarray(dataAt, Math.min(endAt, bytes.length)));
    if (endAt + 2 > bytes.length) break;
    assert.equal(bytes.toString('latin1', endAt, endAt + 2), '\r\n', 'end of chunk');
    if (endAt === dataAt) return { chunks, isWhole: true, endAt: endAt + 2 };
    at = endAt + 2;
  }
  return { chunks, isWhole: false, endAt: bytes.length };
}
