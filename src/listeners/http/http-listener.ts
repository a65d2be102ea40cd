/** Data path. A listening address that speaks HTTP/1.1: accepts, counts, drains. */

import type { Address } from '#src/base/address.ts';
import type { Listener } from '#src/listeners/listener.ts';
import { CONNECTIONS_ACCEPTED } from '#src/shared/thread-rows.ts';
import type { Acceptor, AcceptorOwner, Connection } from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';
import type { HttpThread, ListenerSettings } from './http-thread.ts';
import { type ConnectionKeeper, Http1Connection } from './http1-connection.ts';

/** Who is told about the number of connections of a thread, and when accepting fails. */
export interface ListenerOwner {
  /** One more; may ask for `evictQuietest`, or stop accepting. */
  onConnectionOpened(): void;
  onConnectionClosed(): void;
  onAcceptFailed(key: string, errno: string): void;
}

export class HttpListener implements Listener, AcceptorOwner, ConnectionKeeper {
  readonly #thread: HttpThread;
  readonly #settings: ListenerSettings;
  readonly #address: Address;
  readonly #backlog: number;
  readonly #transport: Transport;
  readonly #owner: ListenerOwner;
  readonly #acceptors: Acceptor[] = [];
  readonly #connections = new Set<Http1Connection>();

  constructor(
    thread: HttpThread,
    settings: ListenerSettings,
    address: Address,
    backlog: number,
    transport: Transport,
    owner: ListenerOwner,
  ) {
    this.#thread = thread;
    this.#settings = settings;
    this.#address = address;
    this.#backlog = backlog;
    this.#transport = transport;
    this.#owner = owner;
  }

  get key(): string {
    return this.#settings.key;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  listen(fd: number): void {
    this.#acceptors.push(this.#transport.accept(fd, this.#address, this.#backlog, this));
  }

  stopListening(): void {
    for (const acceptor of this.#acceptors.splice(0)) acceptor.close();
  }

  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  close(): void {
    this.stopListening();
    for (const connection of this.#connections) connection.kill();
  }

  /** AcceptorOwner. */
  onAccepted(connection: Connection): void {
    const { row } = this.#thread;
    row[CONNECTIONS_ACCEPTED] = (row[CONNECTIONS_ACCEPTED] ?? 0) + 1;
    this.#connections.add(new Http1Connection(this.#thread, this.#settings, this, connection));
    this.#owner.onConnectionOpened();
  }

  /** AcceptorOwner. */
  onAcceptFailed(errno: string): void {
    this.#owner.onAcceptFailed(this.key, errno);
  }

  /** ConnectionKeeper. */
  onConnectionClosed(connection: Http1Connection): void {
    this.#connections.delete(connection);
    this.#owner.onConnectionClosed();
  }

  /**
   * Makes room, if it can, by closing the idle keep-alive connection that came first, as nginx does when its
   * worker_connections are used up. A Set keeps the order of insertion.
   */
  evictQuietest(): boolean {
    for (const connection of this.#connections) {
      if (!connection.isIdle || connection.exchangeCount === 0) continue;
      connection.kill();
      return true;
    }
    return false;
  }
}
