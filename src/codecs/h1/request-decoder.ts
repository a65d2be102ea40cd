/**
 * Data path. Bytes of a client → request heads. Strict (reliability.md §5): what two readers could
 * read in two ways is refused with 400 and the connection is closed; nothing is repaired.
 */

import {
  BYTE_CLASS,
  CR,
  DIGIT_0,
  IS_PATH_MARK,
  IS_PATH_ODD,
  IS_TARGET,
  IS_TOKEN,
  LF,
  QUESTION,
  SLASH,
  SPACE,
} from '#src/bytes/ascii.ts';
import { latin1 } from '#src/bytes/latin1.ts';
import { F_EXPECT, F_UPGRADE } from '#src/http/field-names.ts';
import { frameRequest } from '#src/http/framing.ts';
import {
  CONNECTION_CLOSE,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_UPGRADE,
  readConnection,
} from '#src/http/hop-by-hop.ts';
import { BODY_NONE, type RequestHead } from '#src/http/message.ts';
import { PATH_ODD, readTarget } from '#src/http/target.ts';
import { FieldDecoder } from './field-decoder.ts';
import { MAX_HEAD_BYTES, MAX_LEADING_LINES, MAX_REQUEST_LINE_BYTES } from './limits.ts';
import { LineMemo } from './line-memo.ts';
import {
  S_FAILED,
  S_FIELD_START,
  S_LINE_LF,
  S_METHOD,
  S_START,
  S_START_LF,
  S_TARGET,
  S_VERSION,
} from './states.ts';

/** Methods that need no string of their own. */
const COMMON_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
/** The longest registered method is UPDATEREDIRECTREF, 17 bytes. */
const MAX_METHOD_BYTES = 32;
const VERSION_BYTES = 8; // "HTTP/1.1"

/** The lines of the last requests of this thread. */
const memo = new LineMemo();

export class RequestDecoder extends FieldDecoder {
  maxRequestLineBytes = MAX_REQUEST_LINE_BYTES;
  /** Several "/" in a row are one. */
  mergesSlashes = true;
  #leadingLines = 0;
  #lineStart = 0;
  #methodEnd = 0;
  #targetStart = 0;
  #targetEnd = 0;
  #targetClasses = 0;
  /** First "?" in the target; 0 none so far. */
  #questionAt = 0;
  /** The path has a "/" or "." behind a "/". */
  #hasSegmentsToMerge = false;

  constructor() {
    super(MAX_HEAD_BYTES, memo);
    this.keepsUnderscores = false;
    this.keepsOddNames = false;
  }

  /** Ready for the next request; also empties a decoder that goes back to a free list. */
  reset(): void {
    this.startHead();
    this.#leadingLines = 0;
    this.#lineStart = 0;
  }

  /**
   * Reads the head that starts at bytes[base]; `end` is the end of what has come of it. > 0 length
   * of the complete head, `head` is filled · 0 need more: call again with the same bytes in front
   * of the new ones · < 0 refused: see `failure`.
   */
  decodeHead(bytes: Buffer, base: number, end: number, head: RequestHead): number {
    if (this.state < S_FIELD_START) {
      const line = this.#decodeLine(bytes, base, end);
      if (line <= 0) return line;
    }
    const length = this.decodeFields(bytes, base, end, head.fields);
    if (length <= 0) return length;
    head.headBytes = length;
    return this.#finish(bytes, base, head) ? length : -1;
  }

