/** Data path. Those that share the lead in a pick; they take turns in the order of round robin. */

import type { BalancerMaterial, PickView } from './balancer.ts';
import { leastOf } from './least-score.ts';
import { Rotation } from './rotation.ts';

export class Leaders implements PickView {
  readonly #ties: Rotation;
  /** An endpoint leads when its stamp is the present one: nothing is wiped between picks. */
  readonly #stamps: Uint32Array;
  #stamp = 0;
  #count = 0;
  #last = -1;
  #view: PickView | undefined = undefined;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    this.#ties = new Rotation(endpoints);
    this.#stamps = new Uint32Array(endpoints.length);
  }

  /** Nobody leads. */
  clear(): void {
    this.#stamp = (this.#stamp + 1) >>> 0;
    if (this.#stamp === 0) {
      this.#stamps.fill(0);
      this.#stamp = 1;
    }
    this.#count = 0;
    this.#last = -1;
  }

  /** It leads, beside those that lead already. */
  add(at: number): void {
    this.#stamps[at] = this.#stamp;
    this.#count += 1;
    this.#last = at;
  }

  /** The one that leads; of several the one whose turn it is; −1: nobody does. */
  pick(view: PickView): number {
    if (this.#count < 2) return this.#last;
    this.#view = view;
    const chosen = this.#ties.pick(this);
    this.#view = undefined;
    return chosen;
  }

  /** As `PickScores.ties`: of those that share the least score, whose turn is how far. */
  tiesOf(view: PickView, scores: readonly number[]): readonly number[] {
    const least = leastOf(scores);
    this.clear();
    for (const [at, score] of scores.entries()) if (score === least) this.add(at);
    if (this.#count < 2) return [];
    this.#view = view;
    const ties = this.#ties.scores(this).scores;
    this.#view = undefined;
    return ties;
  }

  // ---- PickView: the leaders, for round robin --------------------------------------------------

  mayTake(at: number): boolean {
    return this.#stamps[at] === this.#stamp;
  }

  nextTurn(): number {
    return (this.#view as PickView).nextTurn();
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

  randomBits(): number {
    return (this.#view as PickView).randomBits();
  }

  key(): string {
    return '';
  }
}
