/**
 * Data path. Endpoints drawn by weight: one, or two different ones (nginx's `random two`,
 * semantics.md §4).
 */

import type { BalancerMaterial, PickScores, PickView } from './balancer.ts';

/** Of `randomBits`: the line that a draw hits somewhere, shared out by weight. */
const LINE_END = 0x4000_0000;
/** nginx draws so often before it gives up and asks round robin. */
const MAX_DRAWS = 20;

export class WeightedDraw {
  /** Of the last `drawTwo`: −1 when no draw found one that may be taken. */
  first = -1;
  /** Of the last `drawTwo`: another one than `first`; −1 when no draw found one. */
  second = -1;
  /** Where the piece of each begins on the line, and LINE_END. */
  readonly #starts: Int32Array;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    const total = endpoints.reduce((sum, { weight }) => sum + weight, 0);
    this.#starts = new Int32Array(endpoints.length + 1);
    let before = 0;
    for (const [at, { weight }] of endpoints.entries()) {
      before += weight;
      this.#starts[at + 1] = Math.floor((before / total) * LINE_END);
    }
  }

  /** Any endpoint, whether it may be taken or not. */
  draw(view: PickView): number {
    return this.#at(view.randomBits());
  }

  /** One that may be taken; −1 when the draws found none. */
  drawOne(view: PickView): number {
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const at = this.draw(view);
      if (view.mayTake(at)) return at;
    }
    return -1;
  }

  /** Two that may be taken, as `first` and `second`. */
  drawTwo(view: PickView): void {
    this.second = -1;
    const first = this.drawOne(view);
    this.first = first;
    if (first < 0 || this.#starts.length < 3) return;
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const at = this.#drawOther(view, first);
      if (!view.mayTake(at)) continue;
      this.second = at;
      return;
    }
  }

  /** Of the last draw: those that were drawn are compared, and of equal ones the second is taken. */
  scoresOfDrawn(means: string, scoreOf: (at: number) => number): PickScores {
    const { first, second } = this;
    const count = this.#starts.length - 1;
    const scores = new Array<number>(count).fill(Number.NaN);
    for (const at of [first, second]) if (at >= 0) scores[at] = scoreOf(at);
    const ties = scores.map((_, at) => (at === second ? 0 : 1));
    const asides = scores.map((_, at) => (at === first || at === second ? '' : 'it was not drawn'));
    return { means, scores, ties, asides };
  }

  /** As if the piece of `first` were cut out: a heavy one costs no vain draws. */
  #drawOther(view: PickView, first: number): number {
    const start = this.#starts[first] as number;
    const length = (this.#starts[first + 1] as number) - start;
    const point = (view.randomBits() * ((LINE_END - length) / LINE_END)) | 0;
    const at = this.#at(point < start ? point : point + length);
    // Only when nothing is left on the line but `first`: the others weigh nothing beside it.
    return at !== first ? at : at === 0 ? 1 : at - 1;
  }

  /** Whose piece the point lies in. */
  #at(point: number): number {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length - 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle + 1] as number) > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
