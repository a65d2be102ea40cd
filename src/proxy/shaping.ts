/**
 * Data path. What a location does to the answers of endpoints beyond their heads: how fast they go,
 * which part of them, what is kept of them. Only locations that do have one.
 */

import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ForcedRanges } from './forced-ranges.ts';
import type { RateLimits } from './rate-limits.ts';
import type { ResponseFeed } from './response-feed.ts';
import type { StoreRules } from './stored-copy.ts';

/** What there may be; of a location that has none of it nothing is shaped. */
export interface ShapingParts {
  readonly rates: RateLimits | undefined;
  readonly ranges: ForcedRanges | undefined;
  readonly store: StoreRules | undefined;
}

export class Shaping {
  readonly #rates: RateLimits | undefined;
  readonly #ranges: ForcedRanges | undefined;

  readonly #store: StoreRules | undefined;

  constructor({ ranges, rates, store }: ShapingParts) {
    this.#rates = rates;
    this.#ranges = ranges;
    this.#store = store;
  }

  /**
   * Before the head goes to the client, whose feed has begun.
   * @returns false: this answer must not go there; `refuse` answers, once the endpoint is let go
   */
  begin(exchange: Exchange, feed: ResponseFeed, wheel: TimerWheel): boolean {
    if (exchange.isTunnel) return true;
    const skippedBytes = this.#ranges?.apply(exchange, this.#rates !== undefined) ?? 0;
    if (skippedBytes < 0) return false;
    const copy = this.#store?.begin(exchange); // of the whole: in front of what takes a part
    if (copy !== undefined) feed.copyTo(copy);
    if (this.#rates !== undefined) feed.limit(this.#rates, skippedBytes, wheel);
    return true;
  }

  refuse(exchange: Exchange): void {
    this.#ranges?.refuse(exchange);
  }
}

/** Undefined when nothing is shaped. */
export function shaping(parts: ShapingParts): Shaping | undefined {
  const { ranges, rates, store } = parts;
  const isNone = rates === undefined && ranges === undefined && store === undefined;
  return isNone ? undefined : new Shaping(parts);
}
