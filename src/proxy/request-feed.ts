/**
 * Data path. The body of a request on its way from the client to an endpoint. Held whole first
 * (`proxy_request_buffering on`: memory, then a temporary file), so that a slow client occupies no
 * endpoint and a failed try can be repeated; or streamed, with backpressure, and sent once.
 *
 *   HOLD     client ─▶ store ········ whole ─▶ endpoint, as often as there are tries
 *   STREAM   client ─▶ endpoint; what comes before there is a connection waits
 *
 * Allocates what the body needs to wait; an exchange without a body costs nothing here.
 */

import type { Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE } from '#src/http/message.ts';
import type { RequestStore } from '#src/spool/request-store.ts';
import type { StoreOwner } from '#src/spool/store.ts';
import { acquireRequestStore } from '#src/spool/stores.ts';
import type { UpstreamConnection } from '#src/upstream/pool/response-sink.ts';

/**
 * Shorter parts are copied behind the head: then the store's memory can be given back when the
 * exchange ends, and need not wait for the garbage collector.
 */
const MAX_COPIED_BYTES = 32 * 1024;

/** Where a body that is held may lie. */
export interface RequestStoreLimits {
  /** `client_body_buffer_size`. */
  readonly memoryBytes: number;
  /** `client_body_temp_path`. */
  readonly directory: string;
}

/** Told when a body that is held can go, or never will. */
export interface FeedOwner {
  onRequestWhole(): void;
  onRequestLost(errno: string): void;
}

export class RequestFeed implements StoreOwner {
  readonly #owner: FeedOwner;
  /** Undefined while the exchange has no body. */
  #exchange: Exchange | undefined = undefined;
  #connection: UpstreamConnection | undefined = undefined;
  #store: RequestStore | undefined = undefined;
  #isClientHeld = false;
  #isWhole = false;
  #isSettling = false;
  /** Of a body that is held: all of it was handed to the connection of this try. */
  #isSent = false;
  #keepsTrailers = false;
  /** Streamed bytes that came before there was a connection. */
  #early: Buffer[] | undefined = undefined;
  /** Streamed bytes have left: they cannot be sent again. */
  #wasStreamed = false;

  constructor(owner: FeedOwner) {
    this.#owner = owner;
  }

