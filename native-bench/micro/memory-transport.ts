/**
 * Connections without a kernel, for measuring what an exchange costs in our own code: bytes are put
 * in by hand, what is written is only counted. Not for tests: nothing here fails or queues.
 */
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import {
  type Acceptor,
  type AcceptorOwner,
  type Connection,
  type ConnectionOwner,
  type Dial,
  type DialOwner,
  NO_OWNER,
} from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';

/** One connection; `onFlush` stands for the peer that reads. */
export class MemoryConnection implements Connection {
  owner: ConnectionOwner = NO_OWNER;
  readonly isQueued = false;
  bytesOut = 0;
  onFlush: (() => void) | undefined = undefined;
  #waiting = 0;

  readonly hasUnread = false;
  writeCount = 0;

  room(count: number): ByteWriter {
    out.at = 0;
    out.reserve(count);
    return out;
  }

  commit(): void {
    this.#waiting += out.at;
  }

  queueText(text: string): void {
    this.room(text.length).text(text);
    this.commit();
  }

  lendBytes(bytes: Buffer, start: number, end: number): void {
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.#waiting += bytes.length;
  }

  flush(): boolean {
    this.bytesOut += this.#waiting;
    this.#waiting = 0;
    this.writeCount += 1;
    this.onFlush?.();
    return true;
  }

  flushNow(): boolean {
    return this.flush();
  }

  get writesWhenRead(): number {
    return this.writeCount;
  }

  dropUnsent(): void {}
  readInto(): void {}
  holdReading(): void {}
  letGoReading(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
  remoteAddress = (): string => '127.0.0.1';
  remotePort = (): number => 40_000;
  localAddress = (): string => '127.0.0.1';
  localPort = (): number => 8080;
}

const out = new ByteWriter(128 * 1024);

/** Accepts what `connect` gives it; every dial succeeds when `settle` is called. */
export class MemoryTransport implements Transport {
  readonly tier = 'fast';
  readonly #dials: DialOwner[] = [];
  #acceptor: AcceptorOwner | undefined;

  accept(_fd: number, _address: unknown, _backlog: number, owner: AcceptorOwner): Acceptor {
    this.#acceptor = owner;
    return { close: () => undefined };
  }

  dial(_address: unknown, owner: DialOwner): Dial {
    this.#dials.push(owner);
    return { cancel: () => undefined };
  }

  /** A client connects. */
  connect(): MemoryConnection {
    const connection = new MemoryConnection();
    this.#acceptor?.onAccepted(connection);
    return connection;
  }

  /** Every dial that waits succeeds; `onConnection` sees each before its owner. */
  settle(onConnection: (connection: MemoryConnection) => void): void {
    for (const owner of this.#dials.splice(0)) {
      const connection = new MemoryConnection();
      onConnection(connection);
      owner.onConnected(connection);
    }
  }
}
