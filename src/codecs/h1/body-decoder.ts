/**
 * Data path. The body of one message: by length, chunked, or until the connection ends. Spans go
 * to the sink as they come; chunk framing is checked and dropped (RFC 9112 §7.1), trailers are
 * checked and those that may go on are kept apart (§7.1.2). Any split of the same bytes gives the
 * same. Allocates strings only when there are trailers.
 */

import type { FailureCode } from '#src/base/failure.ts';
import {
  BYTE_CLASS,
  COLON,
  CR,
  HEX_VALUE,
  IS_TOKEN,
  IS_VALUE,
  LF,
  SEMICOLON,
} from '#src/bytes/ascii.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { type BodySink, FAILED } from '#src/codecs/codec.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import { keptTrailers } from '#src/http/trailers.ts';
import {
  MAX_CHUNK_DIGITS,
  MAX_EXTENSION_BYTES,
  MAX_EXTENSIONS_BYTES,
  MAX_TRAILER_BYTES,
} from './limits.ts';
import {
  B_CHUNK_CR,
  B_CHUNK_DATA,
  B_CHUNK_EXT,
  B_CHUNK_FIRST,
  B_CHUNK_LF,
  B_CHUNK_SIZE,
  B_CHUNK_SIZE_LF,
  B_DONE,
  B_FAILED,
  B_LAST_LF,
  B_LENGTH,
  B_NONE,
  B_TRAILER_LF,
  B_TRAILER_NAME,
  B_TRAILER_START,
  B_TRAILER_VALUE,
  B_UNTIL_CLOSE,
} from './states.ts';

const NOT_HEX = 16;

export class BodyDecoder {
  state = B_NONE;
  failure: FailureCode | undefined = undefined;
  /** Bytes to come: of the body (B_LENGTH) or of the chunk (B_CHUNK_*). */
  remaining = 0;
  /** Once the body is done: lines `Name: value␍␊` of the trailers that may go on; '' when none. */
  trailers = '';
  /** Trailer names with an underscore go on too; off for requests unless the configuration says. */
  keepsUnderscores = true;
  /** The trailer section as it came, from its first name. */
  #section = '';
  #digits = 0;
  #extensionBytes = 0;
  #extensionsBytes = 0;
  #trailerBytes = 0;

  /** Ready for a body with this framing. */
  start(framing: number, bodyBytes: number): void {
    this.failure = undefined;
    this.remaining = bodyBytes;
    this.trailers = '';
    this.#section = '';
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#extensionsBytes = 0;
    this.#trailerBytes = 0;
    if (framing === BODY_NONE) this.state = B_DONE;
    else if (framing === BODY_LENGTH) this.state = bodyBytes === 0 ? B_DONE : B_LENGTH;
    else if (framing === BODY_CHUNKED) this.state = B_CHUNK_FIRST;
    else this.state = B_UNTIL_CLOSE;
  }

  get isDone(): boolean {
    return this.state === B_DONE;
  }

  /** ≥ 0 bytes consumed; fewer than given only when the body is done · < 0 malformed: `failure`. */
  decode(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (this.state === B_LENGTH) {
      const taken = Math.min(this.remaining, end - start);
      this.remaining -= taken;
      if (this.remaining === 0) this.state = B_DONE;
      if (taken > 0) sink.onBody(bytes, start, start + taken);
      return taken;
    }
    if (this.state === B_UNTIL_CLOSE) {
      if (end > start) sink.onBody(bytes, start, end);
      return end - start;
    }
    return this.#decodeChunked(bytes, start, end, sink);
  }

