/**
 * Data path. `random`: an endpoint drawn by weight, or the better of two different ones (nginx,
 * semantics.md §4). Where 20 draws find none that may be taken, round robin does.
 */

import type { TimeMeasure } from '#src/shared/endpoint-times.ts';
import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { LeastCost } from '#src/upstream/balancers/least-cost.ts';
import { LeastLoadOfTwo } from '#src/upstream/balancers/least-load.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import { WeightedDraw } from '#src/upstream/balancers/weighted-draw.ts';

/** What compares the two, and the times it needs. */
const METHODS: ReadonlyMap<string, TimeMeasure> = new Map([
  ['least_conn', 'none'],
  ['least_time=header', 'header'],
  ['least_time=last_byte', 'total'],
]);

class RandomOne implements Balancer {
  readonly #draw: WeightedDraw;
  readonly #rotation: Rotation;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#draw = new WeightedDraw(endpoints);
    this.#rotation = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    const at = this.#draw.drawOne(view);
    return at < 0 ? this.#rotation.pick(view) : at;
  }

  scores(view: PickView): PickScores {
    const draw = this.#draw;
    draw.first = draw.drawOne(view);
    draw.second = -1;
    if (draw.first < 0) return this.#rotation.scores(view);
    return draw.scoresOfDrawn('0 was drawn', () => 0);
  }
}

function measureOf([, method = 'least_conn']: readonly string[]): TimeMeasure {
  return METHODS.get(method) ?? 'none';
}

export const random: BalancerKind = {
  name: 'random',
  usage: '[two [least_conn | least_time=header | least_time=last_byte]]',
  doc: 'An endpoint drawn by weight; with `two` the better of two different ones: by exchanges in flight (`least_conn`, the default) or by those and the mean time to the head or the end of an answer (`least_time=`), for its weight.',
  minWords: 0,
  maxWords: 2,
  check: ([two, method]) => {
    if (two !== undefined && two !== 'two') return { at: 0, advice: 'write two, or nothing' };
    if (method === undefined || METHODS.has(method)) return undefined;
    return { at: 1, advice: `write ${[...METHODS.keys()].join(', ')}, or nothing` };
  },
  measure: measureOf,
  takesBackup: true,
  create: ({ endpoints, words }) => {
    if (words.length === 0) return new RandomOne(endpoints);
    if (measureOf(words) === 'none') return new LeastLoadOfTwo(endpoints);
    return new LeastCost(endpoints, 0);
  },
};
