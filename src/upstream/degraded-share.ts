/**
 * Data path. Who takes part in a pick while some endpoints of a tier are degraded: the healthy ones
 * alone, or the degraded ones, by the chance that what is healthy gives (Envoy: semantics.md §14, its
 * degraded hosts). Tiers without any never come here.
 */

import type { Clock } from '#src/base/clock.ts';
import type { RandomBits } from '#src/base/random-bits.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';

/** Healthy and degraded alike. */
export const ALL = 0;
export const HEALTHY = 1;
export const WEAK = 2;

/** RandomBits gives 30 of them. */
const CHANCES = 2 ** 30;

export class DegradedShare {
  readonly #endpoints: readonly Endpoint[];
  readonly #threshold: number;
  readonly #clock: Clock;
  readonly #random: RandomBits;
  /** A pick whose chance is below it is for the healthy ones. */
  #below = CHANCES;
  #readAtMs = Number.NaN;

  /** `threshold`: the share of weight that must be healthy for the others to get nothing; 0 … 1. */
  constructor(endpoints: readonly Endpoint[], threshold: number, clock: Clock, random: RandomBits) {
    this.#endpoints = endpoints;
    this.#threshold = threshold;
    this.#clock = clock;
    this.#random = random;
  }

  /** Who is in service has changed. */
  forget(): void {
    this.#readAtMs = Number.NaN;
  }

  /** HEALTHY or WEAK, for one pick. */
  choose(): number {
    const { nowMs } = this.#clock;
    // Between two turns of the loop nothing has changed that the standing does not tell.
    if (nowMs !== this.#readAtMs) {
      this.#readAtMs = nowMs;
      this.#below = Math.round(this.#healthyPart() * CHANCES);
    }
    return this.#random.next() < this.#below ? HEALTHY : WEAK;
  }

  /** 0 … 1 and more: which part of the exchanges the healthy ones are enough for. */
  #healthyPart(): number {
    let weight = 0;
    let healthy = 0;
    for (const endpoint of this.#endpoints) {
      if (!endpoint.isWanted) continue;
      weight += endpoint.config.weight;
      if (endpoint.isEligible() && !endpoint.isDegraded) healthy += endpoint.config.weight;
    }
    if (healthy === 0) return 0;
    return this.#threshold === 0 ? 1 : healthy / weight / this.#threshold;
  }
}
