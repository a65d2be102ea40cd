/** Data path. What a kind of listener offers: accept on descriptors, stop, drain, close. */

import type { Address } from '#src/base/address.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ConnectionEnd } from '#src/base/connection-end.ts';
import type { DrainState } from '#src/base/drain-state.ts';
import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { AccessLogTarget } from '#src/exchange/access-record.ts';
import type { ClientFacts } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ClientSettings } from '#src/listeners/http/directives.ts';
import type { Transport } from '#src/transport/transport.ts';

/** One listening address of one thread. */
export interface Listener {
  /** `formatAddress` of what it listens on. */
  readonly key: string;
  /** Starts accepting on a listening descriptor; throws an Error with a `code`. */
  listen(fd: number): void;
  /** Closes its descriptors; connections live on. */
  stopListening(): void;
  /** No connection may wait for another exchange longer than a moment. */
  drain(): void;
  /** Closes every connection now. */
  close(): void;
  /** Closes an idle connection to make room; false when there is none. */
  evictQuietest(): boolean;
  readonly connectionCount: number;
}

/** Who is told about the number of connections of a thread, and when accepting fails. */
export interface ListenerOwner {
  /** One more; may ask for `evictQuietest`, or stop accepting. */
  onConnectionOpened(): void;
  onConnectionClosed(): void;
  onAcceptFailed(key: string, errno: string): void;
}

/** What a listening address says about connections before a virtual server is known. */
export interface ListenerSettings {
  readonly key: string;
  readonly address: Address;
  readonly backlog: number;
  /** Of the address's default server. */
  readonly client: ClientSettings;
  /** `$server_name` and the access logs of that server. */
  readonly serverName: string;
  readonly logs: readonly AccessLogTarget[];
  /** Some virtual server of this address writes a log: the peer's name is asked for at once. */
  readonly isLogged: boolean;
}

/** What all listeners of one thread share, given by server.ts, which knows the proxy. */
export interface ListenerThread {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly transport: Transport;
  readonly owner: ListenerOwner;
  /** This thread's row (src/shared/thread-rows.ts). */
  readonly row: Float64Array;
  /** Serves an exchange whose head is complete: routes it and answers it, now or later. */
  readonly serve: (exchange: Exchange, listenKey: string) => void;
  /** An exchange with a reason has ended: for the error log. */
  readonly onReason: (exchange: Exchange) => void;
  /** A connection of a client has ended: for the error log, where that takes such lines. */
  readonly onConnectionEnd?: ((end: ConnectionEnd, client: ClientFacts) => void) | undefined;
  /** An exception of ours while serving: logged, and the exchange answered with 500 (CE-24). */
  readonly onInternalError: (error: unknown) => void;
  /** No new exchange may count on its connection staying open. */
  readonly drain: DrainState;
}

/** A protocol that can be listened for. */
export interface ListenerKind {
  readonly name: string;
  /** Called once per thread; what it returns makes the listeners. */
  start(thread: ListenerThread): (settings: ListenerSettings) => Listener;
}
