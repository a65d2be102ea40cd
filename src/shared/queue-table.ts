// Data path.
import { type Layout, QUEUE_CELLS, QUEUE_ROW_CELLS } from './layout.ts';
import { onceWoken } from './woken.ts';

/** Classes of priority: 0 is served first. */
export const PRIORITIES = 4;
/** Most that one queue may hold: as many may be ordered away, and that has 15 bits of a cell. */
export const MAX_QUEUE_LENGTH = 0x7fff;
/** Tries of one that is refused only because others try to join, too, and may be refused. */
const MAX_TRIES = 100;

// Cells of an upstream that all threads write.
const NEXT_TICKET = 0;
const LARGEST = 1;

// Cells of one thread for one upstream: four of each, one per priority.
/**
 * How many wait (16 bits); of these, how many others have ordered away (15); whether this thread finds
 * out right now if one more may join (the highest). One cell, so that no change shows by halves.
 */
const COUNTS = 0;
/** Ticket of who waits longest, and of who came last; 0: nobody waits. */
const HEADS = 4;
const TAILS = 8;
/** Others add to it and notify; this thread waits on it while somebody of its own waits. */
const WAKE = 12;
/** Turned away since the start; a dead thread's stay. */
const SHED_FULL = 13;
const SHED_TIMEOUT = 14;
const SHED_WITHOUT_QUEUE = 15;

const ONE_ORDERED = 0x1_0000;
/** Added once it is set, added again it is not. */
const PENDING = 0x8000_0000 | 0;

/** Why an exchange was turned away: the queue was full, it waited too long, there is no queue. */
export type ShedReason = 'full' | 'timeout' | 'without_queue';
const SHED_CELLS = { full: SHED_FULL, timeout: SHED_TIMEOUT, without_queue: SHED_WITHOUT_QUEUE };

/**
 * The queues of the upstreams (`queue`), one each over all threads of a generation. The exchanges
 * wait in the memory of their threads; here is how many they are and who is next: the smallest
 * ticket of the highest class. Each thread writes its own row. Two things others do to it: they order
 * one away, by compare-and-swap on its count, and wake it. A stalled thread whose exchange is next is
 * waited for; a dead one's row is zeroed. Allocates nothing after construction.
 */
export class QueueTable {
  /** Set by `findFirst`. */
  firstThread = 0;
  firstPriority = 0;
  readonly thread: number;
  readonly #shared: Int32Array;
  readonly #rows: Int32Array;
  readonly #stride: number;
  readonly #threadCount: number;

  constructor(
    buffer: SharedArrayBuffer,
    layout: Layout,
    threadCount: number,
    upstreamCount: number,
    thread: number,
  ) {
    this.thread = thread;
    this.#threadCount = threadCount;
    this.#stride = layout.queueStride;
    const isUsed = upstreamCount > 0;
    this.#shared = isUsed
      ? new Int32Array(buffer, layout.queuesOffset, upstreamCount * QUEUE_CELLS)
      : new Int32Array(0);
    this.#rows = isUsed
      ? new Int32Array(buffer, layout.queueRowsOffset, layout.queueStride * threadCount)
      : new Int32Array(0);
  }

  // ---- Of this thread --------------------------------------------------------------------------

