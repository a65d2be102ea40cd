/**
 * What one pick sees, written down as it is asked for: whoever asks again is told the same, though
 * other threads go on. So the scores of a policy and its pick are about the same moment.
 */

import type { PickView } from './balancer.ts';

export class SeenView implements PickView {
  readonly #view: PickView;
  readonly #mayTake = new Map<number, boolean>();
  readonly #inFlight = new Map<number, number>();
  readonly #timeUs = new Map<number, number>();
  readonly #turns: number[] = [];
  readonly #bits: number[] = [];
  #key: string | undefined = undefined;
  #allInFlight: number | undefined = undefined;
  #turnsTold = 0;
  #bitsTold = 0;

  constructor(view: PickView) {
    this.#view = view;
  }

  /** From here on the same turns and random bits come again. */
  rewind(): void {
    this.#turnsTold = 0;
    this.#bitsTold = 0;
  }

  mayTake(at: number): boolean {
    return seen(this.#mayTake, at, () => this.#view.mayTake(at));
  }

  inFlight(at: number): number {
    return seen(this.#inFlight, at, () => this.#view.inFlight(at));
  }

  allInFlight(): number {
    this.#allInFlight ??= this.#view.allInFlight();
    return this.#allInFlight;
  }

  timeUs(at: number): number {
    return seen(this.#timeUs, at, () => this.#view.timeUs(at));
  }

  nextTurn(): number {
    const at = this.#turnsTold++;
    this.#turns[at] ??= this.#view.nextTurn();
    return this.#turns[at];
  }

  randomBits(): number {
    const at = this.#bitsTold++;
    this.#bits[at] ??= this.#view.randomBits();
    return this.#bits[at];
  }

  key(): string {
    this.#key ??= this.#view.key();
    return this.#key;
  }
}

function seen<T>(known: Map<number, T>, at: number, look: () => T): T {
  const before = known.get(at);
  if (before !== undefined) return before;
  const now = look();
  known.set(at, now);
  return now;
}
