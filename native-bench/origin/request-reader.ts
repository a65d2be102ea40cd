import { createHash } from 'node:crypto';

/** One request as an origin saw it, after the proxy. */
export interface SeenRequest {
  /** Which connection, counted from 0 in the order of acceptance. */
  connection: number;
  /** Which request of that connection, from 0. */
  index: number;
  method: string;
  target: string;
  version: string;
  /** Names as they came, in order, values trimmed. */
  fields: [string, string][];
  /** The head, byte for byte as Latin-1, without the empty line. */
  head: string;
  bodyBytes: number;
  /** SHA-256 of the body in hexadecimal; '' for an empty body. */
  bodySha256: string;
  /** The first bytes of the body (at most `keepBodyBytes`). */
  body: Buffer;
  trailers: [string, string][];
  chunked: boolean;
}

const NEED_MORE = 0; // the part has not arrived completely
const PROGRESS = 1; //  a part was read, the message goes on
const COMPLETE = 2; //  the message has ended

/** Reads requests as an obliging server would: bare LF, odd spaces and both framings pass. */
export class RequestReader {
  readonly #connection: number;
  readonly #keepBodyBytes: number;
  #pending: Buffer = Buffer.alloc(0);
  #count = 0;
  #request: SeenRequest | undefined;
  #bodyLeft = 0; // of a declared length, or of the current chunk
  #state: 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' = 'head';
  #hash: ReturnType<typeof createHash> | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(connection: number, keepBodyBytes: number) {
    this.#connection = connection;
    this.#keepBodyBytes = keepBodyBytes;
  }

  /** True between messages with nothing read ahead. */
  get isIdle(): boolean {
    return this.#state === 'head' && this.#pending.length === 0;
  }

  /** The request whose body is being read, if any: an early answer needs to know it. */
  get partial(): SeenRequest | undefined {
    return this.#state === 'head' ? undefined : this.#request;
  }

  /** Takes bytes; they are copied. */
  push(bytes: Buffer): void {
    this.#pending =
      this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
  }

  /** The next complete request, or undefined when more bytes are needed. Never throws. */
  next(): SeenRequest | undefined {
    for (;;) {
      const step = this.#step();
      if (step === NEED_MORE) return undefined;
      if (step === COMPLETE) return this.#complete();
    }
  }

  /** Reads one part of a message: NEED_MORE, PROGRESS or COMPLETE. */
  #step(): number {
    if (this.#state === 'head') return this.#readHead() ? PROGRESS : NEED_MORE;
    if (this.#state === 'length') return this.#readBody() ? COMPLETE : NEED_MORE;
    if (this.#state === 'chunk') {
      if (!this.#readBody()) return NEED_MORE;
      this.#state = 'chunk-end';
      return PROGRESS;
    }
    const line = this.#takeLine();
    if (line === undefined) return NEED_MORE;
    return this.#onLine(line) ? COMPLETE : PROGRESS;
  }

  /** A line of the chunked framing. True when it ended the message. */
  #onLine(line: string): boolean {
    if (this.#state === 'chunk-end') {
      this.#state = 'chunk-size';
    } else if (this.#state === 'chunk-size') {
      this.#bodyLeft = Number.parseInt(line, 16) || 0;
      this.#state = this.#bodyLeft === 0 ? 'trailers' : 'chunk';
    } else if (line === '') {
      return true;
    } else {
      this.#request?.trailers.push(splitField(line));
    }
    return false;
  }

  /** Reads a head and decides the framing. False: more bytes are needed. */
  #readHead(): boolean {
    // Empty lines before a request line are skipped, as RFC 9112 §2.2 asks of servers.
    let start = 0;
    while (this.#pending[start] === 0x0d || this.#pending[start] === 0x0a) start += 1;
    const end = headEnd(this.#pending, start);
    if (end === undefined) return false;
    const head = this.#pending.toString('latin1', start, end.at);
    this.#pending = this.#pending.subarray(end.at + end.length);
    const lines = head.split(/\r?\n/);
    const [method = '', target = '', version = ''] = (lines[0] ?? '').split(' ');
    const request: SeenRequest = {
      connection: this.#connection,
      index: this.#count,
      method,
      target,
      version,
      fields: lines.slice(1).map(splitField),
      head,
      bodyBytes: 0,
      bodySha256: '',
      body: Buffer.alloc(0),
      trailers: [],
      chunked: false,
    };
    this.#count += 1;
    this.#request = request;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#hash = undefined;
    if (/chunked/i.test(fieldOf(request, 'transfer-encoding') ?? '')) {
      request.chunked = true;
      this.#state = 'chunk-size';
      return true;
    }
    this.#bodyLeft = Number.parseInt(fieldOf(request, 'content-length') ?? '0', 10) || 0;
    this.#state = 'length';
    return true;
  }

  /** Takes body bytes. False: more are needed. */
  #readBody(): boolean {
    const request = this.#request;
    if (request === undefined) return false;
    const piece = this.#pending.subarray(0, Math.min(this.#bodyLeft, this.#pending.length));
    if (piece.length > 0) {
      this.#pending = this.#pending.subarray(piece.length);
      this.#bodyLeft -= piece.length;
      request.bodyBytes += piece.length;
      this.#hash ??= createHash('sha256');
      this.#hash.update(piece);
      const keep = piece.subarray(0, Math.max(0, this.#keepBodyBytes - this.#keptBytes));
      if (keep.length > 0) {
        this.#kept.push(Buffer.from(keep));
        this.#keptBytes += keep.length;
      }
    }
    return this.#bodyLeft === 0;
  }

  #complete(): SeenRequest | undefined {
    const request = this.#request;
    this.#state = 'head';
    this.#request = undefined;
    if (request === undefined) return undefined;
    request.bodySha256 = this.#hash?.digest('hex') ?? '';
    request.body = Buffer.concat(this.#kept);
    return request;
  }

  /** A line without its end, or undefined when it has not arrived completely. */
  #takeLine(): string | undefined {
    const end = this.#pending.indexOf(0x0a);
    if (end < 0) return undefined;
    const line = this.#pending.toString('latin1', 0, end).replace(/\r$/, '');
    this.#pending = this.#pending.subarray(end + 1);
    return line;
  }
}

/** The first value of a field, whatever its case; undefined when absent. */
export function fieldOf(request: SeenRequest, name: string): string | undefined {
  for (const [other, value] of request.fields) if (other.toLowerCase() === name) return value;
  return undefined;
}

/** A field's value as a number; 0 when it is none, undefined when absent. */
export function numberField(request: SeenRequest, name: string): number | undefined {
  const text = fieldOf(request, name);
  return text === undefined ? undefined : Number(text) || 0;
}

function splitField(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

/** Where the head ends, and how long the empty line is: CRLF CRLF, LF LF, or a mixture. */
function headEnd(bytes: Buffer, from: number): { at: number; length: number } | undefined {
  for (let at = bytes.indexOf(0x0a, from); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    const start = bytes[at - 1] === 0x0d ? at - 1 : at;
    if (bytes[at + 1] === 0x0a) return { at: start, length: at + 2 - start };
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) {
      return { at: start, length: at + 3 - start };
    }
  }
  return undefined;
}
