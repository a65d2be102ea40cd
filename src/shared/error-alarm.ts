// Data path.
import type { Layout } from './layout.ts';
import { onceWoken } from './woken.ts';

/**
 * Threads ring it when an endpoint that is judged has failed, so that its judges need not wait for
 * their next look: within 100 ms a policy that prefers who answers fast gives it hundreds of requests.
 * One cell; without anybody who waits a ring is an addition and a call that returns at once.
 */
export class ErrorAlarm {
  readonly #cell: Int32Array;

  constructor(buffer: SharedArrayBuffer, layout: Layout) {
    this.#cell = new Int32Array(buffer, layout.alarmOffset, 1);
  }

  ring(): void {
    Atomics.add(this.#cell, 0, 1);
    Atomics.notify(this.#cell, 0, 1);
  }

  /** Calls back once, in a later turn, when it rings; false: it rings right now, ask again. */
  onceRung(wake: () => void): boolean {
    return onceWoken(this.#cell, 0, wake);
  }
}
