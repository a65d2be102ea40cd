/**
 * Data path. A connection on a raw handle: no net.Socket, no stream, no event emitter. Reads go
 * into the thread's buffer, writes are gathered (gather.ts), tried at the end of the turn and cost
 * no object while the kernel takes them. Allocates: this object per connection; a request object
 * per write that has to wait.
 */

import { getSystemErrorName } from 'node:util';
import { atTurnEnd, type TurnEnd } from '#src/base/turn.ts';
import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import { type Connection, type ConnectionOwner, NO_OWNER } from './connection.ts';
import type { FastTransport } from './fast-transport.ts';
import type { Arena } from './gather.ts';
import type { Reader } from './inbox.ts';
import type { Borrower } from './lending.ts';
import { asSize, CALL_FLAGS, type NativeCalls } from './native-calls.ts';
import type { RawHandle, SocketName, WriteRequest } from './raw-handles.ts';
import { READ_HEADROOM_BYTES, readMemory, retireBytes, threadReadBuffer } from './read-buffer.ts';
import { brokenBy, READ_AGAIN, READ_END, READ_NOTHING, verdictOf } from './read-verdict.ts';
import type { Readable } from './readiness.ts';

const EOF = -4095; // UV_EOF
/** So many reads that fill their buffer, then it is others' turn (libuv has the same). */
const MAX_READS = 32;
const NO_MEMORY = Buffer.alloc(0);

export class FastConnection implements Borrower, Connection, Readable, Reader, TurnEnd {
  owner: ConnectionOwner;
  isQueued = false;
  writeCount = 0;
  writesWhenRead = 0;
  unreadCount = 0;
  #transport: FastTransport;
  #handle: RawHandle | undefined;
  /** What is gathered, behind the last of `#parts`: memory[from..to), and whose memory that was. */
  #arena: Arena;
  #memory: Buffer = NO_MEMORY;
  #from = 0;
  #to = 0;
  /** Of the thread's read buffer, behind all that: what is lent; `#lentTo` 0: nothing. */
  #lentFrom = 0;
  #lentTo = 0;
  #parts: Buffer[] | undefined = undefined;
  /** What is gathered goes at the end of the turn. */
  #isDeferred = false;
  /** `flush` has said false; a write that has to wait at the end of the turn is nobody's concern. */
  #isDrainAwaited = false;
  /** Where bytes are to go, and where the handle puts those that come next. */
  #buffer: Buffer = threadReadBuffer;
  #armed: Buffer = threadReadBuffer;
  /** Read in the turn in which reading was held: handed on when it is let go. */
  #late: Buffer | undefined = undefined;
  /** The end, or the error, that was read behind those; 0 none. */
  #lateStatus = 0;
  #holders = 0;
  #waitingWrites = 0;
  #isBroken = false;
  #isBreakTold = false;
  /** The errno of a write that failed while reading goes on; 0 none did. */
  #lostWrite = 0;
  #isEnded = false;
  #isShuttingDown = false;
  /** FIN of the peer has come: a failed write is all that can tell of its end now. */
  #hasReadAll = false;
  /** Nothing more will be read from the kernel: the end was, or an error, or it is released. */
  #isAtEnd = false;
  #peer: SocketName | undefined = undefined;
  #own: SocketName | undefined = undefined;
  readonly #fd: bigint;
  /** Of `Readiness`; -1: the handle reads. */
  #slot = -1;
  /** The kernel has told of bytes while reading was held, and does so once. */
  #isMissed = false;
  /** The last read was not understood. */
  #isDoubtful = false;

