/**
 * Data path. A stack that keeps the room it once needed. V8 trims an array that shrinks to half and
 * copies it when it grows again: with some hundred exchanges in flight that is each of them.
 */
export class Stack<T extends object> {
  /** Up to `#size` what is kept; behind it nothing, so that nothing popped is held. */
  readonly #items: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: T): void {
    this.#items[this.#size] = item;
    this.#size += 1;
  }

  /** What was pushed last; undefined when there is nothing. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    const item = this.#items[this.#size];
    this.#items[this.#size] = undefined;
    return item;
  }

  /** What was pushed first; takes as long as there are items. */
  takeOldest(): T | undefined {
    const [oldest] = this.#items;
    if (oldest !== undefined) this.#takeOut(0);
    return oldest;
  }

  /** False: it is not there. Looks at the newest first. */
  remove(item: T): boolean {
    for (let at = this.#size - 1; at >= 0; at--) {
      if (this.#items[at] !== item) continue;
      this.#takeOut(at);
      return true;
    }
    return false;
  }

  #takeOut(at: number): void {
    this.#items.copyWithin(at, at + 1, this.#size);
    this.#size -= 1;
    this.#items[this.#size] = undefined;
  }
}
