import { closeSync } from 'node:fs';
import type { SocketShare } from './messages.ts';

/** At so few free numbers of a socket the master is asked for another. */
const LOW_COUNT = 3;

/**
 * A generation's free descriptors of its listening sockets. Whoever listens on a number closes it,
 * so each is taken once. Two threads must never listen on one number: the second close would hit
 * whatever has the number by then.
 */
export class DescriptorPool {
  readonly #free = new Map<number, number[]>();
  readonly #onLow: (socket: number) => void;

  /** `onLow` is called after each `take` that leaves few of a socket. */
  constructor(shares: readonly SocketShare[], onLow: (socket: number) => void) {
    this.#onLow = onLow;
    for (const { socket, descriptors } of shares) this.#free.set(socket, [...descriptors]);
  }

  /** A number of this socket, now the caller's; undefined when none is left. */
  take(socket: number): number | undefined {
    const free = this.#free.get(socket);
    const taken = free?.pop();
    if (free !== undefined && free.length <= LOW_COUNT) this.#onLow(socket);
    return taken;
  }

  /** One more, from the master. */
  add(socket: number, descriptor: number): void {
    this.#free.get(socket)?.push(descriptor);
  }

  /** Frees every number, so that this process holds no listening socket open. */
  close(): void {
    for (const free of this.#free.values()) {
      for (const descriptor of free) closeSync(descriptor);
    }
    this.#free.clear();
  }
}
