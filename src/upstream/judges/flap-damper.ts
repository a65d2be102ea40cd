/** `flap_damping`: an endpoint that comes and goes is held out until it is calm (HR-23). */
import type { FlapConfig } from '#src/upstream/endpoint/judge-config.ts';

/** Of one endpoint. Times are of the shared clock. */
export class FlapDamper {
  readonly #config: FlapConfig;
  #wasUp = true;
  /** Of the last changes, oldest first. */
  readonly #changedAtMs: number[] = [];
  #isHeld = false;

  constructor(config: FlapConfig) {
    this.#config = config;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** How often it has changed within the interval. */
  get changeCount(): number {
    return this.#changedAtMs.length;
  }

  /** When it is let in again if it stays calm. */
  get untilMs(): number {
    return (this.#changedAtMs.at(-1) ?? 0) + this.#config.holdMs;
  }

  /**
   * One look: whether it is up for everybody else. True: `isHeld` has changed. `mayHold`: enough
   * others are left.
   */
  look(isUp: boolean, nowMs: number, mayHold: boolean): boolean {
    const { changes, intervalMs } = this.#config;
    if (isUp !== this.#wasUp) {
      this.#wasUp = isUp;
      this.#changedAtMs.push(nowMs);
      // More are never needed.
      if (this.#changedAtMs.length > changes + 1) this.#changedAtMs.shift();
    }
    if (this.#isHeld) {
      if (mayHold && nowMs < this.untilMs) return false;
      this.#isHeld = false;
      this.#changedAtMs.length = 0;
      return true;
    }
    while ((this.#changedAtMs[0] ?? nowMs) < nowMs - intervalMs) this.#changedAtMs.shift();
    if (this.#changedAtMs.length <= changes || !mayHold) return false;
    this.#isHeld = true;
    return true;
  }
}
