/**
 * One connection of the steady generator, on a raw handle: the generator shares a core with the
 * origin, and net.Socket would be half of what it costs.
 */
import { detectRawHandles, type RawBindings, type RawHandle } from '#src/transport/raw-handles.ts';

/** What a connection tells. */
export interface SteadyOwner {
  onConnected(connection: SteadyConnection): void;
  /** The answer is complete and was a 200; the connection is free. */
  onAnswer(connection: SteadyConnection): void;
  /** It is of no more use; `isBusy` says whether a request was lost with it. */
  onBroken(connection: SteadyConnection, why: string): void;
}

const STATUS_LINE = 'HTTP/1.1 200 ';
const BUFFER_BYTES = 65_536;
const CR = 13;
const LF = 10;

/** Reads are handled synchronously, so all connections share one buffer. */
const buffer = Buffer.alloc(BUFFER_BYTES);
const raw = demandRawHandles();
let spareRequest = new raw.WriteRequest();

/** At most one request at a time; knows only answers with a Content-Length. */
export class SteadyConnection {
  isBusy = false;
  isUsable = false;
  /** Of the request under way: which one, and times in milliseconds since the start. */
  index = 0;
  intendedMs = 0;
  sentMs = 0;
  readonly #owner: SteadyOwner;
  readonly #handle: RawHandle;
  /** Body length of the last answer: the next one has mostly the same. */
  #bodyBytes = -1;
  /** An answer that comes in several reads. */
  #parts: Buffer[] = [];

  constructor(port: number, owner: SteadyOwner) {
    this.#owner = owner;
    this.#handle = new raw.Tcp(raw.socketType);
    this.#handle.user = this;
    const request = new raw.TcpConnectRequest();
    request.dial = this;
    request.oncomplete = onConnectComplete;
    const status = this.#handle.connect(request, '127.0.0.1', port);
    if (status < 0) setImmediate(() => this.onConnectEnded(status));
  }

  /** The kernel has said how the connect ended. */
  onConnectEnded(status: number): void {
    if (status < 0) {
      this.#break(`connect: error ${status}`);
      return;
    }
    this.#handle.onread = onRead;
    this.#handle.setNoDelay?.(true);
    this.#handle.useUserBuffer(buffer);
    this.#handle.readStart();
    this.isUsable = true;
    this.#owner.onConnected(this);
  }

  /** Sends a whole request of Latin-1 text. */
  send(text: string, intendedMs: number, sentMs: number): void {
    this.isBusy = true;
    this.intendedMs = intendedMs;
    this.sentMs = sentMs;
    const status = this.#handle.writeLatin1String(spareRequest, text);
    if (status < 0) this.#break(`write: error ${status}`);
    else if (raw.state[raw.asyncIndex] !== 0) spareRequest = new raw.WriteRequest(); // it waits
  }

  /** Bytes have come, or none ever will (negative). */
  onRead(length: number): void {
    if (length < 0) this.#break(length === -4095 ? 'closed by the peer' : `read: error ${length}`);
    else if (!this.isBusy) this.#break('bytes without a request');
    else if (this.#parts.length === 0 && this.#looksLikeLast(length)) this.#complete();
    else this.#readSlowly(length);
  }

  destroy(): void {
    this.isUsable = false;
    this.#handle.close();
  }

  /** A 200 whose head ends so far before the end of the read as the last body was long. */
  #looksLikeLast(length: number): boolean {
    const end = length - this.#bodyBytes;
    return (
      end <= length &&
      buffer[9] === 50 &&
      buffer[10] === 48 &&
      buffer[11] === 48 &&
      buffer[end - 4] === CR &&
      buffer[end - 3] === LF &&
      buffer[end - 2] === CR &&
      buffer[end - 1] === LF
    );
  }

  #readSlowly(length: number): void {
    this.#parts.push(Buffer.from(buffer.subarray(0, length)));
    const bytes = Buffer.concat(this.#parts);
    const end = bytes.indexOf('\r\n\r\n', 0, 'latin1') + 4;
    if (end < 4) return;
    const head = bytes.toString('latin1', 0, end);
    const bodyBytes = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    if (!head.startsWith(STATUS_LINE) || bodyBytes === undefined) {
      this.#break(`not the answer that was asked for: ${JSON.stringify(head.slice(0, 60))}`);
      return;
    }
    const missingBytes = end + Number(bodyBytes) - bytes.length;
    if (missingBytes > 0) return;
    if (missingBytes < 0) {
      this.#break('bytes after the answer');
      return;
    }
    this.#parts = [];
    this.#bodyBytes = Number(bodyBytes);
    this.#complete();
  }

  #complete(): void {
    this.isBusy = false;
    this.#owner.onAnswer(this);
  }

  #break(why: string): void {
    this.destroy();
    this.#owner.onBroken(this, why);
  }
}

function onRead(this: RawHandle): undefined {
  const length = raw.state[raw.readIndex] as number;
  const connection = this.user as SteadyConnection;
  if (length !== 0 && (connection.isUsable || length > 0)) connection.onRead(length);
}

function onConnectComplete(this: { dial: unknown }, status: number): void {
  (this.dial as SteadyConnection).onConnectEnded(status);
}

function demandRawHandles(): RawBindings {
  const found = detectRawHandles();
  if (found === undefined) throw new Error('this Node has no raw handles: no steady load');
  return found;
}
