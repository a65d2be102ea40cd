/**
 * Data path. The connections of one thread to the endpoints of one upstream: lends idle ones, last
 * used first (the others may cool down and go), dials when there is none.
 */

import type { LocalAddress } from '#src/base/address.ts';
import type { ConnectionEnd } from '#src/base/connection-end.ts';
import type { DrainState } from '#src/base/drain-state.ts';
import { Stack } from '#src/base/stack.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Connection } from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PoolConfig } from '#src/upstream/endpoint/upstream-config.ts';
import { Connector, type PendingConnection } from './connector.ts';
import { type ConnectionHome, H1Connection } from './h1-connection.ts';
import type { PoolClient } from './response-sink.ts';

/** What the pools of a thread share. */
export interface PoolThread {
  readonly wheel: TimerWheel;
  readonly transport: Transport;
  /** Counts a dial and a reuse in the thread's row. */
  countConnect(): void;
  countReuse(): void;
  /** A connection to that endpoint has ended. */
  countEnd(end: ConnectionEnd, endpoint: string): void;
  onInternalError(error: unknown): void;
  /** Set while draining: nothing is kept any more. */
  readonly drain: DrainState;
}

/** Room for idle connections over all endpoints of one upstream (`keepalive`). */
export class IdleRoom {
  readonly maxIdle: number;
  idleCount = 0;

  constructor(maxIdle: number) {
    this.maxIdle = maxIdle;
  }
}

/** The connections of one thread to one endpoint. */
export class Pool implements ConnectionHome {
  readonly wheel: TimerWheel;
  readonly #endpoint: Endpoint;
  readonly #config: PoolConfig;
  readonly #thread: PoolThread;
  readonly #room: IdleRoom;
  readonly #local: LocalAddress | undefined;
  readonly #idle = new Stack<H1Connection>();
  /** Its endpoint was taken out: nothing is kept any more. */
  #isRetired = false;

  /** `local`: where its connections come from (`proxy_bind`). */
  constructor(
    endpoint: Endpoint,
    config: PoolConfig,
    room: IdleRoom,
    thread: PoolThread,
    local?: LocalAddress,
  ) {
    this.#local = local;
    this.#endpoint = endpoint;
    this.#config = config;
    this.#room = room;
    this.#thread = thread;
    this.wheel = thread.wheel;
  }

  /** An idle connection; undefined when there is none, then `dial`. */
  take(): H1Connection | undefined {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      this.#room.idleCount -= 1;
      if (last.mayBeLent) {
        this.#thread.countReuse();
        return last;
      }
      last.discard('endpoint_unasked');
    }
    return undefined;
  }

  /** Connects; the client is told later, unless it cancels what this returns. */
  dial(client: PoolClient, timeoutMs: number): PendingConnection {
    this.#thread.countConnect();
    const { transport, wheel } = this.#thread;
    const { address } = this.#endpoint.config;
    return new Connector(transport, wheel, address, this.#local, timeoutMs, client, this);
  }

  /** Makes a lent connection of one just dialed. */
  adopt(connection: Connection): H1Connection {
    return new H1Connection(this, connection);
  }

  /** ConnectionHome. */
  takeBack(connection: H1Connection): boolean {
    const { idleTimeoutMs, maxAgeMs, maxIdle, maxRequests } = this.#config;
    if (maxIdle === 0 || this.#isRetired || this.#thread.drain.isDraining) return false;
    if (connection.requestCount >= maxRequests) return false;
    if (this.wheel.clock.nowMs - connection.openedAtMs > maxAgeMs) return false;
    if (this.#room.idleCount >= this.#room.maxIdle) {
      const oldest = this.#idle.takeOldest();
      if (oldest === undefined) return false;
      this.#room.idleCount -= 1;
      oldest.discard('upstream_made_room');
    }
    this.#idle.push(connection);
    this.#room.idleCount += 1;
    connection.rest(idleTimeoutMs);
    return true;
  }

  /** ConnectionHome. */
  onIdleClosed(connection: H1Connection): void {
    if (this.#idle.remove(connection)) this.#room.idleCount -= 1;
  }

  /** ConnectionHome. */
  countEnd(end: ConnectionEnd): void {
    this.#thread.countEnd(end, this.#endpoint.config.name);
  }

  /** ConnectionHome. */
  onInternalError(error: unknown): void {
    this.#thread.onInternalError(error);
  }

  /** As `close`, and connections that come back are closed. */
  retire(): void {
    this.#isRetired = true;
    this.close();
  }

  /** Closes what is idle. */
  close(): void {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      this.#room.idleCount -= 1;
      last.discard('upstream_closed');
    }
  }

  get idleCount(): number {
    return this.#idle.size;
  }
}
