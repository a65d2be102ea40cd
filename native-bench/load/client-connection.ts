import { Socket } from 'node:net';
import type { FailureKind } from './options.ts';
import type { MadeRequest } from './request-maker.ts';
import { COMPLETE, MIXED, NEED_MORE, ResponseReader } from './response-reader.ts';

/** What a connection tells its owner. Each request ends by exactly one of the first two. */
export interface ConnectionOwner {
  /** The answer is complete; the connection may be used again when `isReusable`. */
  onAnswer(connection: ClientConnection): void;
  /** The request failed and the connection is gone. */
  onFailure(connection: ClientConnection, kind: FailureKind, detail: string): void;
  /** Bytes came although nothing was asked; the connection is gone. */
  onStray(connection: ClientConnection, detail: string): void;
  /** An unused connection was closed by the other side. */
  onIdleClosed(connection: ClientConnection): void;
}

/** Reads are handled synchronously, so all connections of a thread share one buffer. */
const readBuffer = Buffer.alloc(262_144);

/** One connection of the generator: at most one request at a time. */
export class ClientConnection {
  readonly reader = new ResponseReader();
  /** How many requests were sent on it. */
  sent = 0;
  /** True while an answer is awaited. */
  isBusy = false;
  isClosed = false;

  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;

  constructor(
    owner: ConnectionOwner,
    host: string,
    port: number,
    localAddress: string | undefined,
  ) {
    this.#owner = owner;
    this.#socket = new Socket({
      allowHalfOpen: true,
      onread: { buffer: readBuffer, callback: this.#onRead },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.setNoDelay(true);
    this.#socket.on('end', this.#onEnd);
    this.#socket.on('error', this.#onError);
    this.#socket.connect(
      localAddress === undefined ? { host, port } : { host, port, localAddress },
    );
  }

  /** Sends a request; the owner hears of its end. */
  send(request: MadeRequest, expectedBytes: number): void {
    this.sent += 1;
    this.isBusy = true;
    this.reader.start(request.unit, expectedBytes);
    this.#socket.write(request.bytes);
  }

  /** Ends it without telling the owner. */
  destroy(): void {
    this.isClosed = true;
    this.isBusy = false;
    this.#socket.destroy();
  }

  readonly #onRead = (count: number, buffer: Uint8Array): boolean => {
    if (this.isClosed) return true;
    const bytes = (buffer as Buffer).subarray(0, count);
    if (!this.isBusy) {
      this.destroy();
      this.#owner.onStray(this, JSON.stringify(bytes.toString('latin1', 0, 60)));
      return true;
    }
    const verdict = this.reader.push(bytes);
    if (verdict === NEED_MORE) return true;
    if (verdict === COMPLETE) this.#complete();
    else this.#fail(verdict === MIXED ? 'mixedBody' : 'malformed', this.reader.problem);
    return true;
  };

  #complete(): void {
    if (this.reader.leftOver > 0) {
      this.#fail('unexpectedBytes', `${this.reader.leftOver} bytes after the response`);
      return;
    }
    this.isBusy = false;
    this.#owner.onAnswer(this);
  }

  readonly #onEnd = (): void => {
    if (this.isClosed) return;
    if (!this.isBusy) {
      this.destroy();
      this.#owner.onIdleClosed(this);
      return;
    }
    const verdict = this.reader.end();
    if (verdict === COMPLETE) this.#complete();
    else if (verdict === MIXED) this.#fail('mixedBody', this.reader.problem);
    else if (this.reader.receivedBytes === 0) this.#fail('closed', 'FIN before the response');
    else this.#fail('truncated', `FIN after ${this.reader.receivedBytes} bytes`);
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.isClosed) return;
    if (!this.isBusy) {
      this.destroy();
      this.#owner.onIdleClosed(this);
      return;
    }
    this.#fail(kindOfError(error.code), error.message);
  };

  #fail(kind: FailureKind, detail: string): void {
    this.destroy();
    this.#owner.onFailure(this, kind, detail);
  }
}

function kindOfError(code: string | undefined): FailureKind {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  return code === 'ETIMEDOUT' ? 'timeout' : 'other';
}
