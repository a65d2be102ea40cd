/** Data path. One address of an upstream, with its id in the shared endpoint table. */

import type { Clock } from '#src/base/clock.ts';
import {
  type EndpointStanding,
  OUT_ADMINISTRATIVE,
  OUT_DRAIN,
  outReasons,
} from '#src/shared/endpoint-standing.ts';
import { sharedNowMs } from '#src/shared/endpoint-times.ts';
import type { EndpointConfig } from './upstream-config.ts';

export class Endpoint {
  /** Index in the endpoint table: counted over all upstreams of the model. */
  readonly id: number;
  readonly #clock: Clock;
  readonly #standing: EndpointStanding;
  readonly #isAdaptive: boolean;
  #config: EndpointConfig;
  /** An endpoint that is alone in its upstream is never put aside for failures, as in nginx. */
  #maxFails = 0;

  constructor(
    config: EndpointConfig,
    id: number,
    standing: EndpointStanding,
    clock: Clock,
    isAlone: boolean,
    isAdaptive = false,
  ) {
    this.id = id;
    this.#clock = clock;
    this.#standing = standing;
    this.#isAdaptive = isAdaptive;
    this.#config = config;
    this.configure(config, isAlone);
  }

  get config(): EndpointConfig {
    return this.#config;
  }

  /** Another weight, other limits, at run time: the address stays. Tiers must be made anew. */
  configure(config: EndpointConfig, isAlone: boolean): void {
    this.#config = config;
    this.#maxFails = isAlone ? 0 : config.maxFails;
  }

  /** It takes only so many at a time: `max_conns`, or a limit that is learned. */
  get isLimited(): boolean {
    return this.#isAdaptive || this.#config.maxConns > 0;
  }

  /** Neither `down` nor `drain`, by configuration or at run time. */
  get isWanted(): boolean {
    const { down, drain } = this.#config;
    return !down && !drain && (this.#standing.out(this.id) & OUT_ADMINISTRATIVE) === 0;
  }

  /** A health check says that it can do less than usual. */
  get isDegraded(): boolean {
    return this.#standing.isDegraded(this.id);
  }

  /** Wanted, not out for another reason, and not put aside for its failures. */
  isEligible(): boolean {
    if (this.#config.drain || this.#config.down) return false;
    return this.#standing.isFine(this.id) || (this.#hasNot(0) && !this.#isAside());
  }

  /** As `isEligible`, for exchanges that are bound to it: `drain` takes them. */
  isInService(): boolean {
    if (this.#config.down) return false;
    return this.#standing.isFine(this.id) || (this.#hasNot(OUT_DRAIN) && !this.#isAside());
  }

  /** Why it gets nothing, in words for people; none when it is eligible. */
  reasonsOut(): readonly string[] {
    const { down, drain } = this.#config;
    const reasons = new Set(outReasons(this.#standing.out(this.id)));
    if (down) reasons.add('down');
    if (drain) reasons.add('drain');
    if (this.#isAside()) reasons.add('max_fails');
    return [...reasons];
  }

  /**
   * It was picked: after `fail_timeout` that makes this attempt a trial. False: another thread makes
   * it, and this one must pick again.
   */
  onPicked(): boolean {
    if (this.#standing.isFine(this.id)) return true;
    return this.#standing.onPicked(
      this.id,
      this.#maxFails,
      this.#config.failTimeoutMs,
      this.#nowMs(),
    );
  }

  onFailure(): void {
    if (this.#maxFails > 0) this.#standing.onFailure(this.id, this.#nowMs());
  }

  /**
   * Clears the failures only when it was picked more than `fail_timeout` after the last one. True:
   * it had been put aside, and is back.
   */
  onSuccess(): boolean {
    return !this.#standing.isFine(this.id) && this.#standing.onSuccess(this.id, this.#maxFails);
  }

  /** Out for none but these reasons. */
  #hasNot(allowed: number): boolean {
    return (this.#standing.out(this.id) & ~allowed) === 0;
  }

  #isAside(): boolean {
    const { failTimeoutMs } = this.#config;
    return this.#standing.isAside(this.id, this.#maxFails, failTimeoutMs, this.#nowMs());
  }

  #nowMs(): number {
    return Math.floor(sharedNowMs(this.#clock.nowMs));
  }
}