  constructor(transport: FastTransport, handle: RawHandle, owner: ConnectionOwner) {
    this.#transport = transport;
    this.#arena = transport.shortArena;
    this.#handle = handle;
    this.owner = owner;
    const fd = handle.fd ?? -1;
    this.#fd = BigInt(fd);
    const { readiness } = transport;
    if (readiness !== undefined && fd >= 0) this.#slot = readiness.watch(this.#fd, this);
    if (this.#slot >= 0) return; // only a handle that reads has to find its connection
    handle.user = this;
    handle.onread = transport.onRead;
    handle.useUserBuffer(this.#buffer);
    const status = handle.readStart();
    if (status < 0) this.#breakLater(status);
  }

  /** Readable. */
  onReadable(isEnd: boolean): void {
    const transport = this.#transport;
    const calls = transport.calls as NativeCalls;
    for (let count = 0; count < MAX_READS; count++) {
      // Broken by a write, which has taken the error: what would be read next looks like an end.
      if (this.#isAtEnd || this.#isBroken) return;
      if (this.#holders > 0) {
        this.#isMissed = true;
        return;
      }
      const buffer = this.#buffer;
      const length = transport.read(calls, this.#fd, buffer);
      if (length > 0) {
        this.#isDoubtful = false;
        const isKept = buffer === threadReadBuffer && transport.inbox.take(this, length);
        if (!isKept) this.#handOn(buffer, length);
        if (length === buffer.length) continue;
        // The end is for the next turn: what is answered to these bytes goes first.
        if (isEnd) this.readAgain();
        return;
      }
      this.#readNothing(length, isEnd);
      return;
    }
    this.readAgain();
  }

  #readNothing(length: number, isEnd: boolean): void {
    const verdict = verdictOf(length, isEnd, this.#isDoubtful);
    this.#isDoubtful = verdict === READ_AGAIN;
    if (verdict === READ_NOTHING) return;
    if (verdict === READ_AGAIN) this.readAgain();
    else {
      this.#stopReading();
      this.#handOnEnd(verdict === READ_END ? EOF : brokenBy(length));
    }
  }

  #stopReading(): void {
    if (this.#slot < 0 || this.#isAtEnd) return;
    this.#isAtEnd = true;
    this.#transport.readiness?.forget(this.#slot);
  }

  /** Readable. */
  readAgain(): void {
    if (!this.#isAtEnd) this.#transport.readiness?.again(this.#fd, this.#slot);
  }

  /** What was read before goes first; meanwhile this counts as unread. */
  #handOn(buffer: Buffer, length: number): void {
    const { writeCount } = this;
    this.unreadCount += 1;
    this.#transport.inbox.run();
    this.unreadCount -= 1;
    if (buffer !== threadReadBuffer) {
      this.onRead(buffer, 0, length, writeCount);
      return;
    }
    const { lending } = this.#transport;
    lending.begin();
    try {
      this.onRead(buffer, 0, length, writeCount);
    } finally {
      lending.end();
    }
    retireBytes(length);
  }

  #handOnEnd(status: number): void {
    this.unreadCount += 1;
    this.#transport.inbox.run();
    this.unreadCount -= 1;
    this.onReadFailed(status);
  }

  get readsIntoThread(): boolean {
    return this.#buffer === threadReadBuffer && this.#armed === threadReadBuffer;
  }

  /** Called by the handle; returns the buffer for the next read when it changed. */
  deliver(length: number, writes: number): Buffer | undefined {
    const armed = this.#armed;
    if (armed === this.#buffer) this.onRead(armed, 0, length, writes);
    else this.#deliverCopy(armed, length, writes);
    if (armed === threadReadBuffer) retireBytes(length);
    this.#armed = this.#buffer;
    return armed === this.#buffer ? undefined : this.#buffer;
  }

  /** The owner wanted another buffer before this was read: it goes there, piece by piece. */
  #deliverCopy(from: Buffer, length: number, writes: number): void {
    for (let at = 0; at < length; ) {
      const buffer = this.#buffer;
      const copied = from.copy(buffer, 0, at, length);
      at += copied;
      this.onRead(buffer, 0, copied, writes);
    }
  }

  /** Reader. */
  onRead(bytes: Buffer, start: number, end: number, writes: number): void {
    this.writesWhenRead = writes;
    if (this.#holders === 0) this.owner.onBytes(bytes, start, end);
    else if (this.#handle !== undefined) this.#keepLate(bytes, start, end);
  }

  #keepLate(bytes: Buffer, start: number, end: number): void {
    const before = this.#late ?? NO_MEMORY;
    this.#late = Buffer.concat([before, bytes.subarray(start, end)]);
  }

  #deliverLate(): void {
    const late = this.#late;
    if (late === undefined || this.#holders > 0) return;
    this.#late = undefined;
    this.#holders += 1; // a hold of our own: the owner may hold and let go meanwhile
    this.owner.onBytes(late, 0, late.length);
    this.letGoReading();
    const status = this.#lateStatus;
    this.#lateStatus = 0;
    if (status !== 0) this.onReadFailed(status);
  }

  onReadFailed(status: number): void {
    if (this.#late !== undefined) {
      this.#lateStatus = status;
      return;
    }
    if (status === EOF) this.#hasReadAll = true;
    if (status !== EOF) this.#break(status);
    else if (this.#lostWrite === 0) this.owner.onEnd();
    else this.#break(this.#lostWrite); // the write took the error: this end is no FIN
  }

  room(count: number): ByteWriter {
    if (this.#lentTo > 0) this.keepLent();
    const { longArena, outgoing, shortArena } = this.#transport;
    const gathered = this.#to - this.#from;
    const arena = outgoing.takes(gathered + count) ? shortArena : longArena;
    const memory = this.#memory;
    if (gathered > 0 && memory === arena.bytes && this.#to === arena.at && arena.hasRoom(count)) {
      return arena;
    }
    // It begins, or moves to where there is room: another connection has gathered behind it.
    arena.reserve(gathered + count);
    const start = arena.at;
    if (gathered > 0) {
      arena.copyBuffer(memory, this.#from, this.#to);
      arena.open();
      this.#arena.close(memory, this.#from, this.#to);
    }
    this.#arena = arena;
    this.#memory = arena.bytes;
    this.#from = start;
    this.#to = start + gathered;
    return arena;
  }

  commit(): void {
    const arena = this.#arena;
    if (this.#to === this.#from && arena.at > this.#to) arena.open();
    this.#to = arena.at;
  }

  queueText(text: string): void {
    this.room(text.length).text(text);
    this.commit();
  }

  lendBytes(bytes: Buffer, start: number, end: number): void {
    const { lending, outgoing } = this.#transport;
    const isLent = bytes === threadReadBuffer && !outgoing.takes(end - start);
    const isLast = this.#parts === undefined && this.#lentTo === 0 && !this.isQueued;
    if (isLent && isLast && lending.lend(this)) {
      this.#lentFrom = start;
      this.#lentTo = end;
      return;
    }
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  /** Borrower. */
  keepLent(): void {
    const from = this.#lentFrom;
    const to = this.#lentTo;
    if (to === 0) return;
    this.#lentTo = 0;
    this.room(to - from).copyBuffer(threadReadBuffer, from, to);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.keepLent();
    this.#parts ??= [];
    this.#takeRegion(this.#parts);
    this.#parts.push(bytes);
  }

  /** What is gathered becomes the last part, as a copy. */
  #takeRegion(parts: Buffer[]): void {
    if (this.#to === this.#from) return;
    parts.push(Buffer.from(this.#memory.subarray(this.#from, this.#to)));
    this.#closeRegion();
  }

  #closeRegion(): void {
    if (this.#to === this.#from) return;
    this.#arena.close(this.#memory, this.#from, this.#to);
    this.#memory = NO_MEMORY;
    this.#from = 0;
    this.#to = 0;
  }

  flush(): boolean {
    const gathered = this.#to - this.#from;
    const { inbox, outgoing } = this.#transport;
    // While reads of this turn are still to come, nothing leaves: they answer none of it.
    const waits = outgoing.takes(gathered) || inbox.isEarly;
    if (this.#lentTo === 0 && this.#parts === undefined && !this.isQueued && waits) {
      if (gathered > 0 && !this.#isDeferred) {
        this.#isDeferred = true;
        atTurnEnd(this);
      }
      return true;
    }
    return this.flushNow();
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    if (this.#late !== undefined) this.#deliverLate();
    if (this.#isDeferred) this.#write();
  }

  get hasUnread(): boolean {
    return this.unreadCount > 0;
  }

  flushNow(): boolean {
    const isOut = this.#write();
    if (!isOut) this.#isDrainAwaited = true;
    return isOut;
  }

  dropUnsent(): void {
    if (!this.#isDeferred) return;
    this.#isDeferred = false;
    this.#lentTo = 0;
    this.#closeRegion();
  }

  #write(): boolean {
    this.#isDeferred = false;
    const parts = this.#parts;
    if (parts === undefined && this.#to === this.#from && this.#lentTo === 0) return !this.isQueued;
    this.writeCount = (this.writeCount + 1) | 0;
    if (parts !== undefined) this.#takeRegion(parts);
    this.#parts = undefined;
    const handle = this.#handle;
    if (handle === undefined || this.#isBroken || this.#isEnded || this.#lostWrite !== 0) {
      this.#lentTo = 0;
      this.#closeRegion();
      return this.#lostWrite === 0;
    }
    if (parts !== undefined) return this.#writeParts(handle, parts);
    const { calls } = this.#transport;
    if (this.#lentTo > 0) {
      if (calls !== undefined && this.#to - this.#from <= this.#lentFrom + READ_HEADROOM_BYTES) {
        return this.#sendLent(calls, handle);
      }
      this.keepLent();
    }
    if (calls === undefined || this.isQueued) return this.#writeRegion(handle, this.#from);
    return this.#sendRegion(calls, handle);
  }

  /** Straight from where it was gathered. What the kernel does not take waits with the handle. */
  #sendRegion(calls: NativeCalls, handle: RawHandle): boolean {
    const from = this.#from;
    const length = this.#to - from;
    const address = this.#arena.addressOf(this.#memory, calls) + BigInt(from);
    const sent = calls.send(this.#fd, address, asSize(length), CALL_FLAGS);
    // Why it failed the handle finds out: V8 may have called the kernel before errno could be read.
    if (sent < length) return this.#writeRegion(handle, from + Math.max(0, sent));
    this.#closeRegion();
    return true;
  }

  /** What is gathered goes in front of what is lent, and both leave from there. */
  #sendLent(calls: NativeCalls, handle: RawHandle): boolean {
    const at = READ_HEADROOM_BYTES + this.#lentFrom - (this.#to - this.#from);
    const end = READ_HEADROOM_BYTES + this.#lentTo;
    this.#memory.copy(readMemory, at, this.#from, this.#to);
    this.#lentTo = 0;
    this.#closeRegion();
    const address = this.#transport.readMemoryAt + BigInt(at);
    const sent = calls.send(this.#fd, address, BigInt(end - at), CALL_FLAGS);
    if (sent === end - at) return true;
    // As of `#sendRegion`; the buffer is read into again.
    const rest = Buffer.from(readMemory.subarray(at + Math.max(0, sent), end));
    const { raw, spareRequest } = this.#transport;
    const status = handle.writeBuffer(spareRequest, rest);
    return this.#onTried(status, status >= 0 && raw.state[raw.asyncIndex] !== 0, rest);
  }

  #writeRegion(handle: RawHandle, from: number): boolean {
    const { outgoing, raw, spareRequest } = this.#transport;
    const arena = this.#arena;
    const memory = this.#memory;
    const to = this.#to;
    const isShort = outgoing.takes(to - from) && memory === arena.bytes;
    const bytes = isShort ? outgoing.copyOf(arena, from, to) : arena.viewOf(memory, from, to);
    const status = handle.writeBuffer(spareRequest, bytes);
    const mustWait = status >= 0 && raw.state[raw.asyncIndex] !== 0;
    if (mustWait && isShort) outgoing.abandon();
    if (mustWait && !isShort) {
      if (memory === arena.bytes) arena.abandon();
      this.#memory = NO_MEMORY; // the write's from now on
    }
    this.#closeRegion();
    return this.#onTried(status, mustWait, bytes);
  }

  #writeParts(handle: RawHandle, parts: Buffer[]): boolean {
    const { raw, spareRequest } = this.#transport;
    const status =
      parts.length === 1
        ? handle.writeBuffer(spareRequest, parts[0] as Buffer)
        : handle.writev(spareRequest, parts, true);
    return this.#onTried(status, status >= 0 && raw.state[raw.asyncIndex] !== 0, parts);
  }

  /** A write was tried; the kernel has it all, or the rest waits with `kept`. */
  #onTried(status: number, mustWait: boolean, kept: unknown): boolean {
    if (status < 0) return this.#onWriteFailed(status);
    if (!mustWait) return !this.isQueued;
    const transport = this.#transport;
    const request = transport.spareRequest;
    request.connection = this;
    request.kept = kept;
    request.oncomplete = onWriteComplete;
    transport.spareRequest = new transport.raw.WriteRequest();
    this.#waitingWrites += 1;
    this.isQueued = true;
    return false;
  }

  onWritten(status: number): void {
    this.#waitingWrites -= 1;
    if (this.#handle === undefined) return;
    if (status < 0) {
      this.#onWriteFailed(status);
      return;
    }
    if (this.#waitingWrites > 0) return;
    this.isQueued = false;
    if (this.#isEnded) this.#shutDown();
    const isAwaited = this.#isDrainAwaited;
    this.#isDrainAwaited = false;
    if (isAwaited) this.owner.onDrained();
  }

  /**
   * What the peer sent before it closed can still be read, and says more than our failed write (413
   * to a body that was too long): while reading goes on, the end of it is what the owner is told.
   * Until then, writes queue.
   */
  #onWriteFailed(status: number): boolean {
    if (this.#holders > 0 || this.#hasReadAll) {
      this.#breakLater(status);
      return true;
    }
    this.#lostWrite = status;
    this.isQueued = true;
    return false;
  }

  readInto(buffer: Buffer | undefined): void {
    this.#buffer = buffer ?? threadReadBuffer;
  }

  holdReading(): void {
    if (this.#holders++ === 0 && this.#slot < 0) this.#handle?.readStop();
  }

  letGoReading(): void {
    if (--this.#holders > 0 || this.#handle === undefined || this.#isBroken) return;
    if (this.#late === undefined) this.#startReading();
    else atTurnEnd(this);
  }

  #startReading(): void {
    if (this.#slot >= 0) {
      if (this.#isMissed) this.readAgain();
      this.#isMissed = false;
      return;
    }
    const status = this.#handle?.readStart() ?? 0;
    if (status < 0) this.#breakLater(status);
  }

  end(): void {
    this.#write();
    if (this.#isEnded || this.#handle === undefined || this.#isBroken) return;
    this.#isEnded = true;
    // Else behind what is queued: once a FIN waits, RST is refused, and a close would look like it.
    if (!this.isQueued) this.#shutDown();
  }

  #shutDown(): void {
    const request = new this.#transport.raw.ShutdownRequest();
    request.oncomplete = (): void => {
      this.#isShuttingDown = false;
    };
    this.#isShuttingDown = true;
    this.#handle?.shutdown(request);
  }

  destroy(): void {
    const handle = this.#release();
    handle?.close();
  }

  reset(): void {
    const handle = this.#release();
    if (handle === undefined) return;
    // While a FIN is on its way RST is refused (EINVAL), and Node then never closes the handle.
    // Nothing waits before that FIN: a plain close will do.
    if (handle.reset === undefined || this.#isShuttingDown) handle.close();
    else handle.reset();
  }

  remoteAddress(): string {
    return this.#peerName().address ?? '';
  }

  remotePort(): number {
    return this.#peerName().port ?? 0;
  }

  localAddress(): string {
    return this.#ownName().address ?? '';
  }

  localPort(): number {
    return this.#ownName().port ?? 0;
  }

  #peerName(): SocketName {
    this.#peer ??= this.#transport.names.peerOf(this.#fd, this.#handle);
    return this.#peer;
  }

  #ownName(): SocketName {
    this.#own ??= this.#transport.names.ownOf(this.#fd, this.#handle);
    return this.#own;
  }

  #release(): RawHandle | undefined {
    if (this.#isDeferred) this.#write(); // it was flushed: the peer is to get it
    const handle = this.#handle;
    if (handle !== undefined) this.#stopReading();
    this.#handle = undefined;
    this.owner = NO_OWNER;
    this.#late = undefined;
    this.#lentTo = 0;
    this.#closeRegion();
    this.#parts = undefined;
    this.#isBroken = true;
    return handle;
  }

  #break(status: number): void {
    // A read and several writes may find out, each for itself.
    if (this.#handle === undefined || this.#isBreakTold) return;
    this.#isBroken = true;
    this.#isBreakTold = true;
    this.owner.onBroken(getSystemErrorName(status));
  }

  /** From inside a call of the owner: told on the next turn, so that no call is entered twice. */
  #breakLater(status: number): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    setImmediate(() => this.#break(status));
  }
}

function onWriteComplete(this: WriteRequest, status: number): void {
  const connection = this.connection as FastConnection;
  this.connection = undefined;
  this.kept = undefined;
  connection.onWritten(status);
}
