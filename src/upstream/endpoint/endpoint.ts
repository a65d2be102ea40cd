/** Data path. One address of an upstream, with its id in the shared endpoint table. */

import type { Clock } from '#src/base/clock.ts';
import type { EndpointConfig } from './upstream-config.ts';

export class Endpoint {
  readonly config: EndpointConfig;
  /** Index in the endpoint table: counted over all upstreams of the model. */
  readonly id: number;
  /** It takes only so many at a time: `max_conns`, or a limit that is learned. */
  readonly isLimited: boolean;
  /** Not `down`, and nothing has failed that still counts: it need not be asked further. */
  isFine: boolean;
  readonly #clock: Clock;
  // nginx's rule for max_fails, per thread as nginx's is per worker without `zone` (semantics §5).
  #failCount = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #checkedAtMs = Number.NEGATIVE_INFINITY;

  /** An endpoint that is alone in its upstream is never put aside, as in nginx. */
  readonly #isAlone: boolean;

  constructor(
    config: EndpointConfig,
    id: number,
    clock: Clock,
    isAlone: boolean,
    isAdaptive = false,
  ) {
    this.isLimited = isAdaptive || config.maxConns > 0;
    this.isFine = !config.down && !config.drain;
    this.#isAlone = isAlone;
    this.config = config;
    this.id = id;
    this.#clock = clock;
  }

  /** Not `down` nor `drain`, and not put aside for its failures. */
  isEligible(): boolean {
    return !this.config.drain && this.isInService();
  }

  /** As `isEligible`, for exchanges that are bound to it: `drain` takes them. */
  isInService(): boolean {
    const { down, failTimeoutMs, maxFails } = this.config;
    if (down) return false;
    if (this.#isAlone || maxFails === 0 || this.#failCount < maxFails) return true;
    return this.#clock.nowMs - this.#checkedAtMs > failTimeoutMs;
  }

  /** It was picked: after `fail_timeout` that makes this attempt a trial. */
  onPicked(): void {
    if (this.#clock.nowMs - this.#checkedAtMs > this.config.failTimeoutMs) {
      this.#checkedAtMs = this.#clock.nowMs;
    }
  }

  onFailure(): void {
    this.#failCount += 1;
    this.isFine = false;
    this.#failedAtMs = this.#clock.nowMs;
    this.#checkedAtMs = this.#clock.nowMs;
  }

  /**
   * Clears the failures only when it was picked more than `fail_timeout` after the last one. True:
   * it had been put aside, and is back.
   */
  onSuccess(): boolean {
    if (this.#failCount === 0 || this.#failedAtMs >= this.#checkedAtMs) return false;
    const wasAside = this.config.maxFails > 0 && this.#failCount >= this.config.maxFails;
    this.#failCount = 0;
    this.isFine = !this.config.down && !this.config.drain;
    return wasAside;
  }
}
