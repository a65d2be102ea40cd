/**
 * Data path. Several accepts per turn of the event loop, while one is not enough.
 *
 * libuv accepts one connection per listening handle and turn. That is plenty while turns are short,
 * but with 512 busy keep-alive connections a turn takes 8 ms: 300 new clients then waited 2.3 s for
 * the last of them, 0.6 s with four handles. More handles for good would cost every connection:
 * each arrival wakes them all, and all but one accept in vain (+5 % CPU with two, +10 % with four).
 * So a thread asks for more descriptors of a queue only when it is behind, and closes them when it
 * has not been for a while.
 */

import { performance } from 'node:perf_hooks';
import { type Address, formatAddress, type LocalAddress } from '#src/base/address.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import type {
  Acceptor,
  AcceptorOwner,
  Connection,
  Dial,
  DialOwner,
} from '#src/transport/connection.ts';
import type { Transport, TransportTier } from '#src/transport/transport.ts';

/** Turns in a row in which every handle accepted, until a queue is taken to be behind. */
const BUSY_TURNS = 32;
/** Where turns are shorter than this on average, one accept in each makes 500 a second: enough. */
const LONG_TURN_MS = 2;
/** Extra handles are closed after so long without need: a storm has ended, and they cost. */
const QUIET_MS = 1_000;
/** A closed descriptor is used up and costs the generation memory (workers/taken-descriptor.ts). */
const PAUSE_MS = 60_000;

/** Where the event loop stands. */
export interface LoopPosition {
  /** Turns since the thread started. */
  turns(): number;
  /** Milliseconds on a clock that never stands still. */
  nowMs(): number;
}

const THIS_LOOP: LoopPosition = {
  turns: () => performance.nodeTiming.uvMetricsInfo.loopCount,
  nowMs: () => performance.now(),
};

/** A transport that watches how accepting keeps up, address by address. */
export class AcceptPace implements Transport {
  readonly tier: TransportTier;
  readonly wheel: TimerWheel;
  readonly loop: LoopPosition;
  /** Asks for more descriptors of an address; `acceptMore` may follow, or nothing. */
  readonly onBehind: (key: string) => void;
  readonly #transport: Transport;
  readonly #gates = new Map<string, Gate>();

  constructor(
    transport: Transport,
    wheel: TimerWheel,
    onBehind: (key: string) => void,
    loop = THIS_LOOP,
  ) {
    this.tier = transport.tier;
    this.#transport = transport;
    this.wheel = wheel;
    this.onBehind = onBehind;
    this.loop = loop;
  }

  /** As every transport; the owner is one per address. */
  accept(fd: number, address: Address, backlog: number, owner: AcceptorOwner): Acceptor {
    const key = formatAddress(address);
    let gate = this.#gates.get(key);
    if (gate === undefined) {
      gate = new Gate(this, key, owner, (extra, to) =>
        this.#transport.accept(extra, address, backlog, to),
      );
      this.#gates.set(key, gate);
    }
    return gate.open(fd);
  }

  /**
   * Accepts on one more descriptor of the queue while there is need. False: nobody accepts there
   * any more, and the descriptor is still the caller's. Throws as `accept` does.
   */
  acceptMore(key: string, fd: number): boolean {
    return this.#gates.get(key)?.openExtra(fd) ?? false;
  }

  dial(address: Address, owner: DialOwner, local?: LocalAddress): Dial {
    return this.#transport.dial(address, owner, local);
  }
}

type Open = (fd: number, owner: AcceptorOwner) => Acceptor;

/** One listening address: counts what is accepted, and has the extra handles. */
class Gate implements AcceptorOwner, TimeoutOwner {
  readonly #pace: AcceptPace;
  readonly #key: string;
  readonly #owner: AcceptorOwner;
  readonly #open: Open;
  readonly #timer = new TimerEntry(this);
  #regularCount = 0;
  readonly #extras: Acceptor[] = [];
  /** Asked for more, not yet given up. */
  #isWidened = false;
  /** When it may ask again. */
  #nextAskMs = Number.NEGATIVE_INFINITY;
  #acceptedCount = 0;
  #sinceMs = 0;
  #sinceTurn = 0;

  constructor(pace: AcceptPace, key: string, owner: AcceptorOwner, open: Open) {
    this.#pace = pace;
    this.#key = key;
    this.#owner = owner;
    this.#open = open;
  }

  open(fd: number): Acceptor {
    const acceptor = this.#open(fd, this);
    this.#regularCount += 1;
    return {
      close: (): void => {
        acceptor.close();
        this.#regularCount -= 1;
        if (this.#regularCount === 0) this.#narrow();
      },
    };
  }

  openExtra(fd: number): boolean {
    if (this.#regularCount === 0 || !this.#isWidened) return false;
    this.#extras.push(this.#open(fd, this));
    return true;
  }

  /** AcceptorOwner. */
  onAccepted(connection: Connection): void {
    this.#acceptedCount += 1;
    const handles = this.#regularCount + this.#extras.length;
    if (this.#acceptedCount >= BUSY_TURNS * handles) this.#look();
    this.#owner.onAccepted(connection);
  }

  /** AcceptorOwner. */
  onAcceptFailed(errno: string): void {
    this.#owner.onAcceptFailed(errno);
  }

  /** No need for a while. */
  onTimeout(): void {
    this.#narrow();
  }

  /** Behind: the handles accepted in every one of the last turns, and those were long. */
  #look(): void {
    const { loop, wheel } = this.#pace;
    const nowMs = loop.nowMs();
    const turn = loop.turns();
    const turns = turn - this.#sinceTurn;
    const isBehind = turns <= BUSY_TURNS + 1 && nowMs - this.#sinceMs >= LONG_TURN_MS * turns;
    this.#acceptedCount = 0;
    this.#sinceMs = nowMs;
    this.#sinceTurn = turn;
    if (!isBehind) return;
    if (!this.#isWidened) {
      if (nowMs < this.#nextAskMs) return;
      this.#isWidened = true;
      this.#nextAskMs = nowMs + PAUSE_MS;
      this.#pace.onBehind(this.#key);
    }
    wheel.arm(this.#timer, QUIET_MS);
  }

  #narrow(): void {
    this.#pace.wheel.forget(this.#timer);
    this.#isWidened = false;
    for (const acceptor of this.#extras.splice(0)) acceptor.close();
  }
}
