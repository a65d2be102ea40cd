/**
 * Reads messages of HTTP/1.1 as they come over a connection, strictly: what is not exactly as the
 * RFC has it is told as malformed. Shares nothing with the program under test. Bodies are handed on
 * as views of what was fed; nothing is gathered but heads.
 */

/** A start line and its fields. */
export interface Head {
  readonly line: string;
  /** By name in lower case; those that occur twice are joined by `, `. */
  readonly fields: ReadonlyMap<string, string>;
}

/** What the owner knows about the body behind a head: `framed` is what its fields say. */
export type BodyRule = 'framed' | 'none' | 'tunnel';

/** Told what was read, from within `feed` and `finish`. */
export interface MessageSink {
  onHead(head: Head): BodyRule;
  onBody(bytes: Buffer): void;
  /** The message has ended where its framing says. */
  onEnd(trailers: ReadonlyMap<string, string>): void;
  onMalformed(what: string): void;
}

const HEAD = 0;
const LENGTH = 1;
const CHUNK_LINE = 2;
const CHUNK_DATA = 3;
const CHUNK_END = 4;
const TRAILERS = 5;
const UNTIL_CLOSE = 6;
const TUNNEL = 7;
const DEAD = 8;

const NO_BYTES = Buffer.alloc(0);
const NO_FIELDS: ReadonlyMap<string, string> = new Map();

export class MessageReader {
  readonly #sink: MessageSink;
  /** A message without length and chunks ends with the connection (responses alone). */
  readonly #mayEndWithClose: boolean;
  #state = HEAD;
  #pending: Buffer = NO_BYTES;
  #left = 0;

  constructor(sink: MessageSink, mayEndWithClose: boolean) {
    this.#sink = sink;
    this.#mayEndWithClose = mayEndWithClose;
  }

  /** Bytes of a message that has not ended have come. */
  get isInMessage(): boolean {
    return this.#state !== HEAD || this.#pending.length > 0;
  }

  /** The start of a head that is not complete yet. */
  get pendingText(): string {
    return this.#pending.toString('latin1');
  }

  feed(bytes: Buffer): void {
    let rest = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pending = NO_BYTES;
    while (rest.length > 0 && this.#state !== DEAD) {
      const used = this.#step(rest);
      if (used < 0) {
        this.#pending = rest;
        return;
      }
      rest = rest.subarray(used);
    }
  }

  /** FIN: true when that is a proper end of everything that came. */
  finish(): boolean {
    if (this.#state === UNTIL_CLOSE) {
      this.#end(NO_FIELDS);
      return true;
    }
    return !this.isInMessage;
  }

  /** Bytes used, −1 when it takes more of them to go on. */
  #step(bytes: Buffer): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(bytes);
      case LENGTH:
      case CHUNK_DATA:
        return this.#readCounted(bytes);
      case CHUNK_LINE:
        return this.#readChunkLine(bytes);
      case CHUNK_END:
        return this.#readChunkEnd(bytes);
      case TRAILERS:
        return this.#readTrailers(bytes);
      default:
        this.#sink.onBody(bytes);
        return bytes.length;
    }
  }

  #readHead(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return -1;
    const text = bytes.toString('latin1', 0, end);
    const lineEnd = text.indexOf('\r\n');
    const line = lineEnd < 0 ? text : text.slice(0, lineEnd);
    const fields = lineEnd < 0 ? NO_FIELDS : this.#fieldsOf(text.slice(lineEnd + 2));
    if (fields === undefined) return bytes.length;
    const rule = this.#sink.onHead({ line, fields });
    if (this.#state === DEAD) return bytes.length;
    if (rule === 'tunnel') this.#state = TUNNEL;
    else if (rule === 'framed') this.#frame(fields);
    // else: no body, the next head follows
    return end + 4;
  }

  #frame(fields: ReadonlyMap<string, string>): void {
    const coding = fields.get('transfer-encoding');
    const length = fields.get('content-length');
    if (coding !== undefined && length !== undefined) this.#malformed('two framings');
    else if (coding !== undefined) {
      if (coding !== 'chunked') this.#malformed(`coding ${coding}`);
      else this.#state = CHUNK_LINE;
    } else if (length !== undefined) {
      if (!/^\d+$/.test(length)) return this.#malformed(`length ${length}`);
      this.#left = Number(length);
      if (this.#left === 0) this.#end(NO_FIELDS);
      else this.#state = LENGTH;
    } else if (this.#mayEndWithClose) this.#state = UNTIL_CLOSE;
    else this.#end(NO_FIELDS);
    return undefined;
  }

  #readCounted(bytes: Buffer): number {
    const count = Math.min(this.#left, bytes.length);
    this.#left -= count;
    this.#sink.onBody(count === bytes.length ? bytes : bytes.subarray(0, count));
    if (this.#left === 0 && this.#state === CHUNK_DATA) this.#state = CHUNK_END;
    else if (this.#left === 0 && this.#state === LENGTH) this.#end(NO_FIELDS);
    return count;
  }

  #readChunkLine(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n');
    if (end < 0) return -1;
    const [, digits] = /^([0-9a-f]+)(?:;.*)?$/i.exec(bytes.toString('latin1', 0, end)) ?? [];
    if (digits === undefined) {
      this.#malformed(`chunk line ${bytes.toString('latin1', 0, Math.min(end, 40))}`);
      return bytes.length;
    }
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? TRAILERS : CHUNK_DATA;
    return end + 2;
  }

  #readChunkEnd(bytes: Buffer): number {
    if (bytes.length < 2) return -1;
    if (bytes[0] !== 13 || bytes[1] !== 10) {
      this.#malformed('no CRLF behind a chunk');
      return bytes.length;
    }
    this.#state = CHUNK_LINE;
    return 2;
  }

  #readTrailers(bytes: Buffer): number {
    if (bytes[0] === 13 && bytes[1] === 10) {
      this.#end(NO_FIELDS);
      return 2;
    }
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return -1;
    const trailers = this.#fieldsOf(bytes.toString('latin1', 0, end));
    if (trailers !== undefined) this.#end(trailers);
    return end + 4;
  }

  #fieldsOf(text: string): ReadonlyMap<string, string> | undefined {
    const fields = new Map<string, string>();
    for (const line of text.split('\r\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      if (colon <= 0 || !/^[\w-]+$/.test(name) || /[\r\n]/.test(line)) {
        this.#malformed(`field line ${line.slice(0, 60)}`);
        return undefined;
      }
      const value = line.slice(colon + 1).trim();
      const first = fields.get(name);
      fields.set(name, first === undefined ? value : `${first}, ${value}`);
    }
    return fields;
  }

  #end(trailers: ReadonlyMap<string, string>): void {
    this.#state = HEAD;
    this.#sink.onEnd(trailers);
  }

  #malformed(what: string): void {
    this.#state = DEAD;
    this.#sink.onMalformed(what);
  }
}