  /** > 0 the line is complete · 0 need more · < 0 failed. */
  #decodeLine(bytes: Buffer, base: number, end: number): number {
    let at = base + this.at;
    let state = this.state;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (state) {
        case S_START:
          if (byte === CR) {
            if (++this.#leadingLines > MAX_LEADING_LINES)
              return this.fail('request_line_malformed');
            at += 1;
            state = S_START_LF;
            break;
          }
          this.#lineStart = at - base;
          state = S_METHOD;
          break;
        case S_START_LF:
          if (byte !== LF) return this.fail('line_end_malformed');
          at += 1;
          state = S_START;
          break;
        case S_METHOD: {
          while (at < end && ((BYTE_CLASS[bytes[at] as number] as number) & IS_TOKEN) !== 0)
            at += 1;
          const length = at - base - this.#lineStart;
          if (length > MAX_METHOD_BYTES) return this.fail('request_line_malformed');
          if (at === end) break;
          if (bytes[at] !== SPACE || length === 0) return this.fail('request_line_malformed');
          this.#methodEnd = at - base;
          at += 1;
          this.#targetStart = at - base;
          this.#targetClasses = 0;
          this.#questionAt = 0;
          this.#hasSegmentsToMerge = false;
          state = S_TARGET;
          break;
        }
        case S_TARGET:
          for (; at < end; at++) {
            const bits = BYTE_CLASS[bytes[at] as number] as number;
            if ((bits & IS_TARGET) === 0) break;
            if ((bits & IS_PATH_MARK) !== 0 && this.#questionAt === 0) {
              if (bytes[at] === QUESTION) this.#questionAt = at - base;
              else if (bytes[at - 1] === SLASH) this.#hasSegmentsToMerge = true;
            }
            this.#targetClasses |= bits;
          }
          if (at - base - this.#lineStart > this.maxRequestLineBytes) {
            return this.fail('request_target_too_long');
          }
          if (at === end) break;
          if (bytes[at] !== SPACE || at - base === this.#targetStart) {
            return this.fail('request_target_malformed');
          }
          this.#targetEnd = at - base;
          at += 1;
          this.mark = at - base;
          state = S_VERSION;
          break;
        case S_VERSION:
          if (byte === CR && at - base - this.mark === VERSION_BYTES) state = S_LINE_LF;
          else if (at - base - this.mark >= VERSION_BYTES) {
            return this.fail('request_version_malformed');
          }
          at += 1;
          break;
        case S_LINE_LF:
          if (byte !== LF) return this.fail('line_end_malformed');
          this.state = S_FIELD_START;
          this.at = at + 1 - base;
          return this.#checkVersion(bytes, base) ? 1 : -1;
        default:
          return this.fail('internal_error');
      }
    }
    this.state = state;
    this.at = at - base;
    return 0;
  }

  #minorVersion = 1;

  /** `HTTP/1.0` and `HTTP/1.1`; a later minor version speaks 1.1 to us (RFC 9110 §2.5). */
  #checkVersion(bytes: Buffer, base: number): boolean {
    const start = base + this.mark;
    const minor = (bytes[start + VERSION_BYTES - 1] as number) - DIGIT_0;
    if ((minor === 0 || minor === 1) && isHttp1(bytes, start)) {
      this.#minorVersion = minor;
      return true;
    }
    const version = latin1(bytes, start, start + VERSION_BYTES);
    this.fail(
      /^HTTP\/\d\.\d$/.test(version) ? 'request_version_unsupported' : 'request_version_malformed',
    );
    return false;
  }

  /** The complete head means something: target, host, framing, connection. */
  #finish(bytes: Buffer, base: number, head: RequestHead): boolean {
    head.fields.take(bytes, base, base + head.headBytes);
    head.method = this.#methodOf(bytes, base);
    head.locateTarget(this.#targetStart, this.#targetEnd);
    head.minorVersion = this.#minorVersion;
    head.protocol = this.#minorVersion === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
    const failure =
      frameRequest(head) ?? readTarget(head, this.#plainQueryAt(), this.mergesSlashes);
    if (failure !== undefined) {
      this.state = S_FAILED;
      this.failure = failure;
      return false;
    }
    const connection = readConnection(head.fields);
    head.keepAlive =
      (connection & CONNECTION_CLOSE) === 0 &&
      (head.minorVersion === 1 || (connection & CONNECTION_KEEP_ALIVE) !== 0);
    if ((connection & CONNECTION_UPGRADE) !== 0) readUpgrade(head);
    if (head.fields.find(F_EXPECT) >= 0) return this.#readExpect(head);
    return true;
  }

  /** Where the query begins in a target whose path means itself, as `readTarget` wants it. */
  #plainQueryAt(): number {
    if ((this.#targetClasses & IS_PATH_ODD) !== 0 || this.#hasSegmentsToMerge) return PATH_ODD;
    return this.#questionAt === 0 ? -1 : this.#questionAt - this.#targetStart;
  }

  #methodOf(bytes: Buffer, base: number): string {
    const start = base + this.#lineStart;
    const length = this.#methodEnd - this.#lineStart;
    for (let at = 0; at < COMMON_METHODS.length; at++) {
      const method = COMMON_METHODS[at] as string;
      if (method.length === length && startsWith(bytes, start, method)) return method;
    }
    return latin1(bytes, start, start + length);
  }

  /** RFC 9110 §10.1.1: only 100-continue is known; a 1.0 client does not mean it. */
  #readExpect(head: RequestHead): boolean {
    const value = head.fields.get(F_EXPECT)?.toLowerCase();
    if (head.minorVersion === 0) return true;
    if (value !== '100-continue' || head.fields.countOf(F_EXPECT) > 1) {
      this.state = S_FAILED;
      this.failure = 'expectation_unknown';
      return false;
    }
    head.expectsContinue = true;
    return true;
  }
}

function startsWith(bytes: Buffer, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (bytes[start + at] !== text.charCodeAt(at)) return false;
  }
  return true;
}

function isHttp1(bytes: Buffer, start: number): boolean {
  return startsWith(bytes, start, 'HTTP/1.');
}

/** RFC 9110 §7.8: nothing in 1.0. With a body behind it, where the new protocol began was a guess. */
function readUpgrade(head: RequestHead): void {
  if (head.minorVersion === 0 || head.framing !== BODY_NONE) return;
  if (head.fields.countOf(F_UPGRADE) === 1) head.upgrade = head.fields.get(F_UPGRADE) ?? '';
}
