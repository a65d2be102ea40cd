/** Backends that do nothing but take time: `GET /work/MS` is answered after so many milliseconds. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One backend and what it has been given. */
export interface WorkOrigin {
  readonly port: number;
  requests: number;
  /** Sum of the times it was asked to work. */
  workMs: number;
  /** At this moment, and at most so far. */
  active: number;
  maxActive: number;
}

/** Several, in this process. */
export class WorkOrigins {
  readonly all: readonly WorkOrigin[];
  readonly #servers: readonly Server[];
  /** Serial number of the backend that took each request, in the order in which they came. */
  readonly order: number[] = [];

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.all = servers.map((server) => {
      const { port } = server.address() as AddressInfo;
      return { port, requests: 0, workMs: 0, active: 0, maxActive: 0 };
    });
    for (const [at, server] of servers.entries()) {
      server.on('request', (request, response) => this.#work(at, request.url ?? '', response));
    }
  }

  static async start(count: number): Promise<WorkOrigins> {
    const servers = Array.from({ length: count }, () => createServer({ keepAliveTimeout: 60_000 }));
    for (const server of servers) server.listen(0, '127.0.0.1');
    await Promise.all(servers.map((server) => once(server, 'listening')));
    return new WorkOrigins(servers);
  }

  #work(at: number, url: string, response: ServerResponse): void {
    const origin = this.all[at] as WorkOrigin;
    const ms = Number(/^\/work\/(\d+)/.exec(url)?.[1] ?? 0);
    this.order.push(at);
    origin.requests += 1;
    origin.workMs += ms;
    origin.active += 1;
    origin.maxActive = Math.max(origin.maxActive, origin.active);
    response.on('close', () => {
      origin.active -= 1;
    });
    const answer = (): void => void response.end(`${origin.port}\n`);
    if (ms === 0) answer();
    else setTimeout(answer, ms);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(this.#servers.map((server) => new Promise((done) => server.close(done))));
  }
}
