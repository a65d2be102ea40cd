/** HTTP around the API: limits, and who may not ask. Node's server; no traffic of clients is here. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { type ApiAnswer, type ApiRequest, errorAnswer } from './api-answer.ts';

/** Longest body; a server is described in a few hundred bytes. */
export const MAX_BODY_BYTES = 64 * 1024;
/** A request has to be there within this time, its head within half of it. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 5_000;
/** Connections at a time; more are closed. */
const MAX_CONNECTIONS = 64;
/** Requests that a connection may send before the first is answered. */
const MAX_PIPELINED = 16;

/** How one way in differs from another. */
export interface ApiDoor {
  /** Reached over TCP, where pages in browsers can be made to send requests. */
  readonly isTcp: boolean;
  readonly mayWrite: boolean;
}

/** Answers a request; may take its time. */
export type Answerer = (request: ApiRequest) => Promise<ApiAnswer>;

/** A server that listens nowhere yet. */
export function createApiServer(door: ApiDoor, answer: Answerer): Server {
  const server = createServer({
    maxHeaderSize: 8 * 1024,
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS / 2,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = MAX_CONNECTIONS;
  const busy = new WeakMap<Socket, Waiting>();
  server.on('request', (request, response) => {
    const { socket } = request;
    const before = busy.get(socket) ?? { count: 0, last: Promise.resolve() };
    if (before.count >= MAX_PIPELINED) return void socket.destroy();
    const serveIt = () => serve(request, response, door, answer);
    const now = { count: before.count + 1, last: before.last.then(serveIt) };
    busy.set(socket, now);
    void now.last.then(() => {
      const { count = 1, last = now.last } = busy.get(socket) ?? {};
      busy.set(socket, { count: count - 1, last });
    });
  });
  return server;
}

/** Requests of one connection that are not answered yet: the next one begins when `last` ends. */
interface Waiting {
  readonly count: number;
  readonly last: Promise<void>;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  door: ApiDoor,
  answer: Answerer,
): Promise<void> {
  const { method = 'GET', url: target = '/' } = request;
  const refused = door.isTcp ? fromBrowser(request) : undefined;
  if (refused !== undefined) return send(response, refused, true);
  const body = await readBody(request);
  if (body === undefined) {
    const text = `request body is longer than ${MAX_BODY_BYTES} bytes`;
    return send(response, errorAnswer(413, 'BodyTooLarge', text), true);
  }
  const isHead = method === 'HEAD';
  const asked = { method: isHead ? 'GET' : method, target, body, mayWrite: door.mayWrite };
  try {
    send(response, await answer(asked), false);
  } catch (error) {
    const text = `internal error: ${(error as Error).message}`;
    send(response, errorAnswer(500, 'InternalError', text), true);
  }
}

/**
 * A page that a browser shows may have the browser send requests to this machine, by its own address
 * (then there is an Origin, or Sec-Fetch-Site names another site) or by a name that its owner has
 * pointed here (DNS rebinding: then Host is that name).
 */
function fromBrowser({ headers }: IncomingMessage): ApiAnswer | undefined {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== undefined && site !== 'none')) {
    return errorAnswer(403, 'Forbidden', 'requests of web pages are refused');
  }
  if (isSafeHost(headers.host ?? '')) return undefined;
  return errorAnswer(
    403,
    'Forbidden',
    'ask by an IP address or "localhost": this may be a rebound name',
  );
}

function isSafeHost(host: string): boolean {
  const name = host.replace(/:\d*$/, '').toLowerCase();
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** The body as text; undefined when it is too long, or the client has left. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += (chunk as Buffer).length;
      if (length > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk as Buffer);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { body, location, status }: ApiAnswer, isLast: boolean) {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...(location === '' ? {} : { location }),
    ...(isLast ? { connection: 'close' } : {}),
  });
  response.end(bytes);
}
