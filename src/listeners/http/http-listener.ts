/** Data path. A listening address that speaks HTTP/1.1: accepts, counts, drains. */

import { LinkedList } from '#src/base/linked-list.ts';
import type { Listener, ListenerKind, ListenerSettings } from '#src/listeners/listener.ts';
import { CONNECTIONS_ACCEPTED } from '#src/shared/thread-rows.ts';
import type { Acceptor, AcceptorOwner, Connection } from '#src/transport/connection.ts';
import { ConnectionList } from './connection-list.ts';
import { HttpThread } from './http-thread.ts';
import { type ConnectionKeeper, Http1Connection } from './http1-connection.ts';

export class HttpListener implements Listener, AcceptorOwner, ConnectionKeeper {
  readonly #thread: HttpThread;
  readonly #settings: ListenerSettings;
  readonly #acceptors: Acceptor[] = [];
  readonly #connections = new LinkedList<Http1Connection>();
  readonly #list: ConnectionList;

  constructor(thread: HttpThread, settings: ListenerSettings) {
    this.#thread = thread;
    this.#settings = settings;
    this.#list = new ConnectionList(() => new Http1Connection(thread, settings, this));
  }

  get key(): string {
    return this.#settings.key;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  listen(fd: number): void {
    const { address, backlog } = this.#settings;
    this.#acceptors.push(this.#thread.host.transport.accept(fd, address, backlog, this));
  }

  stopListening(): void {
    for (const acceptor of this.#acceptors.splice(0)) acceptor.close();
  }

  drain(): void {
    for (const connection of this.#connections.toArray()) connection.drain();
  }

  close(): void {
    this.stopListening();
    for (const connection of this.#connections.toArray()) connection.kill();
  }

  /** AcceptorOwner. */
  onAccepted(connection: Connection): void {
    const { row } = this.#thread.host;
    row[CONNECTIONS_ACCEPTED] = (row[CONNECTIONS_ACCEPTED] ?? 0) + 1;
    const client = this.#list.take();
    this.#connections.add(client);
    client.open(connection);
    this.#thread.host.owner.onConnectionOpened();
  }

  /** AcceptorOwner. */
  onAcceptFailed(errno: string): void {
    this.#thread.host.owner.onAcceptFailed(this.key, errno);
  }

  /** ConnectionKeeper. */
  onConnectionClosed(connection: Http1Connection): void {
    if (!this.#connections.remove(connection)) return;
    this.#list.giveBack(connection);
    this.#thread.host.owner.onConnectionClosed();
  }

  /**
   * Makes room, if it can, by closing the idle keep-alive connection that came first, as nginx does when its
   * worker_connections are used up.
   */
  evictQuietest(): boolean {
    let connection = this.#connections.first;
    while (connection !== undefined && !(connection.isIdle && connection.exchangeCount > 0)) {
      connection = connection.after;
    }
    connection?.evict();
    return connection !== undefined;
  }
}

/** HTTP/1.1 over plain TCP or unix sockets. */
export const http: ListenerKind = {
  name: 'http',
  start: (host) => {
    const thread = new HttpThread(host);
    return (settings) => new HttpListener(thread, settings);
  },
};
