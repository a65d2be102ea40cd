/** Data path. Dials an endpoint within a time; later also the TLS handshake and PROXY header. */

import type { Address, LocalAddress } from '#src/base/address.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type { Connection, Dial, DialOwner } from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';
import type { PoolClient, UpstreamConnection } from './response-sink.ts';

/** A connection that is being made. */
export interface PendingConnection {
  /** Nobody is told anything afterwards. */
  cancel(): void;
}

/** Turns a raw connection into one of the upstream's protocol. */
interface Adopter {
  adopt(connection: Connection): UpstreamConnection;
  onInternalError(error: unknown): void;
}

export class Connector implements PendingConnection, DialOwner, TimeoutOwner {
  readonly #timer = new TimerEntry(this);
  readonly #wheel: TimerWheel;
  readonly #client: PoolClient;
  readonly #adopter: Adopter;
  readonly #dial: Dial;

  constructor(
    transport: Transport,
    wheel: TimerWheel,
    address: Address,
    local: LocalAddress | undefined,
    timeoutMs: number,
    client: PoolClient,
    adopter: Adopter,
  ) {
    this.#wheel = wheel;
    this.#client = client;
    this.#adopter = adopter;
    wheel.arm(this.#timer, timeoutMs);
    this.#dial = transport.dial(address, this, local);
  }

  cancel(): void {
    this.#wheel.forget(this.#timer);
    this.#dial.cancel();
  }

  onConnected(connection: Connection): void {
    this.#wheel.forget(this.#timer);
    const adopted = this.#adopter.adopt(connection);
    try {
      this.#client.onConnectionReady(adopted);
    } catch (error) {
      // A mistake of ours costs this exchange, not the thread (CE-24).
      this.#adopter.onInternalError(error);
      if (!adopted.fail('internal_error')) this.#client.onConnectionFailed('internal_error');
    }
  }

  onDialFailed(errno: string, isLocal: boolean): void {
    this.#wheel.forget(this.#timer);
    this.#client.onConnectionFailed(isLocal ? localFailureOf(errno) : failureOf(errno));
  }

  onTimeout(): void {
    this.#dial.cancel();
    this.#client.onConnectionFailed('upstream_connect_timeout');
  }
}

/** What only transparent addresses need is missing, or the address is not to be had. */
function localFailureOf(errno: string): FailureCode {
  const isTransparent = errno === 'EPERM' || errno === 'ENOSYS';
  return isTransparent ? 'transparent_refused' : 'local_address_failed';
}

/** A unix socket that is not there or that nobody listens on is a refusal, too. */
function failureOf(errno: string): FailureCode {
  if (errno === 'ECONNREFUSED' || errno === 'ENOENT') return 'upstream_connect_refused';
  return errno === 'ETIMEDOUT' ? 'upstream_connect_timeout' : 'upstream_connect_failed';
}
