/** When the judges look: every 100 ms, and soon after an error. */
import type { ErrorAlarm } from '#src/shared/error-alarm.ts';

const LOOK_INTERVAL_MS = 100;
/** Looks for errors are at least so far apart. */
const LEAST_GAP_MS = 10;
/** And so many times as long as a look takes: with thousands of endpoints that is what counts. */
const GAP_RATIO = 20;

export class JudgingPace {
  readonly #alarm: ErrorAlarm;
  readonly #look: () => void;
  #lookedAtMs = 0;
  #gapMs = LEAST_GAP_MS;

  constructor(alarm: ErrorAlarm, look: () => void) {
    this.#alarm = alarm;
    this.#look = look;
  }

  /** From now until the process ends. */
  start(): void {
    setInterval(() => this.#lookNow(), LOOK_INTERVAL_MS);
    this.#await();
  }

  #await(): void {
    if (!this.#alarm.onceRung(() => this.#onAlarm())) this.#onAlarm();
  }

  #onAlarm(): void {
    const waitMs = this.#lookedAtMs + this.#gapMs - performance.now();
    setTimeout(
      () => {
        this.#lookNow();
        this.#await();
      },
      Math.max(0, waitMs),
    );
  }

  #lookNow(): void {
    const startMs = performance.now();
    this.#look();
    this.#lookedAtMs = performance.now();
    this.#gapMs = Math.max(LEAST_GAP_MS, GAP_RATIO * (this.#lookedAtMs - startMs));
  }
}
