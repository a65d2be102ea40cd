/** Data path. What variables and logs ask about a client connection; asked only when needed. */

import { NO_TIME } from '#src/base/clock.ts';
import type { ClientFacts, ConnectionLines } from '#src/exchange/downstream.ts';
import type { Connection } from '#src/transport/connection.ts';
import { NO_CONNECTION } from './no-connection.ts';

export class ConnectionFacts implements ClientFacts {
  #connection = NO_CONNECTION;
  readonly scheme = 'http';
  connectionSerial = 0;
  openedAtMs = NO_TIME;
  exchangeCount = 0;
  lines: ConnectionLines | undefined = undefined;

  /** Of a new client. */
  open(connection: Connection, connectionSerial: number, openedAtMs: number): void {
    this.#connection = connection;
    this.connectionSerial = connectionSerial;
    this.openedAtMs = openedAtMs;
  }

  /** Of nobody. */
  reset(): void {
    this.#connection = NO_CONNECTION;
    this.connectionSerial = 0;
    this.openedAtMs = NO_TIME;
    this.exchangeCount = 0;
    this.lines = undefined;
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
