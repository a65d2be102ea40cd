/** The thread's transport, as a warm-up uses it. */

import type { Address, LocalAddress } from '#src/base/address.ts';
import type {
  Acceptor,
  AcceptorOwner,
  Connection,
  Dial,
  DialOwner,
} from '#src/transport/connection.ts';
import type { Transport, TransportTier } from '#src/transport/transport.ts';

/**
 * Its clients are dialed. To accept, it would need a listening descriptor that nobody else closes;
 * and behind accept(2) a connection is the same, whichever side has called.
 */
export class DialTransport implements Transport, DialOwner {
  readonly tier: TransportTier;
  readonly #transport: Transport;
  readonly #client: Address;
  readonly #clients: Dial[] = [];
  #owner: AcceptorOwner | undefined;

  /** Clients wait for our call on `clientPort` of the loopback. */
  constructor(transport: Transport, clientPort: number) {
    this.tier = transport.tier;
    this.#transport = transport;
    this.#client = { kind: 'tcp', host: '127.0.0.1', port: clientPort };
  }

  accept(_fd: number, _address: Address, _backlog: number, owner: AcceptorOwner): Acceptor {
    this.#owner = owner;
    return {
      close: (): void => {
        this.#owner = undefined;
        for (const client of this.#clients) client.cancel();
      },
    };
  }

  dial(address: Address, owner: DialOwner, local?: LocalAddress): Dial {
    return this.#transport.dial(address, owner, local);
  }

  /** One more client. */
  connect(): void {
    this.#clients.push(this.#transport.dial(this.#client, this));
  }

  /** DialOwner. */
  onConnected(connection: Connection): void {
    this.#owner?.onAccepted(connection);
  }

  /** DialOwner. It goes on with the clients it has. */
  onDialFailed(): void {}
}
