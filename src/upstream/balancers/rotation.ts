/**
 * Data path. Smooth weighted round robin (semantics.md §3), exact over all threads: the order that
 * nginx's algorithm gives is written down once, and one shared counter walks through it.
 *
 *   weights 5 1 1:  order  a a b a c a a     turn 0 1 2 3 4 5 6, then 0 again
 *
 * Round robin is that alone; other policies settle ties by it.
 *
 * The turns of an endpoint that cannot be used go to the others in the proportion of their weights:
 * were the next in the order to take them, it would get twice its share.
 */

import type { Balancer, BalancerMaterial, PickScores, PickView } from './balancer.ts';

/** Longer orders are scaled down: their smoothness no one would notice, their memory one would. */
const MAX_ORDER = 65_536;

export class Rotation implements Balancer {
  readonly #weights: Float64Array;
  readonly #order: Uint32Array;
  readonly #length: number;
  /** Per endpoint: nginx's `current_weight`, for the turns that fell out. Per thread. */
  readonly #credit: Float64Array;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    const weights = endpoints.map(({ weight }) => weight);
    this.#weights = Float64Array.from(weights);
    this.#order = smoothOrder(weights);
    this.#length = this.#order.length;
    this.#credit = new Float64Array(weights.length);
  }

  pick(view: PickView): number {
    const length = this.#length;
    const turn = length === 1 ? 0 : view.nextTurn() % length;
    const at = this.#order[turn] as number;
    return view.mayTake(at) ? at : this.#pickAmongTheRest(view);
  }

  scores(view: PickView): PickScores {
    const order = this.#order;
    const length = this.#length;
    const turn = length === 1 ? 0 : view.nextTurn() % length;
    const scores = new Array<number>(this.#weights.length).fill(Number.NaN);
    if (!view.mayTake(order[turn] as number)) {
      for (const [at, weight] of this.#weights.entries()) {
        if (view.mayTake(at)) scores[at] = 0 - ((this.#credit[at] as number) + weight);
      }
      return { means: 'its credit, for a turn of one that is out', scores };
    }
    for (let away = length - 1; away >= 0; away--) {
      const at = order[(turn + away) % length] as number;
      if (view.mayTake(at)) scores[at] = away;
    }
    return { means: 'turns until its own', scores };
  }

  /** One step of nginx's algorithm over the endpoints that are left. */
  #pickAmongTheRest(view: PickView): number {
    const credit = this.#credit;
    let best = -1;
    let total = 0;
    for (let at = 0; at < credit.length; at++) {
      if (!view.mayTake(at)) continue;
      const weight = this.#weights[at] as number;
      total += weight;
      credit[at] = (credit[at] as number) + weight;
      if (best < 0 || (credit[at] as number) > (credit[best] as number)) best = at;
    }
    if (best >= 0) credit[best] = (credit[best] as number) - total;
    return best;
  }
}

/** The indices in the order in which nginx's smooth weighted round robin picks them. */
export function smoothOrder(weights: readonly number[]): Uint32Array {
  const divisor = weights.reduce(greatestCommonDivisor, 0) || 1;
  const sum = weights.reduce((total, weight) => total + weight / divisor, 0);
  const scale = sum > MAX_ORDER ? MAX_ORDER / sum : 1;
  const shares = weights.map((weight) => Math.max(1, Math.round((weight / divisor) * scale)));
  const total = shares.reduce((all, share) => all + share, 0);
  // A thousand endpoints give 65 million steps: typed arrays and no object per step.
  const gain = Float64Array.from(shares);
  const current = new Float64Array(shares.length);
  const order = new Uint32Array(total);
  for (let turn = 0; turn < total; turn++) {
    let best = 0;
    for (let index = 0; index < current.length; index++) {
      current[index] = (current[index] ?? 0) + (gain[index] ?? 0);
      if ((current[index] ?? 0) > (current[best] ?? 0)) best = index;
    }
    current[best] = (current[best] ?? 0) - total;
    order[turn] = best;
  }
  return order;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
