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

/** Up to `count` who waits. Never shorter: an array that was emptied would grow anew each turn. */
const waiting: (TurnEnd | undefined)[] = [];
let count = 0;
/** The first that was not called yet. */
let next = 0;

/** Wants to be called when nobody of `waiting` waits any more. */
let last: TurnEnd | undefined;

/** Calls `member` at the end of this turn, behind who asked before; also when the end has begun. */
export function atTurnEnd(member: TurnEnd): void {
  if (count === 0) setImmediate(endTurn);
  waiting[count] = member;
  count += 1;
}

/**
 * Calls `member` when the end of this turn is through, or of the next one that has an end: what it
 * adds by `atTurnEnd` is of the same turn, and it may ask again. One per thread: the last that asks.
 */
export function afterTurn(member: TurnEnd): void {
  last = member;
}

function endTurn(): void {
  try {
    while (next < count) {
      const member = waiting[next] as TurnEnd;
      waiting[next] = undefined;
      next += 1;
      member.onTurnEnd();
      if (next === count && last !== undefined) callLast();
    }
  } finally {
    if (next < count)
      setImmediate(endTurn); // one that throws costs no other its turn
    else {
      next = 0;
      count = 0;
    }
  }
}

function callLast(): void {
  const member = last;
  last = undefined;
  member?.onTurnEnd();
}
