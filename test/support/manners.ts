// Watches the hot objects of the data path from outside: what comes from a free list goes back once,
// read gates are never let go more often than held, no timer stays on a wheel after its server.

import { FreeList, type Reusable } from '#src/base/free-list.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { FastConnection } from '#src/transport/fast-connection.ts';
import { PortableConnection } from '#src/transport/portable-connection.ts';

const free = new WeakSet<object>();
const holds = new WeakMap<object, number>();
let outstanding = 0;
let wheel: TimerWheel | undefined;
const offences: string[] = [];

/** What was done against the manners since the last call. */
export function takeOffences(): string[] {
  return offences.splice(0);
}

/** Objects taken from free lists and not given back, in the whole process. */
export function outstandingCount(): number {
  return outstanding;
}

/** The wheel that was started last: that of the server just made. */
export function newestWheel(): TimerWheel | undefined {
  return wheel;
}

const { acquire, release } = FreeList.prototype;

FreeList.prototype.acquire = function watchedAcquire(this: FreeList<Reusable>): Reusable {
  const object = acquire.call(this) as Reusable;
  free.delete(object);
  outstanding += 1;
  return object;
};

FreeList.prototype.release = function watchedRelease(
  this: FreeList<Reusable>,
  object: Reusable,
): void {
  if (free.has(object)) {
    offences.push(`${object.constructor.name} released twice\n${new Error('at').stack}`);
    return;
  }
  free.add(object);
  outstanding -= 1;
  release.call(this, object);
};

const { start } = TimerWheel.prototype;

TimerWheel.prototype.start = function watchedStart(): void {
  wheel = this;
  start.call(this);
};

for (const { prototype } of [FastConnection, PortableConnection]) {
  const { holdReading, letGoReading } = prototype;
  prototype.holdReading = function watchedHold(): void {
    holds.set(this, (holds.get(this) ?? 0) + 1);
    holdReading.call(this);
  };
  prototype.letGoReading = function watchedLetGo(): void {
    const count = (holds.get(this) ?? 0) - 1;
    holds.set(this, count);
    if (count < 0)
      offences.push(`reading let go ${-count} times too often\n${new Error('at').stack}`);
    letGoReading.call(this);
  };
}
