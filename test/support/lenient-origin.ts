// An origin that takes anything for HTTP, keeps every byte it was sent, and answers each request that
// it thinks it read with a 200 whose body names it: `GET /path`.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { MOST_LENIENT } from './lenient-policies.ts';
import { readLeniently } from './lenient-reader.ts';

/** A listening origin. */
export class LenientOrigin {
  readonly #server: Server;
  readonly #streams: { text: string; isOver: boolean }[] = [];
  readonly #sockets = new Set<Socket>();
  #marks: readonly number[] = [];
  #onOver: (() => void) | undefined = undefined;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<LenientOrigin> {
    const server = createServer({ noDelay: true });
    const origin = new LenientOrigin(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What comes from here on is what `taken` returns. */
  mark(): void {
    this.#marks = this.#streams.map(({ text }) => text.length);
  }

  /** The bytes since the mark, one char each, per connection that had any. */
  taken(): string[] {
    return this.#streams
      .map(({ text }, at) => text.slice(this.#marks[at] ?? 0))
      .filter((text) => text !== '');
  }

  /** Connections so far. */
  get connectionCount(): number {
    return this.#streams.length;
  }

  /** Waits until the connection with that number (from 0) has come and ended. */
  async ended(index: number): Promise<void> {
    while (this.#streams[index]?.isOver !== true) {
      await new Promise<void>((resolve) => {
        this.#onOver = resolve;
      });
    }
  }

  /** Accepts no more and cuts what is open. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    const stream = { text: '', isOver: false };
    this.#streams.push(stream);
    this.#sockets.add(socket);
    let answered = 0;
    socket.on('data', (bytes: Buffer) => {
      stream.text += bytes.toString('latin1');
      const { requests, restAt } = readLeniently(stream.text, MOST_LENIENT, answered);
      answered = restAt;
      for (const { lines } of requests) socket.write(answerTo(lines[0] ?? ''), 'latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      stream.isOver = true;
      this.#sockets.delete(socket);
      this.#onOver?.();
    });
  }
}

function answerTo(line: string): string {
  const [method = '', target = ''] = line.split(' ');
  const body = `${method} ${target}`;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`;
  return method === 'HEAD' ? head : head + body;
}
