/** Data path. What variables and logs ask about a client connection; asked only when needed. */

import type { ClientFacts, ConnectionLines } from '#src/exchange/downstream.ts';
import type { Connection } from '#src/transport/connection.ts';

export class ConnectionFacts implements ClientFacts {
  readonly #connection: Connection;
  readonly scheme = 'http';
  readonly connectionSerial: number;
  exchangeCount = 0;
  lines: ConnectionLines | undefined = undefined;

  constructor(connection: Connection, connectionSerial: number) {
    this.#connection = connection;
    this.connectionSerial = connectionSerial;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress();
  }

  get remotePort(): number {
    return this.#connection.remotePort();
  }

  get localAddress(): string {
    return this.#connection.localAddress();
  }

  get localPort(): number {
    return this.#connection.localPort();
  }
}