  #decodeChunked(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start;
    // Where trailers begin in these bytes; −1: none were seen.
    let sectionStart = this.#section === '' ? -1 : start;
    while (at < end && this.state !== B_DONE) {
      if (this.state === B_CHUNK_DATA) {
        const taken = Math.min(this.remaining, end - at);
        this.remaining -= taken;
        if (this.remaining === 0) this.state = B_CHUNK_CR;
        sink.onBody(bytes, at, at + taken);
        at += taken;
        continue;
      }
      const failure = this.#step(bytes[at] as number);
      if (failure !== undefined) {
        this.state = B_FAILED;
        this.failure = failure;
        return FAILED;
      }
      if (this.state === B_TRAILER_NAME && sectionStart < 0) sectionStart = at;
      at += 1;
    }
    if (sectionStart >= 0) this.#keepTrailers(bytes, sectionStart, at);
    return at - start;
  }

  /** Collects the section, at most MAX_TRAILER_BYTES of it, and reads it when it is complete. */
  #keepTrailers(bytes: Buffer, start: number, end: number): void {
    this.#section += latin1(bytes, start, end);
    if (this.state !== B_DONE) return;
    this.trailers = keptTrailers(this.#section, this.keepsUnderscores);
    this.#section = '';
  }

  /** One byte of chunk framing or of the trailer section. */
  #step(byte: number): FailureCode | undefined {
    switch (this.state) {
      case B_CHUNK_FIRST:
      case B_CHUNK_SIZE:
        return this.#stepSize(byte);
      case B_CHUNK_EXT:
        if (byte === CR) {
          this.state = B_CHUNK_SIZE_LF;
          return undefined;
        }
        // A bare LF here is what "TERM.EXT" smuggling lives on: refused with every control byte.
        if (((BYTE_CLASS[byte] as number) & IS_VALUE) === 0) return 'chunk_malformed';
        this.#extensionsBytes += 1;
        if (
          ++this.#extensionBytes > MAX_EXTENSION_BYTES ||
          this.#extensionsBytes > MAX_EXTENSIONS_BYTES
        ) {
          return 'chunk_extension_too_long';
        }
        return undefined;
      case B_CHUNK_SIZE_LF:
        if (byte !== LF) return 'chunk_malformed';
        this.#digits = 0;
        this.#extensionBytes = 0;
        this.state = this.remaining === 0 ? B_TRAILER_START : B_CHUNK_DATA;
        return undefined;
      case B_CHUNK_CR:
        this.state = B_CHUNK_LF;
        return byte === CR ? undefined : 'chunk_malformed';
      case B_CHUNK_LF:
        this.state = B_CHUNK_FIRST;
        return byte === LF ? undefined : 'chunk_malformed';
      default:
        return this.#stepTrailer(byte);
    }
  }

  #stepSize(byte: number): FailureCode | undefined {
    const value = HEX_VALUE[byte] as number;
    if (value < NOT_HEX) {
      if (++this.#digits > MAX_CHUNK_DIGITS) return 'chunk_malformed';
      this.remaining = this.state === B_CHUNK_FIRST ? value : this.remaining * 16 + value;
      this.state = B_CHUNK_SIZE;
      return undefined;
    }
    if (this.state === B_CHUNK_FIRST) return 'chunk_malformed';
    if (byte === CR) this.state = B_CHUNK_SIZE_LF;
    else if (byte === SEMICOLON) this.state = B_CHUNK_EXT;
    else return 'chunk_malformed';
    return undefined;
  }

  #stepTrailer(byte: number): FailureCode | undefined {
    if (++this.#trailerBytes > MAX_TRAILER_BYTES) return 'trailer_too_large';
    const bits = BYTE_CLASS[byte] as number;
    switch (this.state) {
      case B_TRAILER_START:
        if (byte === CR) this.state = B_LAST_LF;
        else if ((bits & IS_TOKEN) !== 0) this.state = B_TRAILER_NAME;
        else return 'field_name_malformed';
        return undefined;
      case B_TRAILER_NAME:
        if (byte === COLON) this.state = B_TRAILER_VALUE;
        else if ((bits & IS_TOKEN) === 0) return 'field_name_malformed';
        return undefined;
      case B_TRAILER_VALUE:
        if (byte === CR) this.state = B_TRAILER_LF;
        else if ((bits & IS_VALUE) === 0) return 'field_value_malformed';
        return undefined;
      case B_TRAILER_LF:
        this.state = B_TRAILER_START;
        return byte === LF ? undefined : 'line_end_malformed';
      case B_LAST_LF:
        this.state = B_DONE;
        return byte === LF ? undefined : 'line_end_malformed';
      default:
        return this.failure ?? 'internal_error';
    }
  }
}
