/**
 * Data path. The end of a turn of the event loop: after everything that could be read was read.
 * What is gathered for the kernel goes out then, connection by connection, so that a peer is woken
 * once for many writes and our own code stays in the cache while it is run. One immediate per turn,
 * whatever asks for it.
 */

/** Wants to be called at the end of the turn, once per `atTurnEnd`. */
export interface TurnEnd {
  onTurnEnd(): void;
}

const waiting: TurnEnd[] = [];

/** Calls `member` at the end of this turn, behind who asked before; also when the end has begun. */
export function atTurnEnd(member: TurnEnd): void {
  if (waiting.length === 0) setImmediate(endTurn);
  waiting.push(member);
}

function endTurn(): void {
  let at = 0;
  try {
    for (; at < waiting.length; at++) (waiting[at] as TurnEnd).onTurnEnd();
  } finally {
    if (at === waiting.length) waiting.length = 0;
    else {
      waiting.splice(0, at + 1); // one that throws costs no other its turn
      if (waiting.length > 0) setImmediate(endTurn);
    }
  }
}
