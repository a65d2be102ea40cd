/** Data path. Whether a client's connection ends behind a response, and why it ended. */

import type { Exchange } from '#src/exchange/exchange.ts';
import type { ListenerThread } from '#src/listeners/listener.ts';
import { END_COLUMNS, endOfColumn } from '#src/shared/reason-columns.ts';
import type { ConnectionFacts } from './connection-facts.ts';

export class Closing {
  readonly #host: ListenerThread;
  readonly #facts: ConnectionFacts;
  /** Why: a column of the thread's row. Who decides first is right; 0: it does not end yet. */
  #column = 0;
  /** No further request is taken. */
  isNear = false;

  constructor(host: ListenerThread, facts: ConnectionFacts) {
    this.#host = host;
    this.#facts = facts;
  }

  /** For the next client. */
  reset(): void {
    this.#column = 0;
    this.isNear = false;
  }

  /** It ends, or will, and this is why unless there was a reason before. */
  because(column: number): void {
    if (this.#column === 0) this.#column = column;
  }

  /** No further request is taken, because of this. */
  nearBecause(column: number): void {
    this.because(column);
    this.isNear = true;
  }

  /**
   * Decides whether the connection ends behind this response.
   * @param isLengthUnknown only its end ends the response
   * @param isUnread more of the request's body is to come than is worth reading
   */
  isBehind(exchange: Exchange, isLengthUnknown: boolean, isUnread: boolean): boolean {
    if (this.isNear) return true;
    const column = this.#columnBehind(exchange, isLengthUnknown, isUnread);
    if (column === 0) return false;
    this.nearBecause(column);
    return true;
  }

  /** 0: it goes on. */
  #columnBehind(exchange: Exchange, isLengthUnknown: boolean, isUnread: boolean): number {
    const { limits, request } = exchange;
    const { clock, drain } = this.#host;
    if (!request.keepAlive) return END_COLUMNS.client_done;
    if (exchange.closeAfter) return END_COLUMNS.asked_to_close;
    if (isLengthUnknown) return END_COLUMNS.length_unknown;
    if (drain.isDraining) return END_COLUMNS.drained;
    if (limits.keepalive.timeoutMs === 0) return END_COLUMNS.keepalive_off;
    const { exchangeCount, openedAtMs } = this.#facts;
    if (exchangeCount >= limits.keepaliveRequests) return END_COLUMNS.keepalive_requests;
    if (clock.nowMs - openedAtMs > limits.keepaliveTimeMs) return END_COLUMNS.keepalive_time;
    return isUnread ? END_COLUMNS.body_unread : 0;
  }

  /** It was quiet for too long. */
  becauseOfQuiet(): void {
    if (this.#host.drain.isDraining) this.because(END_COLUMNS.drained);
    else if (this.#facts.exchangeCount === 0) this.because(END_COLUMNS.head_timeout);
    else this.because(END_COLUMNS.keepalive_timeout);
  }

  /** The client has sent FIN between two requests, or without any. */
  becauseOfFin(): void {
    const isSilent = this.#facts.exchangeCount === 0;
    this.because(isSilent ? END_COLUMNS.client_silent : END_COLUMNS.client_idle);
  }

  /** It has ended: counted, and told to whoever logs it. */
  record(): void {
    const { row } = this.#host;
    const column = this.#column;
    if (column > 0) row[column] = (row[column] ?? 0) + 1;
    this.#host.onConnectionEnd?.(endOfColumn(column), this.#facts);
  }
}