  /** The attempt is over. A body that is held stays with the exchange: an error page may want it. */
  end(): void {
    if (this.#exchange === undefined) return;
    this.#letGoClient();
    // What it still reads or writes concerns whoever takes it over, not our next exchange.
    if (this.#store?.owner === this) this.#store.owner = undefined;
    this.#store = undefined;
    this.#exchange = undefined;
    this.#connection = undefined;
    this.#isWhole = false;
    this.#isSettling = false;
    this.#isSent = false;
    this.#early = undefined;
    this.#wasStreamed = false;
  }

  /** Takes the body of the exchange, holds it within these limits; without them it is streamed. */
  begin(exchange: Exchange, limits: RequestStoreLimits | undefined, keepsTrailers: boolean): void {
    this.#exchange = exchange;
    this.#keepsTrailers = keepsTrailers;
    if (exchange.requestStore !== undefined) {
      this.#store = exchange.requestStore;
      this.#store.owner = this;
      this.#isWhole = exchange.requestEnded;
    } else if (limits !== undefined) {
      this.#store = acquireRequestStore();
      exchange.requestStore = this.#store;
      this.#store.begin(this, limits.memoryBytes, limits.directory);
      this.#downstream().askForBody();
    }
  }

  /** The connection has become a tunnel: what the client sends follows, as it is. */
  beginTunnel(exchange: Exchange, connection: UpstreamConnection): void {
    this.end();
    this.#exchange = exchange;
    this.#connection = connection;
    this.#wasStreamed = true;
  }

  /** The exchange has a body, or is a tunnel. */
  get isUsed(): boolean {
    return this.#exchange !== undefined;
  }

  /** The body must be whole before an endpoint is asked, and is not yet. */
  get isCollecting(): boolean {
    return this.#store !== undefined && !this.#isWhole;
  }

  /** The same request can be sent once more. */
  get isReplayable(): boolean {
    return !this.#wasStreamed;
  }

  // ---- The client's side -----------------------------------------------------------------------

  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#exchange === undefined) return; // an answer of ours that nobody asked with a body
    if (this.#store !== undefined) {
      if (!this.#store.append(bytes, start, end)) this.#holdClient();
    } else if (this.#connection !== undefined) {
      this.#wasStreamed = true;
      this.#connection.writeBody(bytes, start, end, false);
    } else {
      // Not connected yet: what this read brought is kept, more is not read.
      this.#early ??= [];
      this.#early.push(Buffer.from(bytes.subarray(start, end)));
      this.#holdClient();
    }
  }

  /** The callback that brought bytes ends. */
  onFlush(): void {
    if (this.#exchange === undefined || this.#store !== undefined) return;
    if (this.#connection !== undefined) this.#flush(this.#connection);
  }

  /** The request is complete. */
  onEnd(): void {
    if (this.#exchange === undefined) return;
    const store = this.#store;
    if (store === undefined) {
      if (this.#connection === undefined) return; // `attach` will see that it has ended
      this.#connection.endRequest(this.#trailers());
      this.#flush(this.#connection);
      return;
    }
    this.#isWhole = store.isSettled;
    const { request } = this.#exchange as Exchange;
    // Its length is known now; chunks are needed only for what comes behind them.
    if (request.framing === BODY_CHUNKED && this.#trailers() === '') {
      request.framing = store.bytes === 0 ? BODY_NONE : BODY_LENGTH;
      request.bodyBytes = store.bytes;
    }
    if (store.isSettled) this.#owner.onRequestWhole();
    else {
      // Still being written: a full disk must be known before an endpoint is asked.
      this.#isSettling = true;
      store.next();
    }
  }

  // ---- The endpoint's side ---------------------------------------------------------------------

  /** Sends what there is on a connection that has taken the head. Nothing leaves before a flush. */
  attach(connection: UpstreamConnection): void {
    this.#connection = connection;
    if (this.#store !== undefined) {
      this.#store.rewind();
      this.#isSent = false;
      return;
    }
    const early = this.#early;
    if (early !== undefined) {
      for (const bytes of early) connection.writeBody(bytes, 0, bytes.length, true);
    }
    if ((this.#exchange as Exchange).requestEnded) connection.endRequest(this.#trailers());
  }

  /** The try is over. */
  detach(): void {
    this.#connection = undefined;
  }

  /** Lets what was gathered leave; a body that is held follows the head. */
  go(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    if (this.#store !== undefined) this.#pump(connection, this.#store);
    else {
      if (this.#early !== undefined) this.#wasStreamed = true;
      this.#flush(connection);
    }
  }

  /** What queued towards the endpoint has left. */
  onDrained(): void {
    if (this.#store !== undefined) this.go();
    else this.#letGoClient();
  }

  /** One part after the other; a part stays untouched until it has left. */
  #pump(connection: UpstreamConnection, store: RequestStore): void {
    while (!this.#isSent && this.#connection === connection) {
      const part = store.next();
      if (part !== undefined) this.#write(connection, store, part);
      if (store.isAtEnd) {
        this.#isSent = true;
        connection.endRequest(this.#trailers());
      }
      if (!connection.flush() || part === undefined) return;
    }
  }

  #write(connection: UpstreamConnection, store: RequestStore, part: Buffer): void {
    const { length } = part;
    const isKept = length > MAX_COPIED_BYTES;
    if (isKept) store.lend();
    connection.writeBody(part, 0, length, isKept);
  }

  // ---- StoreOwner ------------------------------------------------------------------------------

  onStoreRoom(): void {
    this.#letGoClient();
  }

  onStoreReadable(): void {
    if (this.#isSettling) {
      this.#isSettling = false;
      this.#isWhole = true;
      this.#owner.onRequestWhole();
    } else this.go();
  }

  onStoreFailed(errno: string): void {
    this.#owner.onRequestLost(errno);
  }

  // ---- Helpers ---------------------------------------------------------------------------------

  #flush(connection: UpstreamConnection): void {
    if (connection.flush()) this.#letGoClient();
    else this.#holdClient();
  }

  #trailers(): string {
    return this.#keepsTrailers ? (this.#exchange as Exchange).request.trailers : '';
  }

  #downstream(): Downstream {
    return (this.#exchange as Exchange).downstream as Downstream;
  }

  #holdClient(): void {
    if (this.#isClientHeld) return;
    this.#isClientHeld = true;
    this.#downstream().holdRequestBody();
  }

  #letGoClient(): void {
    if (!this.#isClientHeld) return;
    this.#isClientHeld = false;
    this.#downstream().letGoRequestBody();
  }
}
