/**
 * Data path. Weighted rendezvous hashing (semantics.md §21): each endpoint has a score for the key,
 * u in (0, 1) from a hash of both, and the lowest −ln(1 − u) / weight takes it. Whoever leaves gives
 * its own keys to the others by their weights, and nobody else's keys move.
 *
 * As u ≤ −ln(1 − u), u / weight tells of nearly all that they cannot win; few costs are worked out.
 * The least cost is below 3 / all weights but for one key in twenty, so who is above cannot win either;
 * and whether it may be taken is asked of the winner alone. Where that fails all are looked at again.
 */

import { hashText, mix } from '#src/base/text-hash.ts';
import type { BalancerMaterial, PickView } from './balancer.ts';
import { scoresWhere } from './least-score.ts';

const TO_SHARE = 1 / 0x1_0000_0000;
/** Odd, with its ones and zeros well apart. */
const SPREAD = 0x9e3779b1;
/** e⁻³ of the keys, 5 %, have no endpoint below the cut. */
const CUT = 3;
const SMALL = 1 / 16;

export class HighestScore {
  readonly #seeds: Int32Array;
  /** 1 / weight. */
  readonly #costs: Float64Array;
  /** In an array, as V8 copies a fraction that is a field onto the heap. */
  readonly #cut: Float64Array;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    const lanes = new Int32Array(2);
    this.#seeds = new Int32Array(endpoints.length * 2);
    for (const [at, name] of uniqueNames(endpoints).entries()) {
      hashText(name, lanes);
      this.#seeds.set(lanes, at * 2);
    }
    this.#costs = Float64Array.from(endpoints, ({ weight }) => 1 / weight);
    const whole = endpoints.reduce((sum, { weight }) => sum + weight, 0);
    this.#cut = Float64Array.of(CUT / whole);
  }

  /** The endpoint of a key with that hash, among those that may be taken; −1: none may. */
  best(view: PickView, key: Int32Array): number {
    const top = this.#top(key);
    return top >= 0 && view.mayTake(top) ? top : this.#bestOf(view, key);
  }

  /**
   * The endpoint with the least cost of all; −1: nobody is below the cut. −ln(1 − u) is written out, of
   * a small u as a series whose rest is below 10⁻⁹: a fraction that a function returns goes to the heap.
   */
  #top(key: Int32Array): number {
    const seeds = this.#seeds;
    const costs = this.#costs;
    const key0 = key[0] as number;
    const key1 = key[1] as number;
    let best = -1;
    let least = this.#cut[0] as number;
    for (let at = 0; at < costs.length; at++) {
      const inner = Math.imul(key0 ^ (seeds[at * 2] as number), SPREAD);
      const word = mix(inner ^ (key1 + (seeds[at * 2 + 1] as number)));
      const u = ((word >>> 0) + 0.5) * TO_SHARE;
      if (u * (costs[at] as number) >= least) continue;
      const length =
        u < SMALL
          ? u * (1 + u * (1 / 2 + u * (1 / 3 + u * (1 / 4 + u * (1 / 5 + u / 6)))))
          : -Math.log1p(-u);
      const cost = length * (costs[at] as number);
      if (cost >= least) continue;
      least = cost;
      best = at;
    }
    return best;
  }

  /**
   * The same among those that may be taken, without any cut. A loop of its own: with the question in
   * it, the one above takes half as long again.
   */
  #bestOf(view: PickView, key: Int32Array): number {
    const seeds = this.#seeds;
    const costs = this.#costs;
    const key0 = key[0] as number;
    const key1 = key[1] as number;
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < costs.length; at++) {
      const inner = Math.imul(key0 ^ (seeds[at * 2] as number), SPREAD);
      const word = mix(inner ^ (key1 + (seeds[at * 2 + 1] as number)));
      const u = ((word >>> 0) + 0.5) * TO_SHARE;
      if (u * (costs[at] as number) >= least) continue;
      const length =
        u < SMALL
          ? u * (1 + u * (1 / 2 + u * (1 / 3 + u * (1 / 4 + u * (1 / 5 + u / 6)))))
          : -Math.log1p(-u);
      const cost = length * (costs[at] as number);
      if (cost >= least || !view.mayTake(at)) continue;
      least = cost;
      best = at;
    }
    return best;
  }

  /** What `best` compares: the cost of each that may be taken, NaN for the others. */
  scores(view: PickView, key: Int32Array): number[] {
    const costs = this.#costs;
    const mayTake = (at: number): boolean => view.mayTake(at);
    return scoresWhere(costs.length, mayTake, (at) => {
      return -Math.log1p(-this.#shareOf(at, key)) * (costs[at] as number);
    });
  }

  /** In (0, 1). */
  #shareOf(at: number, key: Int32Array): number {
    const inner = Math.imul((key[0] as number) ^ (this.#seeds[at * 2] as number), SPREAD);
    const word = mix(inner ^ ((key[1] as number) + (this.#seeds[at * 2 + 1] as number)));
    return ((word >>> 0) + 0.5) * TO_SHARE;
  }
}

/** By name, not by place: the order of `server` lines makes no difference. */
export function uniqueNames(endpoints: BalancerMaterial['endpoints']): string[] {
  const counts = new Map<string, number>();
  return endpoints.map(({ name }) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}\0${count}`;
  });
}
