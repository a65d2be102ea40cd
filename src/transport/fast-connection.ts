/**
 * Data path. A connection on a raw handle: no net.Socket, no stream, no event emitter. Reads go
 * into the thread's buffer, writes are tried at once and cost no object while the kernel takes
 * them. Allocates: this object per connection; a request object per write that has to wait.
 */

import { getSystemErrorName } from 'node:util';
import { type Connection, type ConnectionOwner, NO_OWNER } from './connection.ts';
import type { RawBindings, RawHandle, SocketName, WriteRequest } from './raw-handles.ts';
import { retireBytes, threadReadBuffer } from './read-buffer.ts';

const EOF = -4095; // UV_EOF
/** Text up to this goes through a stack buffer in Node (src/stream_base.cc). */
const MAX_TEXT_WRITE = 16 * 1024;
const NO_NAME: SocketName = {};

/** Everything the connections of one thread share. */
export class FastTransport {
  readonly raw: RawBindings;
  /** Unused so far: kept until a write has to wait with it. */
  spareRequest: WriteRequest;

  readonly onRead: (this: RawHandle) => Buffer | undefined;

  constructor(raw: RawBindings) {
    this.raw = raw;
    this.spareRequest = new raw.WriteRequest();
    this.onRead = makeOnRead(this);
  }

  /** Takes a connected handle and starts reading. */
  adopt(handle: RawHandle, owner: ConnectionOwner): FastConnection {
    return new FastConnection(this, handle, owner);
  }
}

/** One function for all handles; `this` is the handle (see raw-handles.ts). */
function makeOnRead(transport: FastTransport): (this: RawHandle) => Buffer | undefined {
  const { readIndex, state } = transport.raw;
  return function onRead(this: RawHandle): Buffer | undefined {
    const length = state[readIndex] as number;
    const connection = this.user as FastConnection;
    if (length > 0) return connection.deliver(length);
    if (length < 0) connection.onReadFailed(length);
    return undefined;
  };
}

export class FastConnection implements Connection {
  owner: ConnectionOwner;
  isQueued = false;
  #transport: FastTransport;
  #handle: RawHandle | undefined;
  /** Text behind the last of `#parts`, which become one write with it. */
  #text = '';
  #parts: Buffer[] | undefined = undefined;
  #buffer: Buffer = threadReadBuffer;
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
  #peer: SocketName | undefined = undefined;
  #own: SocketName | undefined = undefined;

  constructor(transport: FastTransport, handle: RawHandle, owner: ConnectionOwner) {
    this.#transport = transport;
    this.#handle = handle;
    this.owner = owner;
    handle.user = this;
    handle.onread = transport.onRead;
    handle.setNoDelay?.(true);
    handle.useUserBuffer(this.#buffer);
    const status = handle.readStart();
    if (status < 0) this.#breakLater(status);
  }

  /** Called by the handle; returns the buffer for the next read when it changed. */
  deliver(length: number): Buffer | undefined {
    const buffer = this.#buffer;
    this.owner.onBytes(buffer, length);
    if (buffer === threadReadBuffer) retireBytes(length);
    return this.#buffer === buffer ? undefined : this.#buffer;
  }

  onReadFailed(status: number): void {
    if (status === EOF) this.#hasReadAll = true;
    if (status !== EOF) this.#break(status);
    else if (this.#lostWrite === 0) this.owner.onEnd();
    else this.#break(this.#lostWrite); // the write took the error: this end is no FIN
  }

  queueText(text: string): void {
    this.#text += text;
  }

  queueBytes(bytes: Buffer): void {
    this.#parts ??= [];
    if (this.#text !== '') this.#parts.push(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
    this.#parts.push(bytes);
  }

  flush(): boolean {
    let parts = this.#parts;
    const text = this.#text;
    if (parts === undefined && text === '') return !this.isQueued;
    if (parts !== undefined) {
      if (text !== '') parts.push(Buffer.from(text, 'latin1'));
    } else if (text.length > MAX_TEXT_WRITE) parts = [Buffer.from(text, 'latin1')];
    this.#parts = undefined;
    this.#text = '';
    const handle = this.#handle;
    if (handle === undefined || this.#isBroken || this.#isEnded) return true;
    if (this.#lostWrite !== 0) return false;
    const transport = this.#transport;
    const request = transport.spareRequest;
    let status: number;
    if (parts === undefined) status = handle.writeLatin1String(request, text);
    else if (parts.length === 1) status = handle.writeBuffer(request, parts[0] as Buffer);
    else status = handle.writev(request, parts, true);
    if (status < 0) return this.#onWriteFailed(status);
    if ((transport.raw.state[transport.raw.asyncIndex] as number) === 0) return !this.isQueued;
    request.connection = this;
    request.kept = parts;
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
    this.owner.onDrained();
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
    if (this.#holders++ === 0) this.#handle?.readStop();
  }

  letGoReading(): void {
    if (--this.#holders > 0 || this.#handle === undefined || this.#isBroken) return;
    const status = this.#handle.readStart();
    if (status < 0) this.#breakLater(status);
  }

  end(): void {
    this.flush();
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
    this.#peer ??= nameOf(this.#handle, 'getpeername');
    return this.#peer;
  }

  #ownName(): SocketName {
    this.#own ??= nameOf(this.#handle, 'getsockname');
    return this.#own;
  }

  #release(): RawHandle | undefined {
    const handle = this.#handle;
    this.#handle = undefined;
    this.owner = NO_OWNER;
    this.#text = '';
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

function nameOf(handle: RawHandle | undefined, method: 'getpeername' | 'getsockname'): SocketName {
  if (handle === undefined) return NO_NAME;
  const read = handle[method];
  if (read === undefined) return { address: 'unix:', port: 0 };
  const name: SocketName = {};
  return read.call(handle, name) === 0 ? name : NO_NAME;
}
