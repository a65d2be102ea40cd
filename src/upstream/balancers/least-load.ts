/**
 * Data path. The endpoint with the fewest exchanges in flight for its weight, as nginx compares them
 * (semantics.md §4): of all, where those that are equal take turns, or of two drawn by weight.
 */

import type { Balancer, BalancerMaterial, PickScores, PickView } from './balancer.ts';
import { Leaders } from './leaders.ts';
import { scoresWhere } from './least-score.ts';
import { Rotation } from './rotation.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** So many are looked at one by one: less than a microsecond. Of more, two are drawn. */
export const MAX_SCANNED = 64;

export class LeastLoad implements Balancer {
  readonly #weights: Float64Array;
  readonly #leaders: Leaders;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#leaders = new Leaders(endpoints);
  }

  pick(view: PickView): number {
    const weights = this.#weights;
    const leaders = this.#leaders;
    let bestLoad = 0;
    let bestWeight = 0; // nobody leads yet
    leaders.clear();
    for (let at = 0; at < weights.length; at++) {
      if (!view.mayTake(at)) continue;
      const load = view.inFlight(at);
      const weight = weights[at] as number;
      const order = bestWeight === 0 ? -1 : load * bestWeight - bestLoad * weight;
      if (order > 0) continue;
      if (order < 0) {
        leaders.clear();
        bestLoad = load;
        bestWeight = weight;
      }
      leaders.add(at);
    }
    return leaders.pick(view);
  }

  scores(view: PickView): PickScores {
    const weights = this.#weights;
    const mayTake = (at: number): boolean => view.mayTake(at);
    const scores = scoresWhere(weights.length, mayTake, (at) => {
      return view.inFlight(at) / (weights[at] as number);
    });
    return { means: LOAD, scores, ties: this.#leaders.tiesOf(view, scores) };
  }
}

/** What is compared. */
const LOAD = 'in flight, for its weight';

export class LeastLoadOfTwo implements Balancer {
  readonly #weights: Float64Array;
  readonly #draw: WeightedDraw;
  readonly #rotation: Rotation;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#draw = new WeightedDraw(endpoints);
    this.#rotation = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    const draw = this.#draw;
    draw.drawTwo(view);
    const { first, second } = draw;
    if (second < 0) return first < 0 ? this.#rotation.pick(view) : first;
    const firstLoad = view.inFlight(first) * (this.#weights[second] as number);
    const secondLoad = view.inFlight(second) * (this.#weights[first] as number);
    return firstLoad < secondLoad ? first : second;
  }

  scores(view: PickView): PickScores {
    const weights = this.#weights;
    const draw = this.#draw;
    draw.drawTwo(view);
    if (draw.first < 0) return this.#rotation.scores(view);
    return draw.scoresOfDrawn(LOAD, (at) => view.inFlight(at) / (weights[at] as number));
  }
}
