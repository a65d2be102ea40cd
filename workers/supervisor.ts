/** Deaths that may be answered at once before the next one has to wait. */
const IMMEDIATE_COUNT = 12;
/** One more immediate replacement is allowed for so much time without a death. */
const FORGIVE_AFTER_MS = 5_000;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;

/**
 * Decides how long to wait before something that died is started again. A thing that had become
 * ready is replaced at once, so that single crashes cost nothing; the budget of such replacements
 * is limited (12, one more every 5 s), so that a crash loop backs off from 100 ms to 10 s. A thing
 * that died before it was ready is tried again once at once, then with the same back-off.
 */
export class Supervisor {
  #budget = IMMEDIATE_COUNT;
  #countedAtMs: number;
  #stepsTaken = 0;
  #failedStarts = 0;

  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** Milliseconds to wait before the replacement is started. */
  onDeath(wasReady: boolean, nowMs: number): number {
    this.#refill(nowMs);
    this.#failedStarts = wasReady ? 0 : this.#failedStarts + 1;
    if (this.#failedStarts < 2 && this.#budget >= 1) {
      this.#budget--;
      this.#stepsTaken = 0;
      return 0;
    }
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** this.#stepsTaken, LAST_DELAY_MS);
    this.#stepsTaken++;
    return delayMs;
  }

  /** True when the last death had to wait: something is wrong again and again. */
  get isBackingOff(): boolean {
    return this.#stepsTaken > 0;
  }

  #refill(nowMs: number): void {
    const earned = (nowMs - this.#countedAtMs) / FORGIVE_AFTER_MS;
    this.#budget = Math.min(IMMEDIATE_COUNT, this.#budget + earned);
    this.#countedAtMs = nowMs;
  }
}
