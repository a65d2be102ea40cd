/**
 * Data path. `prequal` (Wydrowski et al., "Load is not what you should balance", NSDI 2024): a small
 * pool of endpoints looked at of late. Who has fewer in flight than most of the pool is cold, and of
 * the cold ones the fastest is taken; when none is cold, the one with the fewest in flight.
 *
 *   pool     e3  e17  e5  e3  e40 …     two more with each pick, in the place of the oldest;
 *   uses      2    1   0   2    1       one that was chosen that often waits to be drawn again
 *
 * There are no probes: what they would ask is in shared memory, where the exchanges of all threads
 * write it, and is read anew in each pick.
 */

import type {
  Balancer,
  BalancerKind,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';
import { Rotation } from '#src/upstream/balancers/rotation.ts';
import { WeightedDraw } from '#src/upstream/balancers/weighted-draw.ts';

const POOL_SIZE = 8;
const DRAWS_PER_PICK = 2;
/** An endpoint that was drawn may be chosen so often for it. */
const MAX_USES = 3;
/**
 * Whoever has at least as many in flight as the second most of the pool is hot, or as the most while
 * there are few: near the 84 % of the pool below which the paper calls an endpoint cold.
 */
const FEW = 6;
/**
 * Whoever takes a second and that many times as long as the fastest is asked only when all do. The
 * paper calls it a sinkhole: who fails at once, which counts as 5 s, has never anything in flight.
 */
const SINK_US = 1_000_000;
const SINK_FACTOR = 4;
const SINK_LOAD = 0x2000_0000;
const NOBODY = -1;
/** One in flight at the heaviest endpoint. */
const LOAD_UNIT = 16;
/** No time is more. */
const MOST = 0x3fff_ffff;

export class Prequal implements Balancer {
  /** What one in flight counts, in whole numbers: the more, the less the weight. */
  readonly #loadOfOne: Float64Array;
  readonly #draw: WeightedDraw;
  readonly #rotation: Rotation;
  readonly #pool = new Int32Array(POOL_SIZE).fill(NOBODY);
  readonly #uses = new Uint8Array(POOL_SIZE);
  #oldest = 0;
  // What this pick has seen of the pool, by place.
  readonly #times = new Int32Array(POOL_SIZE);
  readonly #loads = new Int32Array(POOL_SIZE);

  constructor(endpoints: BalancerMaterial['endpoints']) {
    const heaviest = Math.max(...endpoints.map(({ weight }) => weight));
    this.#loadOfOne = Float64Array.from(endpoints, ({ weight }) => (LOAD_UNIT * heaviest) / weight);
    this.#draw = new WeightedDraw(endpoints);
    this.#rotation = new Rotation(endpoints);
  }

  pick(view: PickView): number {
    for (let draw = 0; draw < DRAWS_PER_PICK; draw++) this.#add(this.#draw.draw(view));
    if (!this.#look(view)) return this.#rotation.pick(view);
    const place = this.#best(this.#threshold());
    const at = this.#pool[place] as number;
    const uses = (this.#uses[place] as number) - 1;
    this.#uses[place] = uses;
    if (uses === 0) this.#pool[place] = NOBODY;
    return at;
  }

  /** What the pool will be with what is drawn next is looked at, and undone. */
  scores(view: PickView): PickScores {
    const before = { pool: this.#pool.slice(), uses: this.#uses.slice(), oldest: this.#oldest };
    for (let draw = 0; draw < DRAWS_PER_PICK; draw++) this.#add(this.#draw.draw(view));
    const isFound = this.#look(view);
    const found = this.#scoresOfPool();
    this.#pool.set(before.pool);
    this.#uses.set(before.uses);
    this.#oldest = before.oldest;
    return isFound ? found : this.#rotation.scores(view);
  }

  #scoresOfPool(): PickScores {
    const loads = this.#loads;
    const threshold = this.#threshold();
    const isCold = (place: number): boolean => (loads[place] as number) < threshold;
    const places = [...loads.keys()].filter((place) => (loads[place] as number) >= 0);
    places.sort((one, other) => {
      if (isCold(one) !== isCold(other)) return isCold(one) ? -1 : 1;
      return this.#order(one, other, isCold(one)) || one - other;
    });
    const ranked = [...new Set(places.map((place) => this.#pool[place] as number))];
    const scores = new Array<number>(this.#loadOfOne.length).fill(Number.NaN);
    for (const [rank, at] of ranked.entries()) scores[at] = rank;
    const asides = scores.map((_, at) => (ranked.includes(at) ? '' : 'it was not drawn of late'));
    return { means: 'rank in the pool: cold ones by time, then hot ones by load', scores, asides };
  }

  #add(at: number): void {
    const place = this.#oldest;
    this.#oldest = (place + 1) % POOL_SIZE;
    this.#pool[place] = at;
    this.#uses[place] = MAX_USES;
  }

  /** Fills times and loads (−1: not to be taken); false: nobody in the pool may be taken. */
  #look(view: PickView): boolean {
    const times = this.#times;
    const loads = this.#loads;
    let fastest = MOST;
    let sum = 0;
    let known = 0;
    let count = 0;
    for (let place = 0; place < POOL_SIZE; place++) {
      const at = this.#pool[place] as number;
      loads[place] = -1;
      if (at === NOBODY || !view.mayTake(at)) continue;
      count += 1;
      loads[place] = Math.min(view.inFlight(at) * (this.#loadOfOne[at] as number), SINK_LOAD - 1);
      const us = view.timeUs(at);
      times[place] = us;
      if (us < 0) continue;
      known += 1;
      sum += us;
      if (us < fastest) fastest = us;
    }
    if (count === 0) return false;
    // Nobody has a time: all the same.
    const usual = known === 0 ? 0 : (sum / known) | 0;
    const sink = known === 0 ? MOST : Math.max(SINK_US, SINK_FACTOR * fastest);
    for (let place = 0; place < POOL_SIZE; place++) {
      if ((loads[place] as number) < 0) continue;
      if ((times[place] as number) < 0) times[place] = usual;
      if ((times[place] as number) >= sink) loads[place] = SINK_LOAD + (loads[place] as number);
    }
    return true;
  }

  /** The load from which on an endpoint is hot. */
  #threshold(): number {
    const loads = this.#loads;
    let count = 0;
    let most = -1;
    let second = -1;
    for (let place = 0; place < POOL_SIZE; place++) {
      const load = loads[place] as number;
      if (load < 0) continue;
      count += 1;
      if (load > most) {
        second = most;
        most = load;
      } else second = Math.max(second, load);
    }
    return count > FEW ? second : most;
  }

  /** Its place in the pool. */
  #best(threshold: number): number {
    const loads = this.#loads;
    let best = -1;
    let isBestCold = false;
    for (let place = 0; place < POOL_SIZE; place++) {
      const load = loads[place] as number;
      if (load < 0) continue;
      const isCold = load < threshold;
      if (best >= 0) {
        if (isCold !== isBestCold ? isBestCold : this.#order(place, best, isCold) >= 0) continue;
      }
      best = place;
      isBestCold = isCold;
    }
    return best;
  }

  /** Negative: the one at `place` goes before `best`, which is as cold or hot. */
  #order(place: number, best: number, isCold: boolean): number {
    const byTime = (this.#times[place] as number) - (this.#times[best] as number);
    const byLoad = (this.#loads[place] as number) - (this.#loads[best] as number);
    return isCold ? byTime || byLoad : byLoad || byTime;
  }
}

export const prequal: BalancerKind = {
  name: 'prequal',
  usage: '',
  doc: 'Of up to 8 endpoints drawn of late: the fastest among those that have fewer in flight than most, else the one with the fewest; for its weight. Fast is who has the least recent worst time, as `peak_ewma` has it; who fails, or takes a second and four times as long as the fastest, is asked only when all do. For many endpoints of different speed. Not in nginx.',
  minWords: 0,
  maxWords: 0,
  measure: () => 'peak',
  takesBackup: true,
  create: ({ endpoints }) => new Prequal(endpoints),
};
