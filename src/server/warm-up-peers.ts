/**
 * Both far ends of a warm-up: clients that ask, and an origin that answers. On raw handles and with
 * code of their own on purpose: as users of src/transport they would be two more owners of its
 * connections, and V8 optimises the calls there for the few that real traffic has. They do not
 * parse: every message is short, comes whole, and a response ends in the last byte of its body.
 */

import type { RawBindings, RawHandle, SocketName } from '#src/transport/raw-handles.ts';

/** Clients, and at most as many connections to the origin. */
const CLIENTS = 32;
const BACKLOG = 2 * CLIENTS;
const READ_BYTES = 16_384;
const LAST_OF_BODY = 'x';

const GET = 'GET /warm/up?page=1 HTTP/1.1\r\nHost: warm.up\r\n';
const REQUESTS = [
  `${GET}User-Agent: a\r\nAccept: */*\r\nCookie: session=1\r\n\r\n`,
  `${GET}Connection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n` +
    'Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en\r\n' +
    'Accept-Encoding: gzip, br\r\nReferer: http://warm.up/\r\nCookie: a=1; b=2\r\n\r\n',
].map((text) => Buffer.from(text));

const OK = 'HTTP/1.1 200 OK\r\nServer: a\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n';
const RESPONSES = [64, 1024].map((bytes) =>
  Buffer.from(
    `${OK}Content-Type: text/plain\r\nContent-Length: ${bytes}\r\nConnection: keep-alive\r\n` +
      `ETag: "${bytes}"\r\n\r\n${LAST_OF_BODY.repeat(bytes)}`,
  ),
);

/** A handle that can be bound: the transport never does that (raw-handles.ts). */
interface BindableHandle extends RawHandle {
  bind(host: string, port: number): number;
}

export class WarmUpPeers {
  /** Answers that clients got. */
  exchanges = 0;
  readonly #raw: RawBindings;
  readonly #maxExchanges: number;
  readonly #endAtMs: number;
  readonly #bytes = Buffer.alloc(READ_BYTES);
  readonly #request;
  readonly #listening: RawHandle[] = [];
  readonly #connected: RawHandle[] = [];
  #sent = 0;
  readonly #over = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `endAtMs`: on the clock of `performance.now()`. */
  constructor(raw: RawBindings, maxExchanges: number, endAtMs: number) {
    this.#raw = raw;
    this.#maxExchanges = maxExchanges;
    this.#endAtMs = endAtMs;
    this.#request = new raw.WriteRequest();
  }

  /** The ports of the loopback where clients wait to be called, and where the origin is. */
  listen(): { readonly client: number; readonly origin: number } {
    return {
      client: this.#listen((handle) => this.#onClient(handle)),
      origin: this.#listen((handle) => this.#onOrigin(handle)),
    };
  }

  /** Lets all clients come, and waits until it is enough. */
  run(connect: () => void): Promise<void> {
    const leftMs = Math.max(1, this.#endAtMs - performance.now());
    this.#timer = setTimeout(() => this.#over.resolve(), leftMs);
    for (let n = 0; n < CLIENTS; n++) connect();
    return this.#over.promise;
  }

  /** Ends all connections with RST, and listens no more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    for (const handle of this.#listening) handle.close();
    for (const handle of this.#connected) {
      if ((handle.reset?.() ?? -1) < 0) handle.close();
    }
  }

  #listen(onConnected: (handle: RawHandle) => void): number {
    const handle = new this.#raw.Tcp(this.#raw.serverType) as BindableHandle;
    this.#listening.push(handle);
    const name: SocketName = {};
    const status =
      handle.bind('127.0.0.1', 0) || handle.listen(BACKLOG) || handle.getsockname?.(name);
    if (status !== 0 || name.port === undefined) throw new Error(`cannot listen: ${status}`);
    handle.onconnection = (failure, client): void => {
      if (failure < 0 || client === undefined) return;
      this.#connected.push(client);
      client.setNoDelay?.(true);
      client.useUserBuffer(this.#bytes);
      onConnected(client);
      client.readStart();
    };
    return name.port;
  }

  #onClient(handle: RawHandle): void {
    const { readIndex, state } = this.#raw;
    const bytes = this.#bytes;
    const last = LAST_OF_BODY.charCodeAt(0);
    handle.onread = (): undefined => {
      const length = state[readIndex] as number;
      if (length > 0 && bytes[length - 1] === last) this.#onAnswer(handle);
    };
    this.#send(handle, REQUESTS);
  }

  #onAnswer(handle: RawHandle): void {
    if (this.#isClosed) return;
    this.exchanges += 1;
    const isEnough = this.exchanges >= this.#maxExchanges || performance.now() >= this.#endAtMs;
    if (isEnough) this.#over.resolve();
    else this.#send(handle, REQUESTS);
  }

  #onOrigin(handle: RawHandle): void {
    const { readIndex, state } = this.#raw;
    handle.onread = (): undefined => {
      if ((state[readIndex] as number) > 0) this.#send(handle, RESPONSES);
    };
  }

  /** One of them, in turn. What the kernel does not take at once would wait: there is room for all. */
  #send(handle: RawHandle, messages: readonly Buffer[]): void {
    this.#sent += 1;
    handle.writeBuffer(this.#request, messages[(this.#sent >> 1) % messages.length] as Buffer);
  }
}
