/** Data path. Who takes the answer of an endpoint: an attempt. Whatever the upstream protocol. */

import type { FailureCode } from '#src/base/failure.ts';
import type { OutgoingRequest } from '#src/codecs/h1/encoder.ts';
import type { ResponseHead } from '#src/http/message.ts';

/** All bytes were taken: their buffer is free again. */
export const FLOW_GO = 0;
/** Stop reading until `resumeResponse`; stable bytes stay in use until then. */
export const FLOW_HOLD = 1;
/** Read on, but into another buffer: stable bytes stay in use, for whoever waits with them. */
export const FLOW_SWAP = 2;

export interface ResponseSink {
  /** Filled by the decoder before `onInformational`, `onSwitch` and `onResponseHead`. */
  readonly responseHead: ResponseHead;
  /** Method of the request that is answered: HEAD has no body. */
  readonly requestMethod: string;
  /** A 1xx other than 101: the final answer is still to come (RFC 9110 §15.2). */
  onInformational(): void;
  /**
   * 101. True: what follows, both ways, is another protocol: `onResponseBody` and `writeBody` take
   * it as it is, `onResponseEnd` and `endRequest` stand for the FIN of either side. False: nobody
   * asked for it, and it fails.
   */
  onSwitch(): boolean;
  onResponseHead(): void;
  /**
   * A span of the body. `stable`: the bytes stay until `flushResponse` said FLOW_GO, or else until
   * `resumeResponse` (FLOW_HOLD) or for good (FLOW_SWAP); without it they die when this returns.
   */
  onResponseBody(bytes: Buffer, start: number, end: number, stable: boolean): void;
  /** The body is complete. The connection is no longer the sink's, unless it is a tunnel. */
  onResponseEnd(): void;
  /** End of the callback that brought bytes: FLOW_GO, FLOW_HOLD or FLOW_SWAP. */
  flushResponse(): number;
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
  /** Bytes of this request and of its response so far, heads included, sizes of chunks that are sent apart. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Encodes the head as its protocol wants it; nothing leaves before `flush`. */
  start(sink: ResponseSink, request: OutgoingRequest, traits: UpstreamTraits): void;
  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void;
  /** `trailers`: lines, each ended by CRLF; only behind a chunked body. In a tunnel: sends FIN. */
  endRequest(trailers: string): void;
  /** False: the endpoint reads slowly; `onRequestDrained` follows. */
  flush(): boolean;
  /** After `flushResponse` said FLOW_HOLD. */
  resumeResponse(): void;
  /**
   * The exchange is over before the response was: the connection cannot be used again. `isOfTunnel`:
   * an upgrade was asked for, so the endpoint may see a tunnel already; its end must look like a cut.
   */
  abort(isOfTunnel?: boolean): void;
  /** Closes it and tells its sink; false when it had none to tell. */
  fail(failure: FailureCode): boolean;
}

/** What a location says about the connections its exchanges use. */
export interface UpstreamTraits {
  /** Longest pause between two reads, two writes. */
  readonly readTimeoutMs: number;
  readonly sendTimeoutMs: number;
  /** Longest head of a response (`proxy_buffer_size`). */
  readonly maxHeadBytes: number;
  /** Not used a second time (`proxy_http_version 1.0`). */
  readonly closes: boolean;
}
