/**
 * Where the API is asked: sockets of the master, so that they stay over reloads and deaths of
 * generations. Node's HTTP is loaded when the first client comes.
 */
import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Answerer } from '#src/admin/api-server.ts';
import { formatAddress } from '#src/base/address.ts';
import type { ApiListen } from '#src/config/api-listen-argument.ts';

/** Connections at a time for each address; more are closed. */
const MAX_CONNECTIONS = 64;
/** A unix socket is created for its owner alone. */
const UMASK = 0o177;
/** `sun_path` of unix(7), with its closing zero. */
const MAX_UNIX_PATH_BYTES = 107;

/** The sockets of the API. */
export class ApiDoors {
  readonly #open = new Map<string, Door>();
  readonly #answer: Answerer;
  readonly #warn: (line: string) => void;

  constructor(answer: Answerer, warn: (line: string) => void) {
    this.#answer = answer;
    this.#warn = warn;
  }

  /** Opens what is not open yet and closes what is wanted no more. What cannot be opened is told. */
  async use(wanted: readonly ApiListen[]): Promise<void> {
    const keys = new Map(wanted.map((listen) => [keyOf(listen), listen]));
    for (const [key, door] of this.#open) {
      if (keys.has(key)) continue;
      this.#open.delete(key);
      door.close();
    }
    for (const [key, listen] of keys) {
      if (this.#open.has(key)) continue;
      try {
        this.#open.set(key, await Door.open(listen, this.#answer));
      } catch (error) {
        const address = formatAddress(listen.address);
        this.#warn(`the API cannot be asked on ${address}: ${(error as Error).message}`);
      }
    }
  }

  close(): void {
    for (const door of this.#open.values()) door.close();
    this.#open.clear();
  }
}

function keyOf({ address, mayWrite }: ApiListen): string {
  return `${formatAddress(address)} ${mayWrite}`;
}

/** One of them. */
class Door {
  readonly #server: Server;
  readonly #listen: ApiListen;
  readonly #answer: Answerer;
  #http: Promise<HttpServer> | undefined;

  private constructor(server: Server, listen: ApiListen, answer: Answerer) {
    this.#server = server;
    this.#listen = listen;
    this.#answer = answer;
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (socket: Socket) => void this.#take(socket));
  }

  /** @throws Error that says why it cannot */
  static async open(listen: ApiListen, answer: Answerer): Promise<Door> {
    const { address } = listen;
    if (address.kind === 'unix') await makeRoom(address.path);
    const server = createServer({ pauseOnConnect: true });
    const mask = process.umask(UMASK);
    try {
      if (address.kind === 'unix') server.listen({ path: address.path });
      else server.listen({ host: address.host, port: address.port });
    } finally {
      process.umask(mask);
    }
    await once(server, 'listening');
    return new Door(server, listen, answer);
  }

  close(): void {
    this.#server.close(); // removes the file of a unix socket
    void this.#http?.then((server) => server.closeAllConnections());
  }

  async #take(socket: Socket): Promise<void> {
    socket.on('error', () => {}); // until HTTP looks after it
    this.#http ??= this.#startHttp();
    const server = await this.#http;
    server.emit('connection', socket); // as Node documents for sockets of others
    socket.resume();
  }

  async #startHttp(): Promise<HttpServer> {
    const { createApiServer } = await import('#src/admin/api-server.ts');
    const { address, mayWrite } = this.#listen;
    const server = createApiServer({ isTcp: address.kind === 'tcp', mayWrite }, this.#answer);
    server.emit('listening'); // it begins to look for requests that take too long
    return server;
  }
}

/** Removes a socket that nobody answers on any more. @throws Error when something else is there */
async function makeRoom(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_UNIX_PATH_BYTES) {
    throw new Error(`a socket's path has at most ${MAX_UNIX_PATH_BYTES} bytes; name another`);
  }
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw new Error('the file exists and is no socket; remove it');
  if (await isAnswered(path)) throw new Error('another process answers there');
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}
