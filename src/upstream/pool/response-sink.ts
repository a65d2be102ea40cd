/** Data path. Who takes the answer of an endpoint: an attempt. Whatever the upstream protocol. */

import type { FailureCode } from '#src/base/failure.ts';
import type { ResponseHead } from '#src/http/message.ts';

export interface ResponseSink {
  /** Filled by the decoder before `onResponseHead`. */
  readonly responseHead: ResponseHead;
  /** Method of the request that is answered: HEAD has no body. */
  readonly requestMethod: string;
  onResponseHead(): void;
  /**
   * A span of the body. `stable`: the bytes stay until `resumeResponse` of the connection or the
   * next body span, whichever comes first; else they die when this returns.
   */
  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void;
  /** The body is complete. The connection is no longer the sink's. */
  onResponseEnd(): void;
  /** End of the callback that brought bytes: false stops reading until `resumeResponse`. */
  flushResponse(): boolean;
  /** What was queued towards the endpoint has left. */
  onRequestDrained(): void;
  /**
   * It failed; the connection is closed and no longer the sink's. `sawBytes`: some byte of an
   * answer had come.
   */
  onUpstreamFailed(failure: FailureCode, sawBytes: boolean): void;
}

/** Who asked a pool for a connection. */
export interface PoolClient {
  onConnectionReady(connection: UpstreamConnection): void;
  onConnectionFailed(failure: FailureCode): void;
}

/** A connection to an endpoint, lent by its pool for one request and its response. */
export interface UpstreamConnection {
  /** Served a request before: it may have died meanwhile without our knowing. */
  readonly isReused: boolean;
  /** Takes the head in text as the protocol wants it; nothing leaves before `flush`. */
  start(sink: ResponseSink, head: string, isChunked: boolean, timeouts: UpstreamTimeouts): void;
  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void;
  endRequest(): void;
  /** False: the endpoint reads slowly; `onRequestDrained` follows. */
  flush(): boolean;
  /** After `flushResponse` said false. */
  resumeResponse(): void;
  /** The exchange is over before the response was: the connection cannot be used again. */
  abort(): void;
  /** Closes it and tells its sink; false when it had none to tell. */
  fail(failure: FailureCode): boolean;
}

export interface UpstreamTimeouts {
  readonly readTimeoutMs: number;
  readonly sendTimeoutMs: number;
}
