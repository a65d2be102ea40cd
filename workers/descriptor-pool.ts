import { closeSync } from 'node:fs';
import type { SocketShare } from './messages.ts';

/** Numbers a thread gets for a while when its accepting is behind: it then takes six per turn. */
export const EXTRA_NUMBERS = 5;

/** One socket's free numbers. */
interface FreeNumbers {
  readonly free: number[];
  /** As many should be free while every thread listens. */
  readonly wantedCount: number;
}

/**
 * A generation's free descriptors of its listening sockets. Whoever listens on a number closes it,
 * so each is taken once. Two threads must never listen on one number: the second close would hit
 * whatever has the number by then.
 */
export class DescriptorPool {
  readonly #sockets = new Map<number, FreeNumbers>();
  readonly #onLow: (socket: number) => void;

  /** `onLow` is called after each `take` or `add` that leaves fewer of a socket than at the start. */
  constructor(shares: readonly SocketShare[], onLow: (socket: number) => void) {
    this.#onLow = onLow;
    for (const { socket, descriptors, threads } of shares) {
      const wantedCount = descriptors.length - threads.length;
      this.#sockets.set(socket, { free: [...descriptors], wantedCount });
    }
  }

  /** A number of this socket, now the caller's; undefined when none is left. */
  take(socket: number): number | undefined {
    const taken = this.#sockets.get(socket)?.free.pop();
    this.#check(socket);
    return taken;
  }

  /** As `take`, but the half that replacement threads will need stays. */
  takeSpare(socket: number): number | undefined {
    const numbers = this.#sockets.get(socket);
    if (numbers === undefined || numbers.free.length * 2 <= numbers.wantedCount + 1)
      return undefined;
    return this.take(socket);
  }

  /** One more, from the master. */
  add(socket: number, descriptor: number): void {
    this.#sockets.get(socket)?.free.push(descriptor);
    this.#check(socket);
  }

  /** Frees every number, so that this process holds no listening socket open. */
  close(): void {
    for (const { free } of this.#sockets.values()) {
      for (const descriptor of free) closeSync(descriptor);
    }
    this.#sockets.clear();
  }

  #check(socket: number): void {
    const numbers = this.#sockets.get(socket);
    if (numbers !== undefined && numbers.free.length < numbers.wantedCount) this.#onLow(socket);
  }
}
