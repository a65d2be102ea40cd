/**
 * Data path. `least_conn`: the endpoint with the fewest exchanges in flight for its weight, over all
 * threads, as nginx compares them; ties go round in the smooth order of round robin (semantics.md §4).
 * Up to 64 endpoints all are looked at; beyond, the better of two drawn by weight.
 */

import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';

/** So many are looked at one by one: less than a microsecond. */
export const MAX_SCANNED = 64;

export class LeastConn implements Balancer, PickView {
  readonly #weights: Float64Array;
  readonly #ties: Rotation;
  /** Which share the lead in this pick. */
  readonly #leads: Uint8Array;
  #view: PickView | undefined = undefined;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#ties = new Rotation(endpoints);
    this.#leads = new Uint8Array(endpoints.length);
  }

  pick(view: PickView): number {
    const weights = this.#weights;
    const leads = this.#leads;
    let best = -1;
    let bestLoad = 0;
    let leaderCount = 0;
    for (let at = 0; at < weights.length; at++) {
      leads[at] = 0;
      if (!view.mayTake(at)) continue;
      const load = view.inFlight(at);
      const order =
        best < 0 ? -1 : load * (weights[best] as number) - bestLoad * (weights[at] as number);
      if (order > 0) continue;
      if (order < 0) {
        leads.fill(0, 0, at);
        leaderCount = 0;
        best = at;
        bestLoad = load;
      }
      leads[at] = 1;
      leaderCount += 1;
    }
    if (leaderCount < 2) return best;
    this.#view = view;
    const chosen = this.#ties.pick(this);
    this.#view = undefined;
    return chosen;
  }

  // ---- PickView: the leaders, for round robin --------------------------------------------------

  mayTake(at: number): boolean {
    return this.#leads[at] === 1;
  }

  nextTurn(): number {
    return (this.#view as PickView).nextTurn();
  }

  inFlight(at: number): number {
    return (this.#view as PickView).inFlight(at);
  }

  timeMs(at: number): number {
    return (this.#view as PickView).timeMs(at);
  }

  random(): number {
    return (this.#view as PickView).random();
  }

  key(): string {
    return '';
  }
}

export const leastConn: BalancerKind = {
  name: 'least_conn',
  usage: '',
  doc: 'The endpoint with the fewest exchanges in flight for its weight; those equal take turns. In-flight counts from the moment of choice, over all proxy threads.',
  minWords: 0,
  maxWords: 0,
  takesBackup: true,
  create: ({ endpoints }) => new LeastConn(endpoints),
};
