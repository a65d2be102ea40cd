/** An origin that answers nobody until it is told to; requests have no bodies. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { onEachHead } from './each-head.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

export class HoldingOrigin {
  /** The most that it had at a time. */
  peak = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Those whose request is here. */
  readonly #waiting = new Set<Socket>();
  #holds = true;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#take(socket));
  }

  static async start(): Promise<HoldingOrigin> {
    const origin = new HoldingOrigin();
    origin.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many it has now. */
  get held(): number {
    return this.#waiting.size;
  }

  /** Answers all, and from now on everybody. */
  release(): void {
    this.#holds = false;
    for (const socket of this.#waiting) this.#answer(socket);
  }

  /** Answers nobody again. */
  hold(): void {
    this.#holds = true;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    onEachHead(socket, () => {
      this.#waiting.add(socket);
      this.peak = Math.max(this.peak, this.#waiting.size);
      if (!this.#holds) this.#answer(socket);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
    });
  }

  #answer(socket: Socket): void {
    this.#waiting.delete(socket);
    socket.write(ANSWER);
  }
}
