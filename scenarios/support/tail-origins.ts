/**
 * Origins that answer within a millisecond or two, but for some requests that take long at the one of
 * them that they come to: asked again at another one, these are answered as fast as all others.
 * Requests have no bodies, and no two of them the same target.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Random } from '#test/fuzz/random.ts';
import { onEachHead } from './each-head.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Which requests take how long. */
export interface Tail {
  /** Of the requests, 0 to 1. */
  readonly share: number;
  /** 'dropped': they are never answered, and their connection has to be closed. */
  readonly slowMs: number | 'dropped';
}

export class TailOrigins {
  /** What takes long; undefined: nothing does. */
  tail: Tail | undefined = undefined;
  /** Requests that took long, and those that came again while they did. */
  slow = 0;
  again = 0;
  readonly #random: Random;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  /** Targets of slow requests. */
  readonly #waiting = new Map<string, Socket>();
  /** Where slow answers never come: what was asked before is answered, whatever came of it. */
  readonly #known = new Set<string>();
  /** Requests that came, by the first segment of their path. */
  readonly #counts = new Map<string, number>();

  private constructor(seed: number) {
    this.#random = new Random(seed);
  }

  static async start(count: number, seed: number): Promise<TailOrigins> {
    const origins = new TailOrigins(seed);
    for (let at = 0; at < count; at++) {
      const server = createServer({ noDelay: true }, (socket) => origins.#take(socket));
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
      await once(server, 'listening');
      origins.#servers.push(server);
    }
    return origins;
  }

  get ports(): number[] {
    return this.#servers.map((server) => (server.address() as AddressInfo).port);
  }

  /** Requests that came to `/first/…`, over all of them. */
  asked(first: string): number {
    return this.#counts.get(first) ?? 0;
  }

  /** Resolves when nobody waits for a slow answer any more. */
  async untilNobodyWaits(): Promise<void> {
    for (const socket of this.#waiting.values()) if (!socket.closed) await once(socket, 'close');
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    onEachHead(socket, (head) => {
      const [, target = ''] = head.split(' ', 2);
      this.#answer(socket, target);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #answer(socket: Socket, target: string): void {
    const [, first = ''] = target.split('/', 2);
    this.#counts.set(first, this.asked(first) + 1);
    const { tail } = this;
    const isKnown = this.#known.has(target);
    if (tail?.slowMs === 'dropped') this.#known.add(target);
    if (this.#waiting.has(target)) this.again += 1;
    else if (tail !== undefined && !isKnown && this.#random.chance(tail.share)) {
      this.slow += 1;
      this.#waiting.set(target, socket);
      if (tail.slowMs === 'dropped') return;
      setTimeout(() => {
        this.#waiting.delete(target);
        if (socket.writable) socket.write(ANSWER);
      }, tail.slowMs);
      return;
    }
    socket.write(ANSWER);
  }
}
