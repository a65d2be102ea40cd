/** Data path. The heads of a request and of a response: one shape each, filled by a codec. */

import { HeaderMap } from './header-map.ts';

/** Where a body ends (RFC 9112 §6). */
export const BODY_NONE = 0; //        there is none
export const BODY_LENGTH = 1; //      after `bodyBytes` bytes
export const BODY_CHUNKED = 2; //     after the last chunk
export const BODY_UNTIL_CLOSE = 3; // when the connection ends; responses only

export class RequestHead {
  method = '';
  /** As it came: origin-form, absolute-form or `*`. */
  target = '';
  /** The path, percent-decoded once, dot segments removed, runs of "/" merged: for routing only. */
  path = '';
  /** The raw path and query in origin-form, what an upstream is sent. */
  originTarget = '';
  /** Offset of "?" in `originTarget`; −1 without a query. */
  queryAt = -1;
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

  reset(): void {
    this.method = '';
    this.target = '';
    this.path = '';
    this.originTarget = '';
    this.queryAt = -1;
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
