/**
 * Connections without sockets: the far end is whoever holds the connection. What is written is kept,
 * what comes is given by hand. Bytes and ends are told from `turn` alone, never from inside a call,
 * as the contract of src/transport/connection.ts has it.
 */

import type { Address } from '#src/base/address.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import {
  type Acceptor,
  type AcceptorOwner,
  type Connection,
  type ConnectionOwner,
  type Dial,
  type DialOwner,
  NO_OWNER,
} from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';

/** What a connection gathers between `room` and `commit`. */
const scratch = new ByteWriter(16 * 1024);

/** Peer and own address of a connection. */
export interface Names {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export class MemoryConnection implements Connection {
  owner: ConnectionOwner = NO_OWNER;
  readonly isQueued = false;
  writeCount = 0;
  /** We have ended it, or closed it. */
  isEnded = false;
  readonly #names: Names;
  readonly #written: Buffer[] = [];
  #unsent: Buffer[] = [];
  readonly #waiting: (Buffer | 'end')[] = [];
  #holders = 0;
  #isClosed = false;

  constructor(names: Names) {
    this.#names = names;
  }

  // ---- The far end -----------------------------------------------------------------------------

  /** All that was flushed so far, one char per byte. */
  get written(): string {
    return Buffer.concat(this.#written).toString('latin1');
  }

  /** Bytes for the owner (one char per byte), or the end of what the peer sends. */
  give(what: string | 'end'): void {
    this.#waiting.push(what === 'end' ? what : Buffer.from(what, 'latin1'));
  }

  /** Hands over what waits; false: there was nothing that could be. */
  turn(): boolean {
    if (this.#isClosed || this.#holders > 0) return false;
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    if (next === 'end') this.owner.onEnd();
    else this.owner.onBytes(next, 0, next.length);
    return true;
  }

  // ---- Connection ------------------------------------------------------------------------------

  get hasUnread(): boolean {
    return this.#waiting.length > 0;
  }

  get writesWhenRead(): number {
    return this.writeCount;
  }

  room(count: number): ByteWriter {
    scratch.at = 0;
    scratch.reserve(count);
    return scratch;
  }

  commit(): void {
    this.#unsent.push(Buffer.from(scratch.bytes.subarray(0, scratch.at)));
  }

  queueText(text: string): void {
    this.#unsent.push(Buffer.from(text, 'latin1'));
  }

  lendBytes(bytes: Buffer, start: number, end: number): void {
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.#unsent.push(Buffer.from(bytes));
  }

  flush(): boolean {
    if (this.#unsent.length === 0) return true;
    this.writeCount += 1;
    this.#written.push(...this.#unsent);
    this.#unsent = [];
    return true;
  }

  flushNow(): boolean {
    return this.flush();
  }

  dropUnsent(): void {
    this.#unsent = [];
  }

  readInto(): void {} // bytes are given in buffers of their own

  holdReading(): void {
    this.#holders += 1;
  }

  letGoReading(): void {
    this.#holders -= 1;
  }

  end(): void {
    this.flush();
    this.isEnded = true;
  }

  destroy(): void {
    this.isEnded = true;
    this.#isClosed = true;
    this.owner = NO_OWNER;
  }

  reset(): void {
    this.destroy();
  }

  remoteAddress(): string {
    return this.#names.remoteAddress;
  }

  remotePort(): number {
    return this.#names.remotePort;
  }

  localAddress(): string {
    return this.#names.localAddress;
  }

  localPort(): number {
    return this.#names.localPort;
  }
}

/** A dial that waits for its outcome. */
interface WaitingDial {
  readonly address: Address;
  readonly owner: DialOwner;
}

/** Who is at the far end of what is dialed. */
export interface FarSide {
  /** Undefined: the connection is refused. */
  onDialed(address: Address): MemoryConnection | undefined;
}

/** A transport of memory: clients come by `accepted`, dials go to `far`. */
export class MemoryTransport implements Transport {
  readonly tier = 'portable';
  readonly #far: FarSide;
  readonly #owners: AcceptorOwner[] = [];
  readonly #dials = new Set<WaitingDial>();

  constructor(far: FarSide) {
    this.#far = far;
  }

  /** Descriptors are not used. */
  accept(fd: number, _address: Address, _backlog: number, owner: AcceptorOwner): Acceptor {
    this.#owners[fd] = owner;
    return { close: () => delete this.#owners[fd] };
  }

  dial(address: Address, owner: DialOwner): Dial {
    const dial = { address, owner };
    this.#dials.add(dial);
    return { cancel: () => this.#dials.delete(dial) };
  }

  /** A client has come to whoever accepts on that number. */
  accepted(fd: number, connection: MemoryConnection): void {
    this.#owners[fd]?.onAccepted(connection);
  }

  /** Tells the outcome of one dial; false: none waits. */
  turn(): boolean {
    const [dial] = this.#dials;
    if (dial === undefined) return false;
    this.#dials.delete(dial);
    const connection = this.#far.onDialed(dial.address);
    if (connection === undefined) dial.owner.onDialFailed('ECONNREFUSED', false);
    else dial.owner.onConnected(connection);
    return true;
  }
}
