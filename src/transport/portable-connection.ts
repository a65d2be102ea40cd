/**
 * Data path. A connection on net.Socket, by public API only: for a Node whose handles look
 * different. Same behaviour as fast-connection.ts, at more cost per connection and write; but when
 * a write fails, net.Socket gives up what the peer had sent before it closed.
 */

import type { Socket } from 'node:net';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { type Connection, type ConnectionOwner, NO_OWNER } from './connection.ts';
import { READ_BUFFER_BYTES, retireBytes, threadReadBuffer } from './read-buffer.ts';

/** What a connection gathers between `room` and `commit`. */
const scratch = new ByteWriter(64 * 1024);

export class PortableConnection implements Connection {
  owner: ConnectionOwner;
  isQueued = false;
  readonly hasUnread = false;
  writeCount = 0;
  readonly #socket: Socket;
  #parts: (string | Buffer)[] = [];
  #buffer: Buffer | undefined = undefined;
  #holders = 0;
  #isBroken = false;
  #isEnded = false;

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.owner = owner;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#deliver(bytes));
    socket.on('end', () => this.owner.onEnd());
    socket.on('drain', () => this.#drained());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#break(error.code ?? 'EIO'));
    socket.on('close', () => this.#closed());
  }

  room(count: number): ByteWriter {
    scratch.at = 0;
    scratch.reserve(count);
    return scratch;
  }

  commit(): void {
    if (scratch.at > 0) this.#parts.push(Buffer.from(scratch.bytes.subarray(0, scratch.at)));
  }

  queueText(text: string): void {
    const last = this.#parts.length - 1;
    const before = this.#parts[last];
    if (typeof before === 'string') this.#parts[last] = before + text;
    else this.#parts.push(text);
  }

  lendBytes(bytes: Buffer, start: number, end: number): void {
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.#parts.push(bytes);
  }

  flush(): boolean {
    const parts = this.#parts;
    if (parts.length === 0) return !this.isQueued;
    this.#parts = [];
    this.writeCount += 1;
    if (this.#isBroken || this.#isEnded) return true;
    if (parts.length > 1) this.#socket.cork();
    for (const part of parts) {
      if (typeof part === 'string') this.#socket.write(part, 'latin1');
      else this.#socket.write(part);
    }
    if (parts.length > 1) this.#socket.uncork();
    if (this.#socket.writableLength === 0) return true;
    this.isQueued = true;
    return false;
  }

  flushNow(): boolean {
    return this.flush();
  }

  dropUnsent(): void {
    this.#parts = [];
  }

  get writesWhenRead(): number {
    return this.writeCount;
  }

  readInto(buffer: Buffer | undefined): void {
    this.#buffer = buffer;
  }

  holdReading(): void {
    if (this.#holders++ === 0) this.#socket.pause();
  }

  letGoReading(): void {
    if (--this.#holders === 0 && !this.#isBroken) this.#socket.resume();
  }

  end(): void {
    this.flush();
    this.#isEnded = true;
    // Else behind what is queued: once a FIN waits, RST is refused, and a close would look like it.
    if (!this.isQueued) this.#socket.end();
  }

  destroy(): void {
    this.#isBroken = true;
    this.owner = NO_OWNER;
    this.#socket.destroy();
  }

  reset(): void {
    this.#isBroken = true;
    this.owner = NO_OWNER;
    const socket = this.#socket;
    // A unix socket has no RST; net.Socket throws when asked for one. While a FIN is on its way it
    // fails (EINVAL) and would never close; nothing waits before that FIN: a plain close will do.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (socket.remoteFamily === undefined || isEnding) socket.destroy();
    else socket.resetAndDestroy();
  }

  remoteAddress(): string {
    return this.#socket.remoteAddress ?? this.#unixOrNothing();
  }

  remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  localAddress(): string {
    return this.#socket.localAddress ?? this.#unixOrNothing();
  }

  localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  #unixOrNothing(): string {
    return this.#socket.destroyed || this.#socket.remoteFamily !== undefined ? '' : 'unix:';
  }

  /**
   * Puts the bytes where the fast tier would have read them, so that owners meet one contract:
   * bytes die with the callback unless the buffer is theirs. One piece at a time, as large as it.
   */
  #deliver(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#holders > 0) {
        this.#socket.unshift(bytes.subarray(at));
        return; // before the copy: the owner's buffer may wait in a write
      }
      const buffer = this.#buffer ?? threadReadBuffer;
      const length = bytes.copy(buffer, 0, at, Math.min(bytes.length, at + READ_BUFFER_BYTES));
      at += length;
      this.owner.onBytes(buffer, 0, length);
      if (buffer === threadReadBuffer) retireBytes(length);
    }
  }

  #drained(): void {
    if (!this.isQueued) return;
    this.isQueued = this.#socket.writableLength > 0;
    if (this.isQueued) return;
    if (this.#isEnded) this.#socket.end();
    this.owner.onDrained();
  }

  /** net.Socket closes by itself when both sides have ended: that is no break. */
  #closed(): void {
    if (!this.#socket.readableEnded || !this.#socket.writableFinished) this.#break('ECONNRESET');
  }

  #break(errno: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.owner.onBroken(errno);
  }
}
