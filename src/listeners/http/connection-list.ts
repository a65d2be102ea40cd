/**
 * Data path. The Http1Connections of one listener that serve nobody. One that has closed comes back
 * at the end of the turn, not before: it may have closed from within its own methods, which go on
 * afterwards, as do those of whoever called them.
 *
 *   taken ─closed─▶ #closed ─end of the turn: reset─▶ #free ─take─▶ taken
 *
 * Why nothing of one client can reach the next: whatever could call a connection later has let go of
 * it when it says that it is closed. The transport has NO_OWNER in its place (`destroy`, `reset`),
 * the wheel has forgotten its timer, its exchange has been released, or has another downstream and
 * ended since (detached-downstream.ts). Calls that are still on the stack have returned at the end of
 * the turn, which base/turn.ts runs from the event loop alone.
 */

import { Stack } from '#src/base/stack.ts';
import { atTurnEnd, type TurnEnd } from '#src/base/turn.ts';
import type { Http1Connection } from './http1-connection.ts';

/** Connections kept for reuse; one is about 1 KB. */
const MAX_FREE = 1024;

export class ConnectionList implements TurnEnd {
  readonly #make: () => Http1Connection;
  readonly #free = new Stack<Http1Connection>();
  readonly #closed = new Stack<Http1Connection>();

  constructor(make: () => Http1Connection) {
    this.#make = make;
  }

  take(): Http1Connection {
    return this.#free.pop() ?? this.#make();
  }

  /** Once per `take`, when it has closed; from within its methods, too. */
  giveBack(connection: Http1Connection): void {
    if (this.#closed.size === 0) atTurnEnd(this);
    this.#closed.push(connection);
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    for (;;) {
      const connection = this.#closed.pop();
      if (connection === undefined) return;
      connection.reset();
      if (this.#free.size < MAX_FREE) this.#free.push(connection);
    }
  }
}
