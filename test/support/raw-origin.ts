// An origin of raw bytes: keeps what every connection brought and answers by script.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { GrowingBuffer } from './growing-buffer.ts';
import { readRequest, type WireMessage } from './wire-reader.ts';

/** A request as the origin saw it. */
export interface SeenRequest extends WireMessage {
  /** `GET /path HTTP/1.1`. */
  readonly line: string;
  readonly connection: OriginConnection;
}

/** What the origin does. Each is optional; without `onRequest` it never answers. */
export interface OriginScript {
  /** Keeps its side open after the edge's FIN. Default: it closes too. */
  readonly staysOpen?: boolean;
  onConnection?(connection: OriginConnection): void;
  /** After every read, with all bytes since the last complete request. */
  onBytes?(connection: OriginConnection, pending: Buffer): void;
  /** A request is complete; text that is returned is sent. */
  onRequest?(request: SeenRequest, connection: OriginConnection): string | Buffer | undefined;
}

const STREAM_PIECE_BYTES = 64 * 1024;

/** One connection that the edge made. */
export class OriginConnection {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  readonly #received = new GrowingBuffer();
  /** Of `stream`: bytes that the kernel has taken. */
  streamedBytes = 0;
  requestCount = 0;
  hasEnded = false;
  isClosed = false;
  /** Where the edge called from; '' over a unix socket. */
  readonly remoteAddress: string;
  readonly remotePort: number;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.#closed = new Promise((resolve) => socket.once('close', resolve));
  }

  send(bytes: string | Buffer): void {
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1');
    else this.#socket.write(bytes);
  }

  /** Sends piece by piece, each when the kernel took the last; then calls `onSent`. */
  stream(bytes: Buffer, onSent?: () => void): void {
    const piece = bytes.subarray(0, STREAM_PIECE_BYTES);
    this.#socket.write(piece, (error) => {
      if (error) return;
      this.streamedBytes += piece.length;
      if (piece.length < bytes.length) this.stream(bytes.subarray(piece.length), onSent);
      else onSent?.();
    });
  }

  /** All bytes that came. */
  get received(): Buffer {
    return this.#received.view;
  }

  /** Called for what comes. */
  keep(bytes: Buffer): void {
    this.#received.append(bytes);
  }

  /** FIN behind what was sent. */
  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Resolves when the edge has closed its side, or the connection broke. */
  async closed(): Promise<void> {
    await this.#closed;
  }
}

/** A listening origin. */
export class RawOrigin {
  script: OriginScript;
  readonly connections: OriginConnection[] = [];
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #watchers = new Set<() => void>();

  constructor(script: OriginScript, server: Server) {
    this.script = script;
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(script: OriginScript = {}, host = '127.0.0.1', port = 0): Promise<RawOrigin> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const origin = new RawOrigin(script, server);
    server.listen(port, host);
    await once(server, 'listening');
    return origin;
  }

  /** On a unix socket; it has no port. */
  static async startUnix(script: OriginScript, path: string): Promise<RawOrigin> {
    const server = createServer({ allowHalfOpen: true });
    const origin = new RawOrigin(script, server);
    server.listen(path);
    await once(server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes that came over all connections. */
  get receivedBytes(): number {
    return this.connections.reduce((sum, { received }) => sum + received.length, 0);
  }

  /** Waits until something that comes makes `condition` true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  /** The request with that number (from 0), when it has come. */
  async request(index: number): Promise<SeenRequest> {
    await this.until(() => this.requests.length > index);
    return this.requests[index] as SeenRequest;
  }

  /** The connection with that number (from 0), when it has come. */
  async connection(index: number): Promise<OriginConnection> {
    await this.until(() => this.connections.length > index);
    return this.connections[index] as OriginConnection;
  }

  /** Accepts no more; its port refuses from then on. */
  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const connection = new OriginConnection(socket);
    this.connections.push(connection);
    let consumed = 0;
    socket.on('data', (bytes: Buffer) => {
      connection.keep(bytes);
      this.script.onBytes?.(connection, connection.received.subarray(consumed));
      for (;;) {
        const read = readRequest(connection.received.subarray(consumed));
        if (read === undefined) break;
        consumed += read.byteCount;
        this.#answer({ ...read.message, line: read.message.lines[0] ?? '', connection });
      }
      this.#notify();
    });
    socket.on('end', () => {
      connection.hasEnded = true;
      if (!this.script.staysOpen) socket.end();
      this.#notify();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.isClosed = true;
      this.#notify();
    });
    this.script.onConnection?.(connection);
    this.#notify();
  }

  #answer(request: SeenRequest): void {
    const { connection } = request;
    connection.requestCount += 1;
    this.requests.push(request);
    const answer = this.script.onRequest?.(request, connection);
    if (answer !== undefined) connection.send(answer);
  }

  #notify(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

/** A 200 with that body and its length. */
export function ok(body: string | Buffer = 'ok', fields = ''): string {
  const text = typeof body === 'string' ? body : body.toString('latin1');
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
}
