/**
 * Data path. The endpoint where an exchange costs least: the time that the policy measures, once for
 * it and once for each exchange in flight there, for its weight. All are compared, or two drawn by
 * weight. Who has no time yet counts as the fastest one while it has nothing to do, and as the mean
 * of those that have one otherwise: a new endpoint is tried, and not with everything. Where all are compared, times count in halves of the fastest one's: those
 * nearly as fast as it take turns with it.
 */

import type { Balancer, BalancerMaterial, PickScores, PickView } from './balancer.ts';
import { Leaders } from './leaders.ts';
import { leastOf, scoresWhere } from './least-score.ts';
import { Rotation } from './rotation.ts';
import { WeightedDraw } from './weighted-draw.ts';

/** A millisecond: below it, it is the turns of our own event loop that are measured. */
const LEAST_US = 1_000;
/** No time of a view is larger. */
const SLOWEST_US = 0x3fff_ffff;
/** Steps that the fastest endpoint's time is divided into. */
const STEPS = 2;
/** In the place of a time: the endpoint may not be taken. */
const OUT = -2;

/** What is compared. */
const COST_OF_ALL = 'time in halves of the fastest one, times what is in flight, for its weight';
const COST_OF_TWO = 'time in µs, times what is in flight, for its weight';

export class LeastCost implements Balancer {
  readonly #weights: Float64Array;
  readonly #times: Int32Array;
  readonly #leaders: Leaders;
  readonly #draw: WeightedDraw;
  readonly #rotation: Rotation;
  readonly #isScanned: boolean;

  /** Up to `maxScanned` endpoints are all looked at; of more, two are drawn. */
  constructor(endpoints: BalancerMaterial['endpoints'], maxScanned: number) {
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#times = new Int32Array(endpoints.length);
    this.#leaders = new Leaders(endpoints);
    this.#draw = new WeightedDraw(endpoints);
    this.#rotation = new Rotation(endpoints);
    this.#isScanned = endpoints.length <= maxScanned;
  }

  pick(view: PickView): number {
    return this.#isScanned ? this.#pickOfAll(view) : this.#pickOfTwo(view);
  }

  #pickOfAll(view: PickView): number {
    const times = this.#times;
    let count = 0;
    let sum = 0;
    let fastest = SLOWEST_US;
    for (let at = 0; at < times.length; at++) {
      const us = view.mayTake(at) ? view.timeUs(at) : OUT;
      times[at] = us;
      if (us < 0) continue;
      count += 1;
      sum += us;
      if (us < fastest) fastest = us;
    }
    // Nobody has a time: all the same, and what is in flight decides.
    if (count === 0) return this.#cheapest(view, LEAST_US, LEAST_US);
    return this.#cheapest(view, (sum / count) | 0, Math.max(fastest, LEAST_US));
  }

  #cheapest(view: PickView, usualUs: number, fastestUs: number): number {
    const times = this.#times;
    const weights = this.#weights;
    const leaders = this.#leaders;
    const perUs = STEPS / fastestUs;
    let bestCost = 0;
    let bestWeight = 0; // nobody leads yet
    leaders.clear();
    for (let at = 0; at < times.length; at++) {
      const known = times[at] as number;
      if (known === OUT) continue;
      const us = known >= 0 ? known : view.inFlight(at) > 0 ? usualUs : fastestUs;
      // Steps are integers, so that equal costs compare as equal.
      const time = Math.max(STEPS, (us * perUs + 0.5) | 0);
      const weight = weights[at] as number;
      // Even with nothing in flight: its count, which other threads write, need not be read.
      if (bestWeight !== 0 && time * bestWeight > bestCost * weight) continue;
      const cost = time * (1 + view.inFlight(at));
      const order = bestWeight === 0 ? -1 : cost * bestWeight - bestCost * weight;
      if (order > 0) continue;
      if (order < 0) {
        leaders.clear();
        bestCost = cost;
        bestWeight = weight;
      }
      leaders.add(at);
    }
    return leaders.pick(view);
  }

  #pickOfTwo(view: PickView): number {
    const draw = this.#draw;
    draw.drawTwo(view);
    const { first, second } = draw;
    if (second < 0) return first < 0 ? this.#rotation.pick(view) : first;
    const firstKnown = view.timeUs(first);
    const secondKnown = view.timeUs(second);
    // The mean of the known ones is the other one's, or none.
    const firstUs = Math.max(LEAST_US, firstKnown < 0 ? secondKnown : firstKnown);
    const secondUs = Math.max(LEAST_US, secondKnown < 0 ? firstKnown : secondKnown);
    const firstCost = firstUs * (1 + view.inFlight(first)) * (this.#weights[second] as number);
    const secondCost = secondUs * (1 + view.inFlight(second)) * (this.#weights[first] as number);
    return firstCost < secondCost ? first : second;
  }

  scores(view: PickView): PickScores {
    return this.#isScanned ? this.#scoresOfAll(view) : this.#scoresOfTwo(view);
  }

  #scoresOfAll(view: PickView): PickScores {
    const weights = this.#weights;
    const mayTake = (at: number): boolean => view.mayTake(at);
    const times = scoresWhere(weights.length, mayTake, (at) => view.timeUs(at));
    const known = times.filter((us) => us >= 0);
    const sum = known.reduce((all, us) => all + us, 0);
    const usualUs = known.length === 0 ? LEAST_US : (sum / known.length) | 0;
    const fastestUs = Math.max(known.length === 0 ? LEAST_US : leastOf(known), LEAST_US);
    const perUs = STEPS / fastestUs;
    const scores = times.map((us, at) => {
      const guessUs = view.inFlight(at) > 0 ? usualUs : fastestUs;
      const time = Math.max(STEPS, ((us < 0 ? guessUs : us) * perUs + 0.5) | 0);
      return Number.isNaN(us) ? us : (time * (1 + view.inFlight(at))) / (weights[at] as number);
    });
    return { means: COST_OF_ALL, scores, ties: this.#leaders.tiesOf(view, scores) };
  }

  #scoresOfTwo(view: PickView): PickScores {
    const draw = this.#draw;
    draw.drawTwo(view);
    const { first, second } = draw;
    if (first < 0) return this.#rotation.scores(view);
    const other = (at: number): number => (at === first && second >= 0 ? second : first);
    return draw.scoresOfDrawn(COST_OF_TWO, (at) => {
      const known = view.timeUs(at);
      const us = Math.max(LEAST_US, known < 0 ? view.timeUs(other(at)) : known);
      return (us * (1 + view.inFlight(at))) / (this.#weights[at] as number);
    });
  }
}
