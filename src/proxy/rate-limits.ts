/** Data path. What a location says about the speed of responses; only locations that do have one. */

import { parseSize } from '#src/base/units.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { F_X_ACCEL_LIMIT_RATE } from '#src/http/field-names.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { ResponseLimits } from '#src/spool/response-store.ts';
import type { Rate } from './rate-argument.ts';

/** The directives, and where a response waits that may not be passed on yet. */
export interface RateSettings {
  /** `limit_rate`, `limit_rate_after`: towards the client. */
  readonly send: Rate;
  readonly sendAfter: Rate;
  /** `set $limit_rate`: wins where it was given a value; undefined when nothing sets it. */
  readonly setSend: ComplexValue<Exchange> | undefined;
  /** `proxy_limit_rate`: from the endpoint. */
  readonly read: Rate;
  readonly waiting: ResponseLimits;
}

/** The rates of a location; undefined: none ever holds there. */
export function rateLimits(settings: RateSettings): RateLimits | undefined {
  const { read, send, setSend } = settings;
  return send === 0 && setSend === undefined && read === 0 ? undefined : new RateLimits(settings);
}

export class RateLimits {
  readonly waiting: ResponseLimits;
  readonly #settings: RateSettings;

  constructor(settings: RateSettings) {
    this.waiting = settings.waiting;
    this.#settings = settings;
  }

  /** Bytes per second towards the client; 0 is unlimited. */
  sendRate(exchange: Exchange): number {
    const { send, setSend } = this.#settings;
    const set = setSend?.evaluate(exchange) ?? '';
    return set === '' ? sizeOf(send, exchange) : (parseSize(set) ?? 0);
  }

  /** Bytes of a response that go to the client before the rate holds. */
  sendAfterBytes(exchange: Exchange): number {
    return sizeOf(this.#settings.sendAfter, exchange);
  }

  /** Bytes per second from the endpoint; 0 is unlimited. */
  readRate(exchange: Exchange): number {
    return sizeOf(this.#settings.read, exchange);
  }
}

/** Of answers with `X-Accel-Limit-Rate`, which wins over all that the configuration says. */
export class WishedRate extends RateLimits {
  override sendRate(exchange: Exchange): number {
    const text = exchange.response.fields.get(F_X_ACCEL_LIMIT_RATE) ?? '';
    return RATE.test(text) ? Number(text) : super.sendRate(exchange);
  }
}

/** Of a response that must go no faster than so many bytes per second, whatever else is said (`fault`). */
export class SlowedRate extends RateLimits {
  readonly #bytesPerSec: number;
  readonly #usual: RateLimits;

  constructor(settings: RateSettings, usual: RateLimits, bytesPerSec: number) {
    super(settings);
    this.#usual = usual;
    this.#bytesPerSec = bytesPerSec;
  }

  override sendRate(exchange: Exchange): number {
    const rate = this.#usual.sendRate(exchange);
    return rate === 0 ? this.#bytesPerSec : Math.min(rate, this.#bytesPerSec);
  }

  override sendAfterBytes(): number {
    return 0;
  }
}

/** nginx: bytes per second, without a unit. */
const RATE = /^\d{1,15}$/;

/** nginx: a variable that gives no size sets no limit. */
function sizeOf(rate: Rate, exchange: Exchange): number {
  return typeof rate === 'number' ? rate : (parseSize(rate.evaluate(exchange)) ?? 0);
}