  /**
   * One more of that class waits in this thread, unless more than `limit` would over all threads.
   * Then the newest of the lowest class below its own is ordered away for it; false when there is
   * none. Says that it wants to before it sums: of two that race for the last place neither misses the
   * other, and whoever was refused for the other's sake tries again.
   */
  join(upstream: number, priority: number, limit: number): boolean {
    const cell = this.#rowOf(this.thread, upstream) + COUNTS + priority;
    for (let tries = 1; ; tries++) {
      Atomics.add(this.#rows, cell, PENDING);
      const length = this.#sum(upstream, wanting);
      if (length <= limit) break;
      const isFull = tries === MAX_TRIES || this.length(upstream) >= limit;
      if (isFull && this.#displace(upstream, priority)) break;
      Atomics.add(this.#rows, cell, PENDING);
      if (isFull) return false;
    }
    Atomics.add(this.#rows, cell, PENDING + 1);
    this.#noteLength(upstream, Math.min(this.length(upstream), limit));
    return true;
  }

  /** One of that class has left this thread's queue, to wherever. Pays for one that was ordered away. */
  leave(upstream: number, priority: number): void {
    const cell = this.#rowOf(this.thread, upstream) + COUNTS + priority;
    for (;;) {
      const count = Atomics.load(this.#rows, cell);
      const next = orderedOf(count) > 0 ? count - 1 - ONE_ORDERED : count - 1;
      if (Atomics.compareExchange(this.#rows, cell, count, next) === count) return;
    }
  }

  /** How many of that class this thread has yet to turn away: it does, and each `leave`s. */
  ordered(upstream: number, priority: number): number {
    const cell = this.#rowOf(this.thread, upstream) + COUNTS + priority;
    return orderedOf(Atomics.load(this.#rows, cell));
  }

  /** The ticket of who joins now: 1 … 2^32−1 around, as a signed number; never 0. */
  nextTicket(upstream: number): number {
    const cell = upstream * QUEUE_CELLS + NEXT_TICKET;
    return (Atomics.add(this.#shared, cell, 1) + 1) | 0 || this.nextTicket(upstream);
  }

  /** Tells all threads who of that class is first and last in this one; 0 and 0: nobody. */
  publish(upstream: number, priority: number, head: number, tail: number): void {
    const row = this.#rowOf(this.thread, upstream);
    Atomics.store(this.#rows, row + TAILS + priority, tail);
    Atomics.store(this.#rows, row + HEADS + priority, head);
  }

  /** Calls back once when another thread wakes this one; false: ask again (woken.ts). */
  onWake(upstream: number, wake: () => void): boolean {
    return onceWoken(this.#rows, this.#rowOf(this.thread, upstream) + WAKE, wake);
  }

  /** An exchange was turned away. */
  shed(upstream: number, reason: ShedReason): void {
    const cell = this.#rowOf(this.thread, upstream) + SHED_CELLS[reason];
    this.#rows[cell] = (this.#rows[cell] as number) + 1;
  }

  // ---- Over all threads ------------------------------------------------------------------------

  /**
   * Whose turn it is: sets `firstThread` and `firstPriority`. False when nobody waits. `priorities`:
   * how many classes the queue uses.
   */
  findFirst(upstream: number, priorities = PRIORITIES): boolean {
    for (let priority = 0; priority < priorities; priority++) {
      let first = 0;
      for (let thread = 0; thread < this.#threadCount; thread++) {
        const head = Atomics.load(this.#rows, this.#rowOf(thread, upstream) + HEADS + priority);
        if (head === 0 || (first !== 0 && !isBefore(head, first))) continue;
        first = head;
        this.firstThread = thread;
      }
      this.firstPriority = priority;
      if (first !== 0) return true;
    }
    return false;
  }

  /** Has that thread look at its queue. */
  wake(upstream: number, thread: number): void {
    const cell = this.#rowOf(thread, upstream) + WAKE;
    Atomics.add(this.#rows, cell, 1);
    Atomics.notify(this.#rows, cell, 1);
  }

  /** Has the thread of whoever is next look, in each queue: there may be room now. */
  wakeAllFirst(): void {
    const count = this.#shared.length / QUEUE_CELLS;
    for (let upstream = 0; upstream < count; upstream++) {
      if (this.findFirst(upstream)) this.wake(upstream, this.firstThread);
    }
  }

  /** How many wait; those that were ordered away count no more. */
  length(upstream: number): number {
    return this.#sum(upstream, staying);
  }

  /** The most that have waited at a time since the start. */
  largest(upstream: number): number {
    return Atomics.load(this.#shared, upstream * QUEUE_CELLS + LARGEST);
  }

  /** How many were turned away for that reason since the start. */
  shedCount(upstream: number, reason: ShedReason): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threadCount; thread++) {
      sum += this.#rows[this.#rowOf(thread, upstream) + SHED_CELLS[reason]] as number;
    }
    return sum;
  }

  /** Of a dead thread nobody waits. Called by the main thread after the thread has ended. */
  zeroThread(thread: number): void {
    for (
      let row = thread * this.#stride;
      row < (thread + 1) * this.#stride;
      row += QUEUE_ROW_CELLS
    ) {
      for (let cell = COUNTS; cell < WAKE; cell++) Atomics.store(this.#rows, row + cell, 0);
    }
  }

  /** Of the counts of all threads and classes. */
  #sum(upstream: number, of: (count: number) => number): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const row = this.#rowOf(thread, upstream) + COUNTS;
      for (let priority = 0; priority < PRIORITIES; priority++) {
        sum += of(Atomics.load(this.#rows, row + priority));
      }
    }
    return sum;
  }

  #rowOf(thread: number, upstream: number): number {
    return thread * this.#stride + upstream * QUEUE_ROW_CELLS;
  }

  #noteLength(upstream: number, length: number): void {
    const cell = upstream * QUEUE_CELLS + LARGEST;
    for (;;) {
      const largest = Atomics.load(this.#shared, cell);
      if (length <= largest) return;
      if (Atomics.compareExchange(this.#shared, cell, largest, length) === largest) return;
    }
  }

  /** Orders the newest of the lowest class below `priority` away; false when nobody is below. */
  #displace(upstream: number, priority: number): boolean {
    for (let lowest = PRIORITIES - 1; lowest > priority; lowest--) {
      for (;;) {
        const thread = this.#newest(upstream, lowest);
        if (thread < 0) break;
        const cell = this.#rowOf(thread, upstream) + COUNTS + lowest;
        const count = Atomics.load(this.#rows, cell);
        if (staying(count) === 0) continue; // it has just left: who is the newest now?
        if (Atomics.compareExchange(this.#rows, cell, count, count + ONE_ORDERED) !== count) {
          continue;
        }
        if (thread !== this.thread) this.wake(upstream, thread);
        return true;
      }
    }
    return false;
  }

  /** The thread that has the newest of a class who was not ordered away yet; −1: none. */
  #newest(upstream: number, priority: number): number {
    let found = -1;
    let newest = 0;
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const row = this.#rowOf(thread, upstream);
      if (staying(Atomics.load(this.#rows, row + COUNTS + priority)) === 0) continue;
      const tail = Atomics.load(this.#rows, row + TAILS + priority);
      if (found >= 0 && (tail === 0 || isBefore(tail, newest))) continue;
      newest = tail;
      found = thread;
    }
    return found;
  }
}

/** Tickets go around: the difference tells. */
function isBefore(one: number, other: number): boolean {
  return ((one - other) | 0) < 0;
}

function orderedOf(count: number): number {
  return (count >>> 16) & 0x7fff;
}

/** Those that wait and were not ordered away. */
function staying(count: number): number {
  return (count & 0xffff) - orderedOf(count);
}

/** The same, with one that may join. */
function wanting(count: number): number {
  return staying(count) + (count >>> 31);
}
