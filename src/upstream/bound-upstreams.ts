/**
 * Data path. What an upstream makes for each local address that its connections may come from. A
 * client may choose the address (`proxy_bind $variable`), so there are few at a time.
 */

import type { LocalAddress } from '#src/base/address.ts';
import { DrainState } from '#src/base/drain-state.ts';

/** More than a machine has addresses to call one upstream from; then the first one made goes. */
export const MAX_BOUND = 64;

interface Entry<T> {
  readonly bound: T;
  /** Its own: connections that come back when it was given up are closed. */
  readonly drain: DrainState;
}

export class BoundUpstreams<T extends { close(): void }> {
  readonly #make: (local: LocalAddress, drain: DrainState) => T;
  readonly #threadDrain: DrainState;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(drain: DrainState, make: (local: LocalAddress, drain: DrainState) => T) {
    this.#threadDrain = drain;
    this.#make = make;
  }

  /** The one for that address, kept from before or made. */
  at(local: LocalAddress): T {
    const key = `${local.port} ${local.host}${local.isTransparent === true ? ' transparent' : ''}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known.bound;
    if (this.#entries.size >= MAX_BOUND) {
      const [oldest] = this.#entries;
      if (oldest !== undefined) this.#giveUp(...oldest);
    }
    const drain = new DrainState();
    drain.isDraining = this.#threadDrain.isDraining;
    const bound = this.#make(local, drain);
    this.#entries.set(key, { bound, drain });
    return bound;
  }

  /** All there are now. */
  get all(): readonly T[] {
    return [...this.#entries.values()].map(({ bound }) => bound);
  }

  /** Gives all up; what is in use ends by itself. */
  close(): void {
    for (const entry of this.#entries) this.#giveUp(...entry);
  }

  #giveUp(key: string, { bound, drain }: Entry<T>): void {
    this.#entries.delete(key);
    drain.isDraining = true;
    bound.close();
  }
}
