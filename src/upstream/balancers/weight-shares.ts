/** Data path. Endpoints side by side, each as wide as its weight: nginx's map of a hash to a server. */

import type { BalancerMaterial } from './balancer.ts';

export class WeightShares {
  /** The weights together; positions are 0 … total − 1. */
  readonly total: number;
  /** Where each endpoint ends. */
  readonly #ends: Float64Array;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    let total = 0;
    this.#ends = Float64Array.from(endpoints, ({ weight }) => (total += weight));
    this.total = total;
  }

  /** Of endpoints. */
  get count(): number {
    return this.#ends.length;
  }

  /** The endpoint at a position. */
  ownerOf(position: number): number {
    const ends = this.#ends;
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (position < (ends[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
