import { matchesPattern } from '#native-bench/wire/body-pattern.ts';

export const NEED_MORE = 0; //  the response has not arrived completely
export const COMPLETE = 1; //   it has, and `status` and `keepsAlive` are final
export const MALFORMED = 2; //  this is no HTTP response, or its framing is broken
export const MIXED = 3; //      its body is not that of the request's id

const S_HEAD = 0; //        reading the status line and fields
const S_LENGTH = 1; //      body of a declared length
const S_CHUNK_SIZE = 2; //  line with a chunk's size
const S_CHUNK = 3; //       bytes of a chunk
const S_CHUNK_END = 4; //   the CRLF after them
const S_TRAILERS = 5; //    fields after the last chunk, up to an empty line
const S_CLOSE = 6; //       body up to the end of the connection
const S_COMPLETE = 7; //    nothing more belongs to the response

const MAX_HEAD_BYTES = 65_536;
const EMPTY = Buffer.alloc(0);

/** Reads one response after the other from a connection and checks bodies against their pattern. */
export class ResponseReader {
  /** Of the current or last response. */
  status = 0;
  keepsAlive = true;
  /** Bytes of the current response, head included. */
  receivedBytes = 0;
  /** What was wrong, after MALFORMED or MIXED. */
  problem = '';
  /** Bytes beyond the end of the last response. */
  leftOver = 0;

  #state = S_COMPLETE;
  #pending: Buffer = EMPTY; // of an incomplete head or line
  #bodyLeft = 0;
  #bodyBytes = 0;
  #unit: Buffer | undefined;
  #expectedBytes = -1;

  /** Expects a response; `unit` and `expectedBytes` when its body shall be checked. */
  start(unit: Buffer | undefined, expectedBytes: number): void {
    this.status = 0;
    this.keepsAlive = true;
    this.receivedBytes = 0;
    this.problem = '';
    this.leftOver = 0;
    this.#state = S_HEAD;
    this.#pending = EMPTY;
    this.#bodyBytes = 0;
    this.#unit = unit;
    this.#expectedBytes = unit === undefined ? -1 : expectedBytes;
  }

  /** Takes bytes (not kept after the call): NEED_MORE, COMPLETE, MALFORMED or MIXED. */
  push(bytes: Buffer): number {
    this.receivedBytes += bytes.length;
    let rest = bytes;
    if (this.#pending.length > 0) {
      rest = Buffer.concat([this.#pending, bytes]);
      this.#pending = EMPTY;
    }
    for (;;) {
      if (this.#state === S_COMPLETE) {
        this.leftOver = rest.length;
        return this.#verdict();
      }
      const used = this.#step(rest);
      if (used === undefined) return this.problem.startsWith('body') ? MIXED : MALFORMED;
      if (used === 0 && this.#state !== S_COMPLETE && !this.#hasProgressed) {
        if (rest.length > MAX_HEAD_BYTES) return this.#fail('endless head or line');
        if (rest.length > 0) this.#pending = Buffer.from(rest);
        return NEED_MORE;
      }
      rest = rest.subarray(used);
    }
  }

  /** The connection has ended: COMPLETE when that ends the body, else NEED_MORE. */
  end(): number {
    if (this.#state !== S_CLOSE) return NEED_MORE;
    this.keepsAlive = false;
    this.#state = S_COMPLETE;
    return this.#verdict();
  }

  #hasProgressed = false; // a step that used no bytes but changed the state

  /** Reads one part. Returns the bytes used, 0 when more are needed, undefined when broken. */
  #step(rest: Buffer): number | undefined {
    this.#hasProgressed = false;
    switch (this.#state) {
      case S_HEAD:
        return this.#readHead(rest);
      case S_LENGTH:
      case S_CHUNK:
      case S_CLOSE:
        return this.#readBody(rest);
      default: {
        const end = rest.indexOf('\r\n', 0, 'latin1');
        if (end !== 0 && this.#state === S_CHUNK_END && rest.length >= 2) {
          this.#fail('no CRLF after a chunk');
          return undefined;
        }
        if (end < 0) return 0;
        return this.#readLine(rest.toString('latin1', 0, end)) ? end + 2 : undefined;
      }
    }
  }

  #readHead(rest: Buffer): number | undefined {
    const end = rest.indexOf('\r\n\r\n', 0, 'latin1');
    if (end < 0) {
      if (rest.length >= 5 && rest.toString('latin1', 0, 5) !== 'HTTP/') {
        this.#fail(`not HTTP: ${JSON.stringify(rest.toString('latin1', 0, 40))}`);
        return undefined;
      }
      return 0;
    }
    const head = rest.toString('latin1', 0, end);
    const match = /^HTTP\/1\.([01]) (\d{3})(?: |\r|$)/.exec(head);
    if (match === null) {
      this.#fail(`bad status line: ${JSON.stringify(head.slice(0, 60))}`);
      return undefined;
    }
    this.status = Number(match[2]);
    if (this.status >= 100 && this.status < 200 && this.status !== 101) return end + 4;
    const connection = /\nconnection: *([^\r]*)/i.exec(head)?.[1] ?? '';
    this.keepsAlive =
      match[1] === '1' ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection);
    this.#chooseFraming(head);
    return end + 4;
  }

