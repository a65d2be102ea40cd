// A client of raw bytes: sends what it is told, keeps what comes, tells how the connection ended.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GrowingBuffer } from './growing-buffer.ts';
import { readResponse, type StreamEnd, type WireMessage } from './wire-reader.ts';

/** A response, with its status taken from the line. */
export interface SeenResponse extends WireMessage {
  readonly status: number;
}

/** How a client behaves. */
export interface ClientOptions {
  /** Keeps its side open after the edge's FIN. Default: it closes too, as most clients do. */
  readonly staysOpen?: boolean;
  /** What the edge is to see as its address; `127.0.0.1` unless told. */
  readonly from?: string;
}

/** One connection to the edge. */
export class RawClient {
  readonly #socket: Socket;
  readonly #received = new GrowingBuffer();
  readonly #watchers = new Set<() => void>();
  #taken = 0;
  #end: StreamEnd = 'open';

  constructor(socket: Socket, { staysOpen = false }: ClientOptions) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.append(bytes);
      this.#notify();
    });
    socket.on('end', () => {
      this.#end = 'end';
      if (!staysOpen) socket.end();
      this.#notify();
    });
    socket.on('error', () => {
      if (this.#end === 'open') this.#end = 'reset';
      this.#notify();
    });
    socket.on('close', () => {
      if (this.#end === 'open') this.#end = 'reset';
      this.#notify();
    });
  }

  /** Connects; the promise resolves when the kernel has the connection. */
  static async connect(port: number, options: ClientOptions = {}): Promise<RawClient> {
    const { from: localAddress = '127.0.0.1' } = options;
    const target = { host: '127.0.0.1', port, localAddress };
    const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket, options);
    await once(socket, 'connect');
    return client;
  }

  /** Everything that came so far. */
  get received(): Buffer {
    return this.#received.view;
  }

  /** Bytes that no `response()` has taken. */
  get rest(): string {
    return this.received.toString('latin1', this.#taken);
  }

  /** How the edge's side stands. */
  get state(): StreamEnd {
    return this.#end;
  }

  /** Sends bytes, or text of one char per byte. */
  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1');
    else this.#socket.write(bytes);
  }

  /** Sends and waits until the kernel took it, or the connection broke. */
  async sent(bytes: string | Buffer): Promise<void> {
    const data = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    await new Promise<void>((resolve) => this.#socket.write(data, () => resolve()));
  }

  /** FIN: nothing more will be sent. */
  finish(): void {
    this.#socket.end();
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Closes both ways. */
  close(): void {
    this.#socket.destroy();
  }

  /** Stops reading: what comes stays in the kernel's buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The next response; incomplete when the connection ended first. */
  async response(method = 'GET'): Promise<SeenResponse> {
    for (;;) {
      const read = readResponse(this.received.subarray(this.#taken), method, this.#end);
      if (read !== undefined) {
        this.#taken += read.byteCount;
        return { ...read.message, status: Number(read.message.lines[0]?.slice(9, 12)) };
      }
      if (this.#end !== 'open')
        throw new Error(`the connection closed (${this.#end}), no response`);
      await this.#change();
    }
  }

  /** Waits until this text has come, anywhere in what no `response()` has taken. */
  async until(text: string): Promise<void> {
    while (!this.rest.includes(text)) {
      if (this.#end !== 'open')
        throw new Error(`closed (${this.#end}) before ${text}: ${this.rest}`);
      await this.#change();
    }
  }

  /** Waits until at least so many bytes have come in all. */
  async untilBytes(count: number): Promise<void> {
    while (this.received.length < count) {
      if (this.#end !== 'open')
        throw new Error(`closed (${this.#end}) after ${this.received.length}`);
      await this.#change();
    }
  }

  /** Waits for the end: 'end' after a FIN, 'reset' after anything else. */
  async closed(): Promise<StreamEnd> {
    while (this.#end === 'open') await this.#change();
    return this.#end;
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const watcher = (): void => {
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }
}
