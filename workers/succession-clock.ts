import { Supervisor } from './supervisor.ts';

/** When the next generation is started in place of one that died, or did not start. */
export class SuccessionClock {
  readonly #supervisor = new Supervisor(performance.now());
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** Until it has struck nobody shall try. */
  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Sets it, by the back-off of the supervisor. @returns when it strikes, in words */
  set(wasReady: boolean): string {
    const delayMs = this.#supervisor.onDeath(wasReady, performance.now());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onTime();
    }, delayMs);
    return delayMs === 0 ? 'at once' : `in ${delayMs} ms`;
  }
}
