/**
 * Data path. Where exchanges wait when all usable endpoints of an upstream are full (`queue`): those
 * of this thread, in the order of all threads (src/shared/queue-table.ts). Class comes before ticket;
 * a place that gets free is the next one's, and nobody overtakes. Nothing happens within the callback
 * that frees a place: at the end of the turn its connection is back in the pool.
 */

import { NO_TIME } from '#src/base/clock.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import { atTurnEnd, type TurnEnd } from '#src/base/turn.ts';
import { PRIORITIES, type QueueTable } from '#src/shared/queue-table.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { QueueConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PickContext } from './tier.ts';

/** While somebody waits: so often is looked whether an endpoint has come back, and who is late. */
const LOOK_MS = 50;

/** Who waits. One of the two is called once, in a later turn. */
export interface QueueClient {
  /** An endpoint was picked for it and an attempt counted there: it begins now. */
  onPlace(endpoint: Endpoint): void;
  /** It waits no longer, and there is no place: `queue_timeout`, `queue_full`, `no_healthy_upstream`. */
  onNoPlace(failure: FailureCode): void;
}

/** What the queue asks of its upstream. */
export interface PlaceSource {
  /** Picks for one whose turn it is, and counts it in flight. */
  pickAhead(context: PickContext): Endpoint | undefined;
  /** An endpoint is in service, full or not. */
  hasUsable(context: PickContext): boolean;
  /** An endpoint is in service and has room. */
  hasRoom(): boolean;
}

/** A place in a queue; belongs to one exchange at a time, and is used again. */
export class QueuePlace {
  readonly client: QueueClient;
  readonly context: PickContext;
  queue: UpstreamQueue | undefined = undefined;
  priority = 0;
  ticket = 0;
  /** Clock.nowMs when it joined. */
  sinceMs = NO_TIME;
  next: QueuePlace | undefined = undefined;
  previous: QueuePlace | undefined = undefined;

  constructor(client: QueueClient, context: PickContext) {
    this.client = client;
    this.context = context;
  }
}

export class UpstreamQueue implements TimeoutOwner, TurnEnd {
  readonly #config: QueueConfig;
  readonly #upstream: number;
  readonly #table: QueueTable;
  readonly #source: PlaceSource;
  readonly #wheel: TimerWheel;
  readonly #timer = new TimerEntry(this);
  /** How many classes there are. */
  readonly #priorities: number;
  /** By priority. */
  readonly #heads: (QueuePlace | undefined)[] = new Array(PRIORITIES).fill(undefined);
  readonly #tails: (QueuePlace | undefined)[] = new Array(PRIORITIES).fill(undefined);
  readonly #wake = (): void => this.#onWake();
  #count = 0;
  #isArmed = false;
  #isScheduled = false;

  /** `upstream`: its id. */
  constructor(
    config: QueueConfig,
    upstream: number,
    table: QueueTable,
    source: PlaceSource,
    wheel: TimerWheel,
  ) {
    this.#config = config;
    this.#priorities = config.priorityText === '' ? 1 : PRIORITIES;
    this.#upstream = upstream;
    this.#table = table;
    this.#source = source;
    this.#wheel = wheel;
  }

