import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';

/** What changes is taken when it has been quiet for so long … */
export const QUIET_MS = 100;
/** … or this long after the first change, however restless it is. */
export const MAX_UNREST_MS = 1_000;

/** The last of many values in a row: a storm of changes costs one. */
export class Settling<T> implements TimeoutOwner {
  readonly #wheel: TimerWheel;
  readonly #take: (value: T) => void;
  readonly #timer = new TimerEntry(this);
  #waiting: { value: T; readonly latestMs: number } | undefined = undefined;

  constructor(wheel: TimerWheel, take: (value: T) => void) {
    this.#wheel = wheel;
    this.#take = take;
  }

  offer(value: T): void {
    const nowMs = this.#wheel.clock.refresh();
    const latestMs = this.#waiting?.latestMs ?? nowMs + MAX_UNREST_MS;
    this.#waiting = { value, latestMs };
    this.#wheel.arm(this.#timer, Math.min(QUIET_MS, latestMs - nowMs));
  }

  close(): void {
    this.#wheel.forget(this.#timer);
    this.#waiting = undefined;
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#take(waiting.value);
  }
}
