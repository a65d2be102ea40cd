/** The bytes of requests and answers, by their plan, and how they are put on a connection. */
import type { Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { hex, type Piece, type Secrets } from './bytes.ts';
import { answerHasBody, type ExchangePlan, endsWithClose, targetOf } from './plan.ts';

const CRLF = Buffer.from('\r\n');
/** From here on the pieces of a message are not copied together. */
const MAX_COPIED_BYTES = 16 * 1024;

/** Fields that a request must carry unchanged to the origin. */
export function requestMarks(plan: ExchangePlan, secrets: Secrets): readonly [string, string][] {
  return [
    ['x-id', secrets.signed(plan.user, plan.id)],
    ['x-plan', hex(crc32(targetOf(plan)))],
    ['x-sum', secrets.sum(upPiece(plan, secrets))],
  ];
}

/** The request's body; of an upgrade, what the client sends through the tunnel. */
export function upPiece(
  { user, id, requestKind, requestBytes }: ExchangePlan,
  secrets: Secrets,
): Piece {
  return secrets.piece(user, id, 'up', requestKind === 'none' ? 0 : requestBytes);
}

/** The answer's body; of an upgrade, what the origin sends through the tunnel. */
export function downPiece(plan: ExchangePlan, secrets: Secrets): Piece {
  return secrets.piece(plan.user, plan.id, 'down', plan.answerBytes);
}

/** Head of a request. */
export function requestHead(plan: ExchangePlan, secrets: Secrets): Buffer {
  const { method, minorVersion, requestKind, requestBytes } = plan;
  let head = `${method} ${targetOf(plan)} HTTP/1.${minorVersion}\r\nHost: ${plan.user}.test\r\n`;
  for (const [name, value] of requestMarks(plan, secrets)) head += `${name}: ${value}\r\n`;
  if (requestKind === 'length') head += `Content-Length: ${requestBytes}\r\n`;
  if (requestKind === 'chunked') head += 'Transfer-Encoding: chunked\r\n';
  if (requestKind === 'trailers') head += 'Transfer-Encoding: chunked\r\nTrailer: X-End\r\n';
  if (plan.expectsContinue) head += 'Expect: 100-continue\r\n';
  if (requestKind === 'upgrade') head += 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  else if (plan.answerKind === 'trailers') head += 'TE: trailers\r\nConnection: TE\r\n';
  else if (minorVersion === 0) head += 'Connection: keep-alive\r\n';
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** Everything behind the head of a request, framing included. */
export function requestBody(plan: ExchangePlan, secrets: Secrets): Buffer[] {
  const piece = upPiece(plan, secrets);
  const { requestKind } = plan;
  if (requestKind === 'none') return [];
  if (requestKind === 'chunked') return inChunks(piece, secrets, '');
  if (requestKind === 'trailers') return inChunks(piece, secrets, trailerOf(plan, secrets));
  return piece.byteCount > 0 ? [secrets.bytes(piece)] : [];
}

/** An answer. `isCut`: it will not be sent to its end, and says so for who reads it. */
export function answerBytes(
  plan: ExchangePlan,
  secrets: Secrets,
  requestByteCount: number,
  isCut: boolean,
): Buffer[] {
  const { answerKind, answerBytes: byteCount } = plan;
  const piece = downPiece(plan, secrets);
  const mark = `X-Id: ${secrets.signed(plan.user, plan.id)}\r\n`;
  const marks =
    `${mark}X-Sum: ${secrets.sum(piece)}\r\nX-Cut: ${isCut ? 1 : 0}\r\n` +
    `X-Request-Bytes: ${String(requestByteCount).padStart(8, '0')}\r\n`;
  const head = (line: string, fields = ''): Buffer =>
    Buffer.from(`HTTP/1.${line}\r\n${marks}${fields}\r\n`, 'latin1');
  const length = `Content-Length: ${byteCount}\r\n`;
  const body = answerHasBody(plan) ? [secrets.bytes(piece)] : [];
  const hints = `HTTP/1.1 103 Early Hints\r\n${mark}Link: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n${mark}\r\n`;
  switch (answerKind) {
    case 'length':
      return [head('1 200 OK', length), ...body];
    case 'hints':
      return [Buffer.from(hints, 'latin1'), head('1 200 OK', length), ...body];
    case 'length-1.0':
      return [head('0 200 OK', `${length}Connection: keep-alive\r\n`), ...body];
    case 'close':
      return [head('1 200 OK', 'Connection: close\r\n'), ...body];
    case 'close-1.0':
      return [head('0 200 OK'), ...body];
    case '204':
      return [head('1 204 No Content')];
    case '304':
      return [head('1 304 Not Modified', 'ETag: "x"\r\n')];
    case 'upgrade':
      return [
        head('1 101 Switching Protocols', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
        ...body,
      ];
    case 'chunked':
    case 'trailers': {
      const chunked = head('1 200 OK', 'Transfer-Encoding: chunked\r\n');
      if (plan.method === 'HEAD') return [chunked];
      const trailer = answerKind === 'trailers' ? trailerOf(plan, secrets) : '';
      return [chunked, ...inChunks(piece, secrets, trailer)];
    }
  }
}

/** Whether the connection must be closed behind an answer. */
export function closesBehind(plan: ExchangePlan): boolean {
  return endsWithClose(plan) || plan.answerKind === 'close' || plan.answerKind === 'close-1.0';
}

/** The trailer field of a message, whose value belongs to its id alone. */
export function trailerOf({ user, id }: ExchangePlan, secrets: Secrets): string {
  return secrets.signed(user, `end-${id}`);
}

/** Bytes in all. */
export function byteCountOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}

/**
 * Writes the first `limit` bytes in so many writes, each in a turn of the event loop of its own.
 * Calls back when the kernel has all of them; not when the connection breaks before.
 */
export function sendInPieces(
  socket: Socket,
  buffers: readonly Buffer[],
  limit: number,
  writes: number,
  onSent: () => void,
): void {
  const total = Math.min(limit, byteCountOf(buffers));
  if (total === 0) {
    setImmediate(onSent);
    return;
  }
  let at = 0;
  const next = (): void => {
    if (socket.destroyed) return;
    const end = at + Math.max(1, Math.ceil((total - at) / Math.max(1, writes - sent)));
    sent += 1;
    const isLast = end >= total;
    writeAll(socket, slicesOf(buffers, at, Math.min(end, total)), isLast ? onSent : undefined);
    at = end;
    if (!isLast) setImmediate(next);
  };
  let sent = 0;
  next();
}

/**
 * RST. While a FIN is on its way out Node refuses to (EINVAL) and then never closes the socket: so
 * it waits for that.
 */
export function resetSocket(socket: Socket): void {
  if (!socket.writableEnded || socket.writableFinished) socket.resetAndDestroy();
  else socket.once('finish', () => setImmediate(() => socket.resetAndDestroy()));
}

function writeAll(socket: Socket, buffers: Buffer[], onSent: (() => void) | undefined): void {
  const sent = (error?: Error | null): void => {
    if (!error) onSent?.();
  };
  if (buffers.length === 1) {
    socket.write(buffers[0] as Buffer, sent);
    return;
  }
  if (byteCountOf(buffers) <= MAX_COPIED_BYTES) {
    socket.write(Buffer.concat(buffers), sent);
    return;
  }
  socket.cork();
  buffers.forEach((buffer, index) => {
    if (index < buffers.length - 1) socket.write(buffer);
    else socket.write(buffer, sent);
  });
  socket.uncork();
}

/** Bytes [start, end) of them together; views. */
export function slicesOf(buffers: readonly Buffer[], start: number, end: number): Buffer[] {
  const slices: Buffer[] = [];
  let at = 0;
  for (const buffer of buffers) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, buffer.length);
    if (from < to)
      slices.push(from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to));
    at += buffer.length;
  }
  return slices;
}

/** Chunks of growing sizes, some with an extension; as few as a large body needs. */
function inChunks(piece: Piece, secrets: Secrets, trailer: string): Buffer[] {
  const parts: Buffer[] = [];
  let size = 1 + (piece.byteCount % 97);
  for (let at = 0; at < piece.byteCount; size = Math.min(size * 3, 200_000)) {
    const end = Math.min(piece.byteCount, at + size);
    const extension = size % 5 === 0 ? ';a="b;c"' : '';
    parts.push(
      Buffer.from(`${(end - at).toString(16)}${extension}\r\n`, 'latin1'),
      secrets.bytes(piece, at, end),
      CRLF,
    );
    at = end;
  }
  parts.push(
    Buffer.from(trailer === '' ? '0\r\n\r\n' : `0\r\nX-End: ${trailer}\r\n\r\n`, 'latin1'),
  );
  return parts;
}