  #chooseFraming(head: string): void {
    const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (this.status === 204 || this.status === 304) this.#state = S_COMPLETE;
    else if (/\ntransfer-encoding: *chunked/i.test(head)) this.#state = S_CHUNK_SIZE;
    else if (length === undefined) this.#state = S_CLOSE;
    else {
      this.#bodyLeft = Number(length);
      this.#state = this.#bodyLeft === 0 ? S_COMPLETE : S_LENGTH;
    }
  }

  #readBody(rest: Buffer): number | undefined {
    if (rest.length === 0) return 0;
    const isCounted = this.#state !== S_CLOSE;
    const piece =
      isCounted && rest.length > this.#bodyLeft ? rest.subarray(0, this.#bodyLeft) : rest;
    // Only the asked-for answer has the pattern; an error page is judged by its status.
    if (
      this.#unit !== undefined &&
      this.status === 200 &&
      !matchesPattern(this.#unit, piece, this.#bodyBytes)
    ) {
      this.#fail(
        `body: at ${this.#bodyBytes} of ${this.#unit.toString('latin1', 0, 12)}: ${JSON.stringify(piece.toString('latin1', 0, 40))}`,
      );
      return undefined;
    }
    this.#bodyBytes += piece.length;
    if (isCounted) {
      this.#bodyLeft -= piece.length;
      if (this.#bodyLeft === 0) this.#state = this.#state === S_CHUNK ? S_CHUNK_END : S_COMPLETE;
    }
    return piece.length;
  }

  /** A line of the chunked framing. False: broken. */
  #readLine(line: string): boolean {
    this.#hasProgressed = true;
    if (this.#state === S_TRAILERS) {
      if (line === '') this.#state = S_COMPLETE;
      return true;
    }
    if (this.#state === S_CHUNK_END) {
      this.#state = S_CHUNK_SIZE;
      return true;
    }
    const size = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) return this.#fail(`bad chunk size: ${line.slice(0, 40)}`) === NEED_MORE;
    this.#bodyLeft = Number.parseInt(size, 16);
    this.#state = this.#bodyLeft === 0 ? S_TRAILERS : S_CHUNK;
    return true;
  }

  /** COMPLETE, or MIXED when the body of a checked answer has the wrong length. */
  #verdict(): number {
    const wrong =
      this.#expectedBytes >= 0 && this.status === 200 && this.#bodyBytes !== this.#expectedBytes;
    if (!wrong) return COMPLETE;
    this.problem = `body of ${this.#bodyBytes} bytes instead of ${this.#expectedBytes}`;
    return MIXED;
  }

  #fail(problem: string): number {
    this.problem = problem;
    return MALFORMED;
  }
}
