/**
 * An origin of WebSockets that sends every message back, and clients that talk to it all the time.
 * A message `close CODE` makes the origin close with that code. `/page` is a page that talks, too.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';

/** Milliseconds between two messages of a talker. */
const EVERY_MS = 20;
/** An open handshake, or an echo, that has not come by then is lost. */
const PATIENCE_MS = 10_000;

/** What a talker found. */
export interface Talk {
  readonly sent: number;
  readonly echoed: number;
  /** Echoes that came twice or in the wrong order. */
  readonly disorder: number;
  /** Closed, or failed, before its end. */
  readonly isLost: boolean;
}

const PAGE = `<!doctype html><title>talk</title><script>
let [sent, echoed, disorder, isOver] = [0, 0, 0, false];
const socket = new WebSocket('ws://' + location.host + '/page-socket');
const report = (isLost) => fetch('/report', {
  method: 'POST', body: JSON.stringify({ sent, echoed, disorder, isLost }),
});
socket.onopen = () => setInterval(() => { if (!isOver) socket.send(String(sent++)); }, ${EVERY_MS});
socket.onmessage = ({ data }) => {
  if (data === 'over') isOver = true;
  else if (Number(data) === echoed) echoed++;
  else disorder++;
  if (isOver && echoed === sent) { socket.onclose = () => report(false); socket.close(4003, 'page'); }
};
socket.onclose = () => report(true);
</script>`;

/** The origin; it remembers with what code each connection was closed. */
export class EchoOrigin {
  readonly port: number;
  readonly closeCodes: string[] = [];
  /** What the page found, when it was told that it is over, or lost its connection. */
  readonly pageReport: Promise<Talk>;
  pongs = 0;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #page: WebSocket | undefined;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#sockets = new WebSocketServer({ server });
    this.#sockets.on('connection', (socket, { url }) => {
      if (url === '/page-socket') this.#page = socket;
      socket.on('message', (data, isBinary) => {
        const code = isBinary ? undefined : /^close (\d+)$/.exec(String(data))?.[1];
        if (code === undefined) socket.send(data, { binary: isBinary });
        else socket.close(Number(code), 'asked');
      });
      socket.on('pong', () => {
        this.pongs += 1;
      });
      socket.on('close', (code, reason) => this.closeCodes.push(`${code} ${reason}`));
      socket.on('error', () => undefined);
    });
    this.pageReport = new Promise((resolve) => {
      server.on('request', (asked, response) => {
        if (asked.url !== '/report') {
          response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
          return;
        }
        let text = '';
        asked.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        asked.once('end', () => {
          response.end();
          resolve(JSON.parse(text) as Talk);
        });
      });
    });
  }

  static async start(): Promise<EchoOrigin> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EchoOrigin(server);
  }

  /** Waits until the page has its connection. @throws Error when it has none in time */
  async pageTalks(): Promise<void> {
    const deadline = performance.now() + 2 * PATIENCE_MS;
    while (this.#page === undefined) {
      if (performance.now() > deadline) throw new Error('the page opened no WebSocket');
      await delay(20);
    }
  }

  /** Tells the page that it is over. */
  endPage(): void {
    this.#page?.send('over');
  }

  /** Pings all who are connected; how many that are. */
  ping(): number {
    for (const socket of this.#sockets.clients) socket.ping('from the origin');
    return this.#sockets.clients.size;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** An open WebSocket. @throws Error when the handshake fails or takes too long */
export async function openSocket(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`, {
    handshakeTimeout: PATIENCE_MS,
    perMessageDeflate: false,
  });
  await once(socket, 'open');
  return socket;
}

/** A client that sends a numbered message every EVERY_MS and counts what comes back. */
export class Talker {
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #echoed = 0;
  #disorder = 0;
  #isLost = false;
  #isOver = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      if (Number(String(data)) === this.#echoed) this.#echoed += 1;
      else this.#disorder += 1;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#isLost ||= !this.#isOver;
      clearInterval(this.#timer);
    });
    this.#timer = setInterval(() => socket.send(String(this.#sent++), () => undefined), EVERY_MS);
  }

  static async open(port: number): Promise<Talker> {
    return new Talker(await openSocket(port));
  }

  /** Says no more, waits for the echoes that are on their way, closes. */
  async end(): Promise<Talk> {
    clearInterval(this.#timer);
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#echoed < this.#sent && !this.#isLost && performance.now() < deadline) {
      await delay(5);
    }
    this.#isOver = true;
    if (!this.#isLost) {
      this.#socket.close(1000);
      await once(this.#socket, 'close');
    }
    const [sent, echoed, disorder] = [this.#sent, this.#echoed, this.#disorder];
    return { sent, echoed, disorder, isLost: this.#isLost };
  }
}
