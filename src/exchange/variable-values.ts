/**
 * Data path. What variables of one exchange have been found to be: those of `map`, `geo` and
 * `split_clients` are worked out when first asked for, and captures of regular expressions are kept
 * for `$1` and `$name`. The compiler of variables numbers the slots; nothing is made before the
 * first is filled.
 */

/** What a match has captured: 0 is all of it. */
export type Captures = readonly (string | undefined)[];

export class VariableValues {
  /** Of the last regular expression that matched (`$1` to `$9`). */
  captures: Captures | undefined = undefined;
  /** `$1` to `$9` are escaped: they go into a query, or a redirect. */
  quotesCaptures = false;
  /** By slot; null is not known yet, undefined is known to have no value. */
  readonly #values: (string | undefined | null)[] = [];
  #isTouched = false;

  /** Null when the slot was not filled in this exchange. */
  get(slot: number): string | undefined | null {
    return slot < this.#values.length ? (this.#values[slot] as string | undefined | null) : null;
  }

  set(slot: number, value: string | undefined): void {
    while (this.#values.length <= slot) this.#values.push(null);
    this.#values[slot] = value;
    this.#isTouched = true;
  }

  /** Forgets everything: the next exchange is somebody else's. */
  reset(): void {
    this.captures = undefined;
    if (!this.#isTouched) return;
    this.#values.fill(null);
    this.#isTouched = false;
  }
}
