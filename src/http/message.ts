/** Data path. The heads of a request and of a response: one shape each, filled by a codec. */

import { latin1 } from '#src/bytes/latin1.ts';
import { HeaderMap } from './header-map.ts';

/** Where a body ends (RFC 9112 §6). */
export const BODY_NONE = 0; //        there is none
export const BODY_LENGTH = 1; //      after `bodyBytes` bytes
export const BODY_CHUNKED = 2; //     after the last chunk
export const BODY_UNTIL_CLOSE = 3; // when the connection ends; responses only

/** Says of an offset that there is none. */
const NOWHERE = -1;

export class RequestHead {
  method = '';
  /** Offset of "?" in `originTarget`; −1 without a query. */
  queryAt = -1;
  // Target and path are spans of `fields.bytes` as long as nobody changes them: most requests are
  // routed and sent on without a string of either. A string that was set stands before its span.
  #targetStart = NOWHERE;
  #targetEnd = NOWHERE;
  #pathEnd = NOWHERE;
  #target: string | undefined = undefined;
  #originTarget: string | undefined = undefined;
  #path: string | undefined = undefined;
  #pathBytes: Buffer | undefined = undefined;
  /** Lower case, without port; from an absolute target or from Host. '' when HTTP/1.0 has none. */
  host = '';
  /** 0 or 1: HTTP/1.0 or HTTP/1.1 (a later version of HTTP has its own way in). */
  minorVersion = 1;
  /** The protocol as clients write it: 'HTTP/1.1'. */
  protocol = 'HTTP/1.1';
  /** The client allows another request on its connection. */
  keepAlive = true;
  /** Waits for 100 before it sends the body (RFC 9110 §10.1.1). */
  expectsContinue = false;
  framing = BODY_NONE;
  /** With BODY_LENGTH: how long. */
  bodyBytes = 0;
  /**
   * The Upgrade field when Connection lists it in a 1.1 request without a body; '' otherwise: such
   * a request asks for nothing (RFC 9110 §7.8).
   */
  upgrade = '';
  /** Trailers, once the body was read: lines `Name: value␍␊` of those that may go on, or ''. */
  trailers = '';
  /** Bytes of the head as received: for $request_length. */
  headBytes = 0;
  readonly fields = new HeaderMap();

  /** As it came: origin-form, absolute-form or `*`. */
  get target(): string {
    this.#target ??=
      this.#targetEnd < 0 ? '' : latin1(this.fields.bytes, this.#targetStart, this.#targetEnd);
    return this.#target;
  }

  set target(text: string) {
    this.#target = text;
    this.#targetEnd = NOWHERE;
  }

  /** The raw path and query in origin-form, what an upstream is sent. */
  get originTarget(): string {
    return this.#originTarget ?? this.target;
  }

  set originTarget(text: string) {
    this.#originTarget = text;
  }

  /** The path, percent-decoded once, dot segments removed, runs of "/" merged: for routing only. */
  get path(): string {
    this.#path ??=
      this.#pathEnd < 0 ? '' : latin1(this.fields.bytes, this.#targetStart, this.#pathEnd);
    return this.#path;
  }

  set path(text: string) {
    this.#path = text;
    this.#pathBytes = Buffer.from(text, 'latin1');
  }

  /** The target is fields.bytes[start..end). */
  locateTarget(start: number, end: number): void {
    this.#targetStart = start;
    this.#targetEnd = end;
  }

  /** The target is in origin-form and its path, up to "?" if there is one, means itself. */
  locatePath(queryAt: number): void {
    this.queryAt = queryAt;
    this.#pathEnd = queryAt < 0 ? this.#targetEnd : this.#targetStart + queryAt;
  }

  /** First byte of the target; NaN when it is empty or was set as a string. */
  get targetFirst(): number {
    return this.#targetEnd < 0 ? Number.NaN : (this.fields.bytes[this.#targetStart] ?? Number.NaN);
  }

  /** It is `OPTIONS *`: it asks the server as a whole. */
  get isForServer(): boolean {
    return this.#path === '*';
  }

  /** The path is pathBytes[pathStart..pathEnd). */
  get pathBytes(): Buffer {
    return this.#pathBytes ?? this.fields.bytes;
  }

  get pathStart(): number {
    return this.#pathBytes === undefined ? this.#targetStart : 0;
  }

  get pathEnd(): number {
    return this.#pathBytes === undefined ? this.#pathEnd : this.#pathBytes.length;
  }

  /** Where the target that goes on stands in `fields.bytes`; −1: it is the string `originTarget`. */
  get sameTargetStart(): number {
    return this.#originTarget === undefined && this.#targetEnd >= 0 ? this.#targetStart : NOWHERE;
  }

  get sameTargetEnd(): number {
    return this.#targetEnd;
  }

  /** Where the request line as it came stands, without its end; −1: the target was set as a string. */
  get sameLineStart(): number {
    const start = this.sameTargetStart;
    return start < 0 ? NOWHERE : start - this.method.length - 1;
  }

  get sameLineEnd(): number {
    return this.#targetEnd + 1 + this.protocol.length;
  }

  /** Length of `originTarget`. */
  get targetBytes(): number {
    const start = this.sameTargetStart;
    return start < 0 ? this.originTarget.length : this.#targetEnd - start;
  }

  reset(): void {
    this.method = '';
    this.queryAt = -1;
    this.#targetStart = NOWHERE;
    this.#targetEnd = NOWHERE;
    this.#pathEnd = NOWHERE;
    this.#target = undefined;
    this.#originTarget = undefined;
    this.#path = undefined;
    this.#pathBytes = undefined;
    this.host = '';
    this.minorVersion = 1;
    this.protocol = 'HTTP/1.1';
    this.keepAlive = true;
    this.expectsContinue = false;
    this.framing = BODY_NONE;
    this.bodyBytes = 0;
    this.upgrade = '';
    this.trailers = '';
    this.headBytes = 0;
    this.fields.reset();
  }
}

export class ResponseHead {
  status = 0;
  /** Reason phrase as it came or as we made it. */
  reason = '';
  minorVersion = 1;
  /** The endpoint allows another request on its connection. */
  keepAlive = true;
  framing = BODY_NONE;
  bodyBytes = 0;
  /** Trailers, once the body was read: lines `Name: value␍␊` of those that may go on, or ''. */
  trailers = '';
  readonly fields = new HeaderMap();

  reset(): void {
    this.status = 0;
    this.reason = '';
    this.minorVersion = 1;
    this.keepAlive = true;
    this.framing = BODY_NONE;
    this.bodyBytes = 0;
    this.trailers = '';
    this.fields.reset();
  }
}
