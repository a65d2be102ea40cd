/**
 * What an exchange needs of its client side, whatever the protocol. HTTP/1.1 implements it per
 * connection (one exchange at a time), HTTP/2 per stream.
 */

import type { ByteBlock } from '#src/bytes/byte-copy.ts';

/** Facts about the client's connection that do not change from one exchange to the next. */
export interface ClientFacts {
  /** '203.0.113.7', '2001:db8::1', or 'unix:' for a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** The address and port the client connected to. */
  readonly localAddress: string;
  readonly localPort: number;
  readonly scheme: 'http' | 'https';
  /** Number of the connection in this thread, from 1. */
  readonly connectionSerial: number;
  /** When it was accepted, by the coarse clock. */
  readonly openedAtMs: number;
  /** Exchanges on this connection so far, this one included. */
  readonly exchangeCount: number;
  /** What locations put into the requests of this connection, once it was made. */
  lines: ConnectionLines | undefined;
}

/**
 * Lines `Name: value␍␊`, bytes[0..at), that are the same for every request of a connection that
 * names the host.
 */
export interface ConnectionLines extends ByteBlock {
  readonly at: number;
  /** Whoever made them, and may use them again. */
  readonly maker: object;
  readonly host: string;
  /** Of another maker or host. */
  readonly next: ConnectionLines | undefined;
  /** How many there are from here on. */
  readonly count: number;
}

/**
 * The way of a response to the client. Order: `startResponse`, `writeBody`*, `endResponse`, with
 * `flush` at the end of every callback that wrote. After `cut` or a closed client nothing more.
 *
 * `stable` says who owns the bytes: true means that the caller leaves them untouched until `flush`
 * has returned true or `onDownstreamWritable` was called; false means that they die when the
 * callback returns, and they are copied or encoded (DESIGN §4).
 */
export interface Downstream {
  readonly facts: ClientFacts;
  /**
   * Sends the head in `exchange.response`; decides the framing towards the client. With status 101
   * the connection becomes a tunnel: what the client sends from there on (and what it sent behind
   * its request) comes as body of the request, what is written goes out as it is, `endResponse`
   * and `onRequestEnd` stand for the FIN of either side.
   */
  startResponse(): void;
  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void;
  endResponse(): void;
  /** Hands what was gathered to the socket. False: it queues; stop the source until writable. */
  flush(): boolean;
  /** Ends the response visibly incomplete: a client must never take it as whole. */
  cut(): void;
  /** Counted: the client's body is read on when every hold was let go. */
  holdRequestBody(): void;
  letGoRequestBody(): void;
  /** Sends the informational head (1xx, not 101) in `exchange.response`, at once; not to HTTP/1.0. */
  sendInformational(): void;
  /** Tells a client that waits with its body to send it (100 Continue). */
  askForBody(): void;
  /**
   * Of one that stands before the client and has something of its own to do: the client is gone, and
   * `rest` takes what it would have got. True: it goes on; else `rest` takes its place.
   */
  leaveClient?(rest: Downstream): boolean;
}
