/**
 * Data path. Bounded load for a policy that maps keys to endpoints (HAProxy's hash-balance-factor,
 * semantics.md §13): nobody has more in flight than `percent` of its fair share, and a key
 * whose endpoint is full goes where the policy would send it if that one were out of service.
 *
 *   limit of an endpoint = ⌈(all in flight + 1) × percent/100 × its weight / weights that may be taken⌉
 *
 * As it is over 100, the limits are together more than what is in flight: somebody always
 * has room. In flight is what all threads see; the limit is kept by whoever counts the exchange.
 */

import type { Balancer, BalancerMaterial, PickView } from './balancer.ts';

export class BoundedLoad implements Balancer, PickView {
  readonly #inner: Balancer;
  readonly #weights: Float64Array;
  readonly #percent: number;
  #view: PickView | undefined = undefined;
  /** What all have was looked at in this pick: `#limits` and `#loads` hold. */
  #isCounted = false;
  /** 0: the endpoint may not be taken. */
  readonly #limits: Float64Array;
  readonly #loads: Int32Array;
  #pickLimit = 1;

  /** `percent` is over 100. */
  constructor(inner: Balancer, endpoints: BalancerMaterial['endpoints'], percent: number) {
    this.#inner = inner;
    this.#percent = percent;
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#limits = new Float64Array(endpoints.length);
    this.#loads = new Int32Array(endpoints.length);
  }

  get pickLimit(): number {
    return this.#pickLimit;
  }

  pick(view: PickView): number {
    this.#view = view;
    this.#isCounted = false;
    const at = this.#inner.pick(this);
    // Not counted: it had nothing, and one is never too many.
    this.#pickLimit = this.#isCounted && at >= 0 ? (this.#limits[at] as number) : 1;
    this.#view = undefined;
    return at;
  }

  #count(view: PickView): void {
    const weights = this.#weights;
    let total = 1;
    let weightLeft = 0;
    for (let at = 0; at < weights.length; at++) {
      const load = view.inFlight(at);
      this.#loads[at] = load;
      total += load;
      const weight = view.mayTake(at) ? (weights[at] as number) : 0;
      this.#limits[at] = weight;
      weightLeft += weight;
    }
    // One division of whole numbers: ⌈9⌉ must not come out as 10.
    const share = total * this.#percent;
    const whole = 100 * Math.max(1, weightLeft);
    for (let at = 0; at < weights.length; at++) {
      this.#limits[at] = Math.ceil((share * (this.#limits[at] as number)) / whole);
    }
    this.#isCounted = true;
  }

  // ---- PickView, for the policy ----------------------------------------------------------------

  mayTake(at: number): boolean {
    if (!this.#isCounted) {
      const view = this.#view as PickView;
      if (!view.mayTake(at)) return false;
      if (view.inFlight(at) <= 0) return true;
      this.#count(view);
    }
    return (this.#loads[at] as number) < (this.#limits[at] as number);
  }

  inFlight(at: number): number {
    return (this.#view as PickView).inFlight(at);
  }

  timeUs(at: number): number {
    return (this.#view as PickView).timeUs(at);
  }

  nextTurn(): number {
    return (this.#view as PickView).nextTurn();
  }

  randomBits(): number {
    return (this.#view as PickView).randomBits();
  }

  key(): string {
    return (this.#view as PickView).key();
  }
}
