/**
 * Data path. The one timeout of a client's connection: for its head, its body, its reading, its next
 * request, its FIN. Whoever waits for nothing stops it.
 */

import { NO_TIME } from '#src/base/clock.ts';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import type { ExchangeLimits } from '#src/exchange/exchange.ts';
import type { ListenerSettings, ListenerThread } from '#src/listeners/listener.ts';

/** While draining, a quiet connection stays this long: a request may be on its way to us. */
const DRAIN_QUIET_MS = 2_000;

export class ClientClock {
  readonly #host: ListenerThread;
  readonly #client: ListenerSettings['client'];
  readonly #timer: TimerEntry;
  #idleTimeoutMs = 0;
  #minIdleMs = 0;
  #lingerUntilMs = NO_TIME;

  constructor(host: ListenerThread, client: ListenerSettings['client'], owner: TimeoutOwner) {
    this.#host = host;
    this.#client = client;
    this.#timer = new TimerEntry(owner);
  }

  /** A new client, who has as long for its first byte as for a head. */
  open(): void {
    this.#idleTimeoutMs = this.#client.headerTimeoutMs;
    this.#host.wheel.arm(this.#timer, this.#idleTimeoutMs);
  }

  /** Its client is gone. */
  reset(): void {
    this.forget();
    this.#idleTimeoutMs = 0;
    this.#minIdleMs = 0;
    this.#lingerUntilMs = NO_TIME;
  }

  /** A head has begun. */
  awaitHead(): void {
    this.#host.wheel.arm(this.#timer, this.#client.headerTimeoutMs);
  }

  /** More of a body is to come. */
  awaitBody(limits: ExchangeLimits): void {
    this.#host.wheel.arm(this.#timer, limits.bodyTimeoutMs);
  }

  /** The rest of a body that nobody wants is to come. */
  awaitRest(): void {
    this.#host.wheel.arm(this.#timer, this.#client.bodyTimeoutMs);
  }

  /** What is queued is to be read. */
  awaitReader(limits: ExchangeLimits): void {
    this.#host.wheel.arm(this.#timer, limits.sendTimeoutMs);
  }

  /** Behind the answer to a request with these limits the connection may be quiet so long. */
  keepFor({ keepalive, keepaliveMinTimeoutMs }: ExchangeLimits): void {
    this.#idleTimeoutMs = keepalive.timeoutMs;
    this.#minIdleMs = keepaliveMinTimeoutMs;
  }

  /** The next request is to come; also when draining begins meanwhile. */
  awaitNext(): void {
    const { drain, wheel } = this.#host;
    const idleMs = this.#idleTimeoutMs;
    const isDraining = drain.isDraining;
    const quietMs = isDraining
      ? Math.min(idleMs, Math.max(DRAIN_QUIET_MS, this.#minIdleMs))
      : idleMs;
    wheel.arm(this.#timer, quietMs);
  }

  /** So long, milliseconds, the client may go on to send what nobody wants; then `awaitClose`. */
  lingerFor(timeMs = DRAIN_QUIET_MS): void {
    this.#lingerUntilMs = this.#host.clock.nowMs + timeMs;
  }

  /** The client has this long for more bytes that nobody wants, or for its FIN. */
  awaitClose(): void {
    const { clock, wheel } = this.#host;
    const leftMs = Math.max(0, this.#lingerUntilMs - clock.nowMs);
    wheel.arm(this.#timer, Math.min(this.#client.lingeringTimeoutMs, leftMs));
  }

  /** Nothing is waited for. */
  stop(): void {
    this.#host.wheel.disarm(this.#timer);
  }

  /** Nothing will be. */
  forget(): void {
    this.#host.wheel.forget(this.#timer);
  }
}
