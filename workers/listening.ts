import type { ThreadFacts } from '#src/shared/facts.ts';
import { DescriptorPool, EXTRA_NUMBERS } from './descriptor-pool.ts';
import type { SocketShare, ToThread } from './messages.ts';

/** A thread as far as listening goes. */
export interface ListeningThread {
  readonly thread: number;
  readonly state: ThreadFacts['state'];
  readonly isFull: boolean;
  /** Sockets it has been told to listen on and has not confirmed. */
  pendingCount: number;
  tell(message: ToThread): void;
}

/** What the listening side asks of the generation. */
export interface ListeningOwner {
  /** Asks the master for a descriptor; false when there is no master to ask. */
  requestDescriptor(socket: number): boolean;
  /** A thread cannot listen where it should, and no descriptor will come. */
  onExhausted(key: string): void;
}

/** A thread that waits for a descriptor of a socket. */
interface Waiting {
  readonly slot: ListeningThread;
  readonly share: SocketShare;
}

/**
 * Which thread listens on which socket, and the descriptors for it. A thread that is full gives up
 * its sockets; a thread with room listens on them as well, so that what waits in their queues is
 * served; when all are full it waits in the kernel.
 */
export class Listening {
  readonly #shares: readonly SocketShare[];
  readonly #pool: DescriptorPool;
  readonly #owner: ListeningOwner;
  /** Threads that listen on each socket now. */
  readonly #listeners = new Map<number, Set<ListeningThread>>();
  readonly #requested = new Set<number>();
  #waiting: Waiting[] = [];

  constructor(shares: readonly SocketShare[], owner: ListeningOwner) {
    this.#shares = shares;
    this.#owner = owner;
    this.#pool = new DescriptorPool(shares, (socket) => this.#request(socket));
    for (const { socket } of shares) this.#listeners.set(socket, new Set());
  }

  /** The thread is to listen on its sockets: it is new, or has room again. */
  open(slot: ListeningThread): void {
    for (const share of this.#shares) {
      if (share.threads.includes(slot.thread)) this.#give(slot, share);
    }
  }

  /** The thread listens on nothing any more: it is dead or full. */
  leave(slot: ListeningThread): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.slot !== slot);
    for (const listeners of this.#listeners.values()) listeners.delete(slot);
  }

  /** Lets a thread with room listen on sockets that nobody listens on. */
  lend(slots: readonly ListeningThread[]): void {
    const ready = slots.filter((slot) => slot.state === 'ready' && !slot.isFull);
    for (const [index, share] of this.#shares.entries()) {
      const slot = ready[index % ready.length];
      const isServed = (this.#listeners.get(share.socket)?.size ?? 0) > 0;
      if (slot !== undefined && !isServed) this.#give(slot, share);
    }
  }

  /** The thread's accepting is behind there: more descriptors of those queues, while there are. */
  widen(slot: ListeningThread, key: string): void {
    for (const { socket, key: at } of this.#shares) {
      if (at !== key || this.#listeners.get(socket)?.has(slot) !== true) continue;
      for (let count = 0; count < EXTRA_NUMBERS; count++) {
        const descriptor = this.#pool.takeSpare(socket);
        if (descriptor !== undefined) slot.tell({ type: 'listen-more', key, descriptor });
      }
    }
  }

  /** A descriptor came from the master. */
  add(socket: number, descriptor: number): void {
    this.#requested.delete(socket);
    this.#pool.add(socket, descriptor);
    const at = this.#waiting.findIndex(({ share }) => share.socket === socket);
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (waiting !== undefined) this.#give(waiting.slot, waiting.share);
  }

  /** None will come. */
  refuse(socket: number): void {
    this.#requested.delete(socket);
    const waiting = this.#waiting.filter(({ share }) => share.socket === socket);
    this.#waiting = this.#waiting.filter(({ share }) => share.socket !== socket);
    const key = waiting[0]?.share.key;
    if (key !== undefined) this.#owner.onExhausted(key);
  }

  /** Frees every descriptor, so that this process holds no listening socket open. */
  close(): void {
    this.#waiting = [];
    this.#pool.close();
  }

  #give(slot: ListeningThread, share: SocketShare): void {
    const descriptor = this.#pool.take(share.socket);
    slot.pendingCount++;
    if (descriptor !== undefined) {
      this.#listeners.get(share.socket)?.add(slot);
      slot.tell({ type: 'listen', key: share.key, descriptor });
      return;
    }
    slot.pendingCount--;
    this.#waiting.push({ slot, share });
    if (!this.#request(share.socket)) this.refuse(share.socket);
  }

  /** One request per socket at a time. */
  #request(socket: number): boolean {
    if (this.#requested.has(socket)) return true;
    if (!this.#owner.requestDescriptor(socket)) return false;
    this.#requested.add(socket);
    return true;
  }
}