  /** Whether this exchange has to wait behind others, in whatever thread they are. */
  blocks(context: PickContext): boolean {
    if (!this.#table.findFirst(this.#upstream, this.#priorities)) return false;
    if (context.isRetry === true) return false;
    return this.#table.firstPriority <= this.#priorityOf(context);
  }

  /** It waits from now on; false: the queue is full. */
  join(place: QueuePlace): boolean {
    const priority = this.#priorityOf(place.context);
    if (!this.#table.join(this.#upstream, priority, this.#config.length)) return false;
    this.#arm(); // before anybody can see it
    place.queue = this;
    place.priority = priority;
    place.ticket = this.#table.nextTicket(this.#upstream);
    place.sinceMs = this.#wheel.clock.nowMs;
    place.previous = this.#tails[priority];
    if (place.previous === undefined) this.#heads[priority] = place;
    else place.previous.next = place;
    this.#tails[priority] = place;
    if (this.#count++ === 0) this.#wheel.arm(this.#timer, LOOK_MS);
    this.#publish(priority);
    this.#schedule(); // a place may have become free before anybody could see it
    return true;
  }

  /** It waits no longer: whoever leaves by itself makes room at once. */
  leave(place: QueuePlace): void {
    const { next, previous, priority } = place;
    if (previous === undefined) this.#heads[priority] = next;
    else previous.next = next;
    if (next === undefined) this.#tails[priority] = previous;
    else next.previous = previous;
    place.next = undefined;
    place.previous = undefined;
    place.queue = undefined;
    this.#count -= 1;
    if (this.#count === 0) this.#wheel.forget(this.#timer);
    this.#publish(priority);
    this.#table.leave(this.#upstream, priority);
    // It may have been the next one of all threads, with a place that is free.
    if (previous === undefined) this.#schedule();
  }

  /** A place has become free in this thread. */
  onFreed(): void {
    if (!this.#table.findFirst(this.#upstream, this.#priorities)) return;
    const { firstThread, thread } = this.#table;
    if (firstThread === thread) this.#schedule();
    else this.#table.wake(this.#upstream, firstThread);
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    this.#isScheduled = false;
    this.#turnAway();
    this.#serve();
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    const { timeoutMs } = this.#config;
    const { nowMs } = this.#wheel.clock;
    for (let priority = 0; priority < PRIORITIES; priority++) {
      for (;;) {
        const first = this.#heads[priority];
        if (first === undefined || nowMs - first.sinceMs < timeoutMs) break;
        this.#refuse(first, 'queue_timeout');
      }
    }
    if (this.#count === 0) return;
    this.#wheel.arm(this.#timer, LOOK_MS);
    this.#schedule();
  }

  #onWake(): void {
    this.#isArmed = false;
    if (this.#count === 0) return;
    this.#arm(); // first: what happens from here on wakes again
    this.#schedule();
  }

  #arm(): void {
    while (!this.#isArmed) this.#isArmed = this.#table.onWake(this.#upstream, this.#wake);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    atTurnEnd(this);
  }

  /** Those that others have ordered away: the newest of their class. */
  #turnAway(): void {
    for (let priority = PRIORITIES - 1; priority > 0; priority--) {
      while (this.#table.ordered(this.#upstream, priority) > 0) {
        const last = this.#tails[priority];
        if (last === undefined) break;
        this.#refuse(last, 'queue_full');
      }
    }
  }

  /** As many as have a place, while the next of all threads is one of ours. */
  #serve(): void {
    const { thread } = this.#table;
    while (this.#table.findFirst(this.#upstream, this.#priorities)) {
      const { firstPriority, firstThread } = this.#table;
      if (firstThread !== thread) {
        if (this.#source.hasRoom()) this.#table.wake(this.#upstream, firstThread);
        return;
      }
      const place = this.#heads[firstPriority] as QueuePlace;
      const endpoint = this.#source.pickAhead(place.context);
      if (endpoint !== undefined) {
        this.leave(place);
        place.client.onPlace(endpoint);
      } else if (this.#source.hasUsable(place.context)) return;
      else this.#refuse(place, 'no_healthy_upstream');
    }
  }

  #refuse(
    place: QueuePlace,
    failure: 'queue_full' | 'queue_timeout' | 'no_healthy_upstream',
  ): void {
    this.leave(place);
    if (failure !== 'no_healthy_upstream') {
      this.#table.shed(this.#upstream, failure === 'queue_full' ? 'full' : 'timeout');
    }
    place.client.onNoPlace(failure);
  }

  #publish(priority: number): void {
    const head = this.#heads[priority]?.ticket ?? 0;
    this.#table.publish(this.#upstream, priority, head, this.#tails[priority]?.ticket ?? 0);
  }

  /** What is none of the classes is the lowest: it may come from a client. */
  #priorityOf(context: PickContext): number {
    if (this.#priorities === 1) return 0;
    const text = context.priority?.() ?? '';
    const priority = text.length === 1 ? text.charCodeAt(0) - 0x30 : -1;
    return priority >= 0 && priority < PRIORITIES ? priority : PRIORITIES - 1;
  }
}
