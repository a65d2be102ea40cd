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

import type { Balancer, BalancerMaterial, PickScores, PickView } from './balancer.ts';

const NOTHING = 0;
const LOADS = 1;
const WEIGHTS = 2;

export class BoundedLoad implements Balancer, PickView {
  readonly #inner: Balancer;
  readonly #weights: Float64Array;
  readonly #percent: number;
  #view: PickView | undefined = undefined;
  /** How much this pick has looked at. */
  #known = NOTHING;
  readonly #allWeights: number;
  /** An endpoint's limit is its weight × share / whole. */
  #share = 1;
  #whole = 1;
  readonly #loads: Int32Array;
  #pickLimit = 1;

  /** `percent` is over 100. */
  constructor(inner: Balancer, endpoints: BalancerMaterial['endpoints'], percent: number) {
    this.#inner = inner;
    this.#percent = percent;
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#allWeights = endpoints.reduce((sum, { weight }) => sum + weight, 0);
    this.#loads = new Int32Array(endpoints.length);
  }

  get pickLimit(): number {
    return this.#pickLimit;
  }

  pick(view: PickView): number {
    this.#view = view;
    this.#known = NOTHING;
    const at = this.#inner.pick(this);
    // Nothing was known: the endpoint had nothing, and one is never too many.
    this.#pickLimit = this.#known === NOTHING || at < 0 ? 1 : this.#limit(at);
    this.#view = undefined;
    return at;
  }

  scores(view: PickView): PickScores {
    this.#view = view;
    this.#known = NOTHING;
    const inner = this.#inner.scores?.(this) ?? { means: '', scores: [] };
    const asides = inner.scores.map((_, at) => {
      if (!view.mayTake(at) || this.mayTake(at)) return inner.asides?.[at] ?? '';
      return `balance_factor: ${this.#loads[at]} in flight of ${this.#limit(at)}`;
    });
    this.#view = undefined;
    return { ...inner, asides };
  }

  /**
   * What cannot be taken leaves its share to the others; until it is known what that is, they have
   * their own. One division of whole numbers: ⌈9⌉ must not come out as 10.
   */
  #limit(at: number): number {
    return Math.ceil((this.#share * (this.#weights[at] as number)) / this.#whole);
  }

  /** Whether it has fewer than its limit. */
  #hasRoom(at: number): boolean {
    return (this.#loads[at] as number) * this.#whole < this.#share * (this.#weights[at] as number);
  }

  #lookAtLoads(view: PickView): void {
    const loads = this.#loads;
    let total = 1;
    for (let at = 0; at < loads.length; at++) {
      const load = view.inFlight(at);
      loads[at] = load;
      total += load;
    }
    this.#share = total * this.#percent;
    this.#whole = 100 * this.#allWeights;
    this.#known = LOADS;
  }

  #lookAtWeights(view: PickView): void {
    const weights = this.#weights;
    let left = 0;
    for (let at = 0; at < weights.length; at++) {
      if (view.mayTake(at)) left += weights[at] as number;
    }
    this.#whole = 100 * Math.max(1, left);
    this.#known = WEIGHTS;
  }

  // ---- PickView, for the policy ----------------------------------------------------------------

  mayTake(at: number): boolean {
    const view = this.#view as PickView;
    if (this.#known === NOTHING) {
      if (!view.mayTake(at)) return false;
      if (view.inFlight(at) <= 0) return true;
      this.#lookAtLoads(view);
    }
    if (!this.#hasRoom(at)) {
      if (this.#known === WEIGHTS) return false;
      this.#lookAtWeights(view);
      if (!this.#hasRoom(at)) return false;
    }
    return view.mayTake(at);
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
