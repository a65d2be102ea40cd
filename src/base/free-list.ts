/** Data path. Bounded reuse of hot objects: no allocation while the list holds one. */

import { Stack } from './stack.ts';

/** What a free list keeps. `reset` empties every field, so nothing of one use reaches the next. */
export interface Reusable {
  reset(): void;
}

export class FreeList<T extends Reusable> {
  readonly #make: () => T;
  readonly #capacity: number;
  readonly #free = new Stack<T>();

  /** At most `capacity` objects are kept; more are left to the garbage collector. */
  constructor(make: () => T, capacity: number) {
    this.#make = make;
    this.#capacity = capacity;
  }

  acquire(): T {
    return this.#free.pop() ?? this.#make();
  }

  /** Call once per acquire, when nothing refers to the object any more. */
  release(object: T): void {
    object.reset();
    if (this.#free.size < this.#capacity) this.#free.push(object);
  }

  get freeCount(): number {
    return this.#free.size;
  }
}
