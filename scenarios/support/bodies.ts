/**
 * Bodies of any length with a checksum, an origin and clients for them whose readers can be told to
 * stop. A body is made while it is sent: however long it is, nobody here holds more than a block.
 */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';

const BLOCK_BYTES = 64 * 1024;
/** What has not happened by then will not. */
const PATIENCE_MS = 10_000;
/** The same for all bodies; each copy begins with its offset, so that a wrong order shows. */
const BLOCK = randomBytes(BLOCK_BYTES);

/** Makes a body and sends it, block by block, each when the kernel has taken the last. */
export class BodySender {
  readonly bytes: number;
  /** What the kernel has taken. */
  sentBytes = 0;
  readonly #block = Buffer.from(BLOCK);
  readonly #hash = createHash('sha256');

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Sends on until `upToBytes` are sent; false when the connection broke before. */
  async sendTo(stream: Writable, upToBytes = this.bytes): Promise<boolean> {
    while (this.sentBytes < upToBytes) {
      this.#block.writeDoubleBE(this.sentBytes);
      const piece = this.#block.subarray(0, Math.min(BLOCK_BYTES, upToBytes - this.sentBytes));
      if (!(await taken(stream, piece))) return false;
      this.#hash.update(piece);
      this.sentBytes += piece.length;
    }
    return true;
  }

  /** Of what was sent so far. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** Reads a body and forgets it, all but its checksum. */
export class BodyReader {
  receivedBytes = 0;
  readonly message: IncomingMessage;
  /** Resolves at the end, true when it was a whole body. */
  readonly isWhole: Promise<boolean>;
  readonly #hash: Hash = createHash('sha256');

  constructor(message: IncomingMessage) {
    this.message = message;
    message.on('data', (bytes: Buffer) => {
      this.receivedBytes += bytes.length;
      this.#hash.update(bytes);
    });
    this.isWhole = new Promise((resolve) => {
      message.once('error', () => resolve(false));
      message.once('close', () => resolve(message.complete));
    });
  }

  /** Reads no more: what comes stays in the kernel's buffers. */
  stop(): void {
    this.message.pause();
  }

  goOn(): void {
    this.message.resume();
  }

  /** Of what was read so far. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** A request at the origin. */
export interface OriginExchange {
  readonly path: string;
  /** Of `/…/down/BYTES`: the answer. */
  readonly sender?: BodySender;
  /** Of every other: the body; stopped when the path ends with `stopped`. Answered by its checksum. */
  readonly reader?: BodyReader;
}

/** Sends bodies and reads them. */
export class BodyOrigin {
  readonly port: number;
  readonly exchanges: OriginExchange[] = [];
  readonly #server: Server;
  #onExchange: () => void = () => {};

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (message, response) => this.#serve(message, response));
  }

  static async start(): Promise<BodyOrigin> {
    const server = createServer({ requestTimeout: 0, noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BodyOrigin(server);
  }

  /** The exchange with that number (from 0), when it has come. */
  async exchange(index: number): Promise<OriginExchange> {
    for (;;) {
      const exchange = this.exchanges[index];
      if (exchange !== undefined) return exchange;
      await new Promise<void>((resolve) => {
        this.#onExchange = resolve;
      });
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #serve(message: IncomingMessage, response: ServerResponse): void {
    const path = message.url ?? '';
    response.on('error', () => undefined);
    const down = /\/down\/(\d+)$/.exec(path)?.[1];
    if (down === undefined) {
      const reader = new BodyReader(message);
      if (path.endsWith('stopped')) reader.stop();
      message.once('end', () => response.end(reader.digest));
      this.exchanges.push({ path, reader });
    } else {
      const sender = new BodySender(Number(down));
      response.writeHead(200, { 'content-length': down });
      void sender.sendTo(response).then((isSent) => void (isSent && response.end()));
      this.exchanges.push({ path, sender });
    }
    this.#onExchange();
  }
}

/** Asks for a body and stops reading when its head has come. */
export async function download(port: number, path: string): Promise<BodyReader> {
  const asked = request({ host: '127.0.0.1', port, path, agent: false }).end();
  const [message] = (await once(asked, 'response')) as [IncomingMessage];
  asked.on('error', () => undefined);
  const reader = new BodyReader(message);
  reader.stop();
  return reader;
}

/** An upload under way. */
export interface Upload {
  readonly sender: BodySender;
  readonly request: ClientRequest;
  readonly answer: Promise<Answer>;
}

/** What an upload was answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Begins an upload of that length; the body is the caller's to send. */
export function upload(
  port: number,
  path: string,
  bytes: number,
  fields: Readonly<Record<string, string>> = {},
): Upload {
  const headers = { 'content-length': bytes, ...fields };
  const begun = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
  begun.flushHeaders();
  const answer = new Promise<Answer>((resolve, reject) => {
    begun.on('error', reject); // after the answer: no more than that the rest was not wanted
    begun.once('response', (message: IncomingMessage) => {
      const status = message.statusCode ?? 0;
      text(message).then((body) => resolve({ status, body }), reject);
    });
  });
  answer.catch(() => undefined);
  return { sender: new BodySender(bytes), request: begun, answer };
}

/** A whole upload. @throws Error when it was not answered */
export async function uploadWhole(
  port: number,
  path: string,
  bytes: number,
  fields: Readonly<Record<string, string>> = {},
): Promise<Answer & { readonly isIntact: boolean }> {
  const { sender, request: begun, answer } = upload(port, path, bytes, fields);
  void sender.sendTo(begun).then((isSent) => void (isSent && begun.end()));
  const { status, body } = await answer;
  begun.destroy();
  return { status, body, isIntact: status === 200 && body === sender.digest };
}

/** Waits until it is so, or our patience ends; whether it is so then. */
export async function soon(isSo: () => boolean, patienceMs = PATIENCE_MS): Promise<boolean> {
  const deadline = performance.now() + patienceMs;
  while (!isSo() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return isSo();
}

/** Resolves when a count has not moved for that long. */
export async function still(count: () => number, forMs: number): Promise<void> {
  let last = count();
  for (let sinceMs = performance.now(); performance.now() - sinceMs < forMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (count() === last) continue;
    last = count();
    sinceMs = performance.now();
  }
}

async function text(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8');
  let whole = '';
  for await (const piece of message) whole += piece;
  return whole;
}

/** Writes a piece; true when the kernel took it. */
function taken(stream: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isTaken: boolean): void => {
      stream.off('close', broken);
      resolve(isTaken);
    };
    const broken = (): void => end(false);
    stream.once('close', broken); // a destroyed stream may forget its callback
    if (stream.destroyed) end(false);
    else stream.write(piece, (error) => end(!error));
  });
}
