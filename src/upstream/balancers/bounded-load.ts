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
const TOTAL = 1;
const WEIGHTS = 2;
const MAX_INT32 = 0x7fff_ffff;

export class BoundedLoad implements Balancer, PickView {
  readonly #inner: Balancer;
  readonly #weights: Int32Array | Float64Array;
  readonly #percent: number;
  #view: PickView | undefined = undefined;
  /** How much this pick has looked at. */
  #known = NOTHING;
  readonly #allWeights: number;
  /** An endpoint's limit is its weight × share / whole. */
  #share = 1;
  #whole = 1;
  #pickLimit = 1;

  /** `percent` is over 100. */
  constructor(inner: Balancer, endpoints: BalancerMaterial['endpoints'], percent: number) {
    this.#inner = inner;
    this.#percent = percent;
    // Whole numbers, so that sums of them need no memory; beyond 2^31 that is not to be had.
    const isUsual = endpoints.every(({ weight }) => weight <= MAX_INT32);
    const weights = endpoints.map(({ weight }) => weight);
    this.#weights = isUsual ? Int32Array.from(weights) : Float64Array.from(weights);
    this.#allWeights = endpoints.reduce((sum, { weight }) => sum + weight, 0);
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
      return `balance_factor: ${view.inFlight(at)} in flight of ${this.#limit(at)}`;
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

  /** Whether one with that load has fewer than its limit. */
  #hasRoom(at: number, load: number): boolean {
    return load * this.#whole < this.#share * (this.#weights[at] as number);
  }

  #lookAtTotal(view: PickView): void {
    this.#share = (view.allInFlight() + 1) * this.#percent;
    this.#whole = 100 * this.#allWeights;
    this.#known = TOTAL;
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
    const load = view.inFlight(at);
    // One is never too many.
    if (load <= 0) return view.mayTake(at);
    if (this.#known === NOTHING) this.#lookAtTotal(view);
    if (!this.#hasRoom(at, load)) {
      if (this.#known === WEIGHTS) return false;
      this.#lookAtWeights(view);
      if (!this.#hasRoom(at, load)) return false;
    }
    return view.mayTake(at);
  }

  inFlight(at: number): number {
    return (this.#view as PickView).inFlight(at);
  }

  allInFlight(): number {
    return (this.#view as PickView).allInFlight();
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
