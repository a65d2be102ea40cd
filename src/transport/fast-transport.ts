/** Data path. What the connections of one thread share on the fast tiers: memory, inbox, how to read. */

import type { FastConnection } from './fast-connection.ts';
import { Arena, LONG_ARENA_BYTES, Outgoing, SHORT_ARENA_BYTES } from './gather.ts';
import { Inbox } from './inbox.ts';
import { Lending } from './lending.ts';
import { CALL_FLAGS, type NativeCalls } from './native-calls.ts';
import type { RawBindings, RawHandle, WriteRequest } from './raw-handles.ts';
import { readMemory, threadReadBuffer } from './read-buffer.ts';
import type { Readiness } from './readiness.ts';
import { SocketNames } from './socket-names.ts';

/** Everything the connections of one thread share. */
export class FastTransport {
  readonly raw: RawBindings;
  /** Unused so far: kept until a write has to wait with it. */
  spareRequest: WriteRequest;
  readonly shortArena = new Arena(SHORT_ARENA_BYTES);
  readonly longArena = new Arena(LONG_ARENA_BYTES);
  readonly outgoing = new Outgoing();
  readonly inbox = new Inbox();
  readonly lending = new Lending();
  readonly names: SocketNames;

  readonly onRead: (this: RawHandle) => Buffer | undefined;
  /** With both, sockets are read and written without libuv, which closes and shuts them down. */
  readonly calls: NativeCalls | undefined;
  readonly readiness: Readiness | undefined;
  /** Of the thread's read buffer, with the room in front of it. */
  readonly readMemoryAt: bigint;
  readonly #threadBufferAt: bigint;
  readonly #threadBufferBytes = BigInt(threadReadBuffer.length);
  /** Where buffers of owners are: few, and used again and again (relay-buffers.ts). */
  readonly #addresses = new WeakMap<Buffer, bigint>();

  constructor(raw: RawBindings, calls?: NativeCalls, readiness?: Readiness) {
    this.raw = raw;
    this.calls = calls;
    this.readiness = readiness;
    this.names = new SocketNames(calls);
    this.readMemoryAt = calls?.addressOf(readMemory) ?? 0n;
    this.#threadBufferAt = calls?.addressOf(threadReadBuffer) ?? 0n;
    this.spareRequest = new raw.WriteRequest();
    this.onRead = makeOnRead(this);
  }

  /** One read; 0: the end, negative: an errno of Node's, as from a handle. */
  read(calls: NativeCalls, fd: bigint, buffer: Buffer): number {
    const length =
      buffer === threadReadBuffer
        ? calls.recv(fd, this.#threadBufferAt, this.#threadBufferBytes, CALL_FLAGS)
        : calls.recv(fd, this.#addressOf(calls, buffer), BigInt(buffer.length), CALL_FLAGS);
    return length < 0 ? -(calls.errno[0] as number) : length;
  }

  #addressOf(calls: NativeCalls, buffer: Buffer): bigint {
    const known = this.#addresses.get(buffer);
    if (known !== undefined) return known;
    const address = calls.addressOf(buffer);
    this.#addresses.set(buffer, address);
    return address;
  }
}

/** One function for all handles; `this` is the handle (see raw-handles.ts). */
function makeOnRead(transport: FastTransport): (this: RawHandle) => Buffer | undefined {
  const { inbox, raw } = transport;
  const { readIndex, state } = raw;
  return function onRead(this: RawHandle): Buffer | undefined {
    const length = state[readIndex] as number;
    const connection = this.user as FastConnection;
    if (length === 0) return undefined; // nothing was there after all
    if (length > 0 && connection.readsIntoThread && inbox.take(connection, length))
      return undefined;
    // What was read before goes first; meanwhile this one counts as unread.
    const { writeCount } = connection;
    connection.unreadCount += 1;
    inbox.run();
    connection.unreadCount -= 1;
    if (length > 0) return connection.deliver(length, writeCount);
    connection.onReadFailed(length);
    return undefined;
  };
}
