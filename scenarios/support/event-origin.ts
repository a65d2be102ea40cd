/** An origin of server-sent events, and clients that measure how long each event was on its way. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Milliseconds between two events of a stream. */
export const EVERY_MS = 100;
/** A head that has not come by then was held back. */
const HEAD_PATIENCE_MS = 5_000;
/** Events that page asks for before it reports. */
export const PAGE_EVENTS = 20;

const FLOOD_EVENT = `data: ${'flood '.repeat(10_000)}\n\n`;
const PAGE = `<!doctype html><title>events</title><script>
const got = [];
const source = new EventSource('/events');
source.onmessage = ({ data }) => {
  const { number, wallMs } = JSON.parse(data);
  got.push({ number, ms: Date.now() - wallMs });
  if (got.length < ${PAGE_EVENTS}) return;
  source.close();
  fetch('/report', { method: 'POST', body: JSON.stringify(got) });
};
source.onerror = () => fetch('/report', { method: 'POST', body: '[]' });
</script>`;

/** An event as a page saw it. */
export interface PageEvent {
  readonly number: number;
  readonly ms: number;
}

/**
 * `/events` sends one every EVERY_MS, `/events-accel` the same with X-Accel-Buffering: no, `/flood`
 * as many as are taken, `/page` is a page that listens to `/events` and reports.
 */
export class EventOrigin {
  readonly port: number;
  /** What the page has seen. */
  readonly report: Promise<readonly PageEvent[]>;
  /** Bytes that the reader of `/flood` has let out. */
  floodBytes = 0;
  readonly #server: Server;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.report = new Promise((resolve) => {
      server.on('request', (asked: IncomingMessage, response: ServerResponse) => {
        response.on('error', () => undefined);
        if (asked.url !== '/report') return this.#serve(asked.url ?? '', response);
        let text = '';
        asked.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        asked.once('end', () => {
          response.end();
          resolve(JSON.parse(text) as PageEvent[]);
        });
      });
    });
  }

  static async start(): Promise<EventOrigin> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new EventOrigin(server);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(path: string, response: ServerResponse): void {
    if (path === '/page') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return;
    }
    if (!path.startsWith('/events') && path !== '/flood') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      ...(path === '/events-accel' ? { 'x-accel-buffering': 'no' } : {}),
    });
    if (path === '/flood') this.#flood(response);
    else this.#tick(response);
  }

  #tick(response: ServerResponse): void {
    let number = 0;
    const send = (): void => {
      const times = { atMs: performance.now(), wallMs: Date.now() };
      response.write(`data: ${JSON.stringify({ number, ...times })}\n\n`);
      number += 1;
    };
    response.flushHeaders();
    const timer = setInterval(send, EVERY_MS);
    this.#timers.add(timer);
    response.once('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
    });
  }

  #flood(response: ServerResponse): void {
    response.write(FLOOD_EVENT, (error) => {
      if (error || response.destroyed) return;
      this.floodBytes += FLOOD_EVENT.length;
      this.#flood(response);
    });
  }
}

/** A client of `/events` in this process, so that both look at the same clock. */
export class EventClient {
  /** One per event: from before it was written until it was read, in milliseconds. */
  readonly latenciesMs: number[] = [];
  /** Events that came twice, in the wrong order, or not at all; and an end that came too early. */
  faults = 0;
  readonly #message: IncomingMessage;
  #text = '';
  #isClosed = false;

  constructor(message: IncomingMessage) {
    this.#message = message;
    message.setEncoding('utf8').on('data', (piece: string) => this.#take(piece));
    message.on('error', () => undefined);
    message.once('close', () => {
      if (!this.#isClosed) this.faults += 1;
    });
  }

  static async open(port: number, path: string): Promise<EventClient> {
    const asked = request({ host: '127.0.0.1', port, path, agent: false }).end();
    const signal = AbortSignal.timeout(HEAD_PATIENCE_MS);
    const [message] = (await once(asked, 'response', { signal })) as [IncomingMessage];
    asked.on('error', () => undefined);
    if (message.headers['content-type'] !== 'text/event-stream') {
      throw new Error(`${path} was answered ${message.statusCode}`);
    }
    return new EventClient(message);
  }

  /** Reads no more. */
  stop(): void {
    this.#message.pause();
  }

  close(): void {
    this.#isClosed = true;
    this.#message.destroy();
  }

  #take(piece: string): void {
    const nowMs = performance.now();
    const parts = (this.#text + piece).split('\n\n');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      if (part.startsWith('data: flood')) continue;
      const { number, atMs } = JSON.parse(part.slice('data: '.length)) as Record<string, number>;
      if (number !== this.latenciesMs.length) this.faults += 1;
      this.latenciesMs.push(nowMs - (atMs ?? 0));
    }
  }
}
