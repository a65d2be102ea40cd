/**
 * Data path. Which sockets of this thread have something to read: an epoll set of our own, told of
 * new bytes only (edge-triggered). libuv waits on it as on one more descriptor:
 *
 *   sockets ──▶ our set ──▶ libuv's set ── wakes ──▶ a Pipe handle on an eventfd that is always empty
 *
 * Our set is added to libuv's under the descriptor number of that handle, so libuv finds "it" ready,
 * reads nothing from it and calls `onread`: from there the set is emptied. When the end of the turn
 * has written what it had to write, the set is asked again, in rounds: what came meanwhile is served
 * without the way through libuv, which is taken at the latest behind the eighth. Node owns both
 * handles and closes them whenever and however the thread ends.
 */

import { afterTurn, type TurnEnd } from '#src/base/turn.ts';
import {
  EPOLL_ADD,
  EPOLL_CHANGE,
  EPOLL_CLOEXEC,
  EPOLLIN,
  EVENT_DATA,
  EVENT_WORDS,
  EVENTFD_FLAGS,
  type NativeCalls,
} from './native-calls.ts';
import type { RawBindings, RawHandle } from './raw-handles.ts';

const MAX_EVENTS = 1024;
/** Times that the set is asked in a turn: accepts, timers and the other handles wait for them. */
const MAX_ROUNDS = 8;
const MOST = BigInt(MAX_EVENTS);
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 1 << 31;
const ASKED = EPOLLIN | EPOLLRDHUP | EPOLLET;
/** Behind the bytes that can be read there is an end or an error. */
const END = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

export interface Readable {
  /**
   * There is something new to read; all of it is to be read, or `again` asked for.
   * @param isEnd what can be read ends with a FIN or an error
   */
  onReadable(isEnd: boolean): void;
  /** It has thrown, and may have left something to read. */
  readAgain(): void;
}

/** The event structure for one call, and many for one answer, where the kernel finds them. */
class Events {
  readonly words: Int32Array;
  readonly address: bigint;

  constructor(calls: NativeCalls, count: number) {
    this.words = new Int32Array(new ArrayBuffer(count * EVENT_WORDS * 4));
    this.address = calls.addressOf(this.words);
  }
}

export class Readiness implements TurnEnd {
  readonly #calls: NativeCalls;
  readonly #set: bigint;
  readonly #wake: RawHandle;
  readonly #owner: RawHandle;
  readonly #events: Events;
  readonly #event: Events;
  /** By the number that an event carries. */
  readonly #readers: (Readable | undefined)[] = [];
  readonly #free: number[] = [];
  #watchedCount = 0;
  /** Events that were taken, and how many of them were told. */
  #count = 0;
  #told = 0;
  /** That this turn may still have. */
  #rounds = 0;
  readonly #poll = (): void => this.#tellAll();

  /** Throws an Error when the kernel refuses (no descriptors left). */
  constructor(calls: NativeCalls, raw: RawBindings) {
    this.#calls = calls;
    this.#events = new Events(calls, MAX_EVENTS);
    this.#event = new Events(calls, 1);
    const set = calls.epollCreate(EPOLL_CLOEXEC);
    this.#owner = opened(raw, set);
    this.#set = BigInt(set);
    const empty = calls.eventfd(0n, EVENTFD_FLAGS);
    this.#wake = opened(raw, empty);
    this.#wake.onread = (): undefined => this.#tellAll();
    this.#wake.useUserBuffer(Buffer.alloc(8)); // an eventfd takes no shorter one
    const status = this.#wake.readStart();
    this.#wake.unref();
    const added = this.#control(calls.loopFd, EPOLL_ADD, this.#set, EPOLLIN | EPOLLET, empty);
    if (status < 0 || added < 0) {
      this.#wake.close();
      this.#owner.close();
      throw new Error('no epoll set');
    }
  }

  #control(set: bigint, operation: bigint, fd: bigint, asked: number, data: number): number {
    const { words, address } = this.#event;
    words[0] = asked;
    words[EVENT_DATA] = data;
    return this.#calls.epollControl(set, operation, fd, address);
  }

  /** From now on `reader` is told. Closing the descriptor ends it; `forget` before. -1: refused. */
  watch(fd: bigint, reader: Readable): number {
    const slot = this.#free.pop() ?? this.#readers.length;
    this.#readers[slot] = reader;
    if (this.#control(this.#set, EPOLL_ADD, fd, ASKED, slot) < 0) {
      this.#readers[slot] = undefined;
      this.#free.push(slot);
      return -1;
    }
    // As reading handles do, what is watched keeps the event loop running.
    if (this.#watchedCount++ === 0) this.#wake.ref();
    return slot;
  }

  forget(slot: number): void {
    this.#readers[slot] = undefined;
    this.#free.push(slot);
    if (--this.#watchedCount === 0) this.#wake.unref();
  }

  /** Tells the reader again on the next turn, if there is something to read. */
  again(fd: bigint, slot: number): void {
    this.#control(this.#set, EPOLL_CHANGE, fd, ASKED, slot);
  }

  #tellAll(): undefined {
    this.#rounds = MAX_ROUNDS;
    this.#ask();
    afterTurn(this);
    return undefined;
  }

  /** Behind the writes of a turn: the next round, as long as something comes. */
  onTurnEnd(): void {
    this.#rounds -= 1;
    if (this.#rounds > 0 && this.#ask() > 0) afterTurn(this);
  }

  /** Tells of what the set has. Returns how many there were. */
  #ask(): number {
    this.#tellRest(); // not empty only after one has thrown
    const count = this.#calls.epollWait(this.#set, this.#events.address, MOST, 0n);
    this.#count = count;
    this.#told = 0;
    // libuv's set is told of new events only: those that are left must not wait for one.
    if (count === MAX_EVENTS) setImmediate(this.#poll);
    this.#tellRest();
    return count;
  }

  #tellRest(): void {
    const { words } = this.#events;
    const count = this.#count;
    let reader: Readable | undefined;
    try {
      while (this.#told < count) {
        const at = this.#told * EVENT_WORDS;
        this.#told += 1;
        // A number may have a new reader since: it finds nothing to read, or what it would anyway.
        reader = this.#readers[words[at + EVENT_DATA] as number];
        reader?.onReadable(((words[at] as number) & END) !== 0);
        reader = undefined;
      }
    } finally {
      // One that throws costs no other its bytes.
      if (this.#told < count) setImmediate(this.#poll);
      reader?.readAgain();
    }
  }
}

function opened(raw: RawBindings, fd: number): RawHandle {
  const handle = new raw.Pipe(raw.pipeSocketType);
  const status = fd < 0 ? -1 : handle.open(fd);
  if (status >= 0) return handle;
  handle.close();
  throw new Error('no descriptor for an epoll set');
}
