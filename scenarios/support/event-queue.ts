/** Events in the order of their time: a binary heap; of equal times the one added first. */
export class EventQueue<T> {
  readonly #heap: { readonly atMs: number; readonly serial: number; readonly event: T }[] = [];
  #serial = 0;

  /** Of the next event; infinite when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, event: T): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push({ atMs, serial: this.#serial++, event });
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (this.#isBefore(parent, place)) return;
      this.#swap(parent, place);
      place = parent;
    }
  }

  /** Removes the next event; throws when there is none. */
  take(): T {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) throw new Error('no event is left');
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first.event;
  }

  #sink(): void {
    let place = 0;
    for (;;) {
      let least = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < this.#heap.length && !this.#isBefore(least, child)) least = child;
      }
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return true;
    const byTime = first.atMs - second.atMs;
    return byTime < 0 || (byTime === 0 && first.serial < second.serial);
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return;
    this.#heap[a] = second;
    this.#heap[b] = first;
  }
}
