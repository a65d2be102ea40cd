import { Socket } from 'node:net';
import { type Answer, answerCustom, answerFor, bytesAllowed, spoil, withClose } from './answer.ts';
import { type Fault, parseFault } from './behaviour.ts';
import type { OriginCore } from './origin-core.ts';
import { fieldOf, numberField, RequestReader, type SeenRequest } from './request-reader.ts';

/**
 * What sends a head off the fast path: a field that steers the origin or frames a body, or a target
 * with a special answer. Anything else gets the default answer, precomputed.
 */
const SLOW =
  /^(?!GET )|^GET \/(?:bytes|chunked|close|id|status|echo)\b|\n(?:x-work-ms|x-fault|x-delay-[a-z]+-ms|content-length|transfer-encoding|expect|connection: *close) *:?/i;

/** The node-internal handle of a socket, moved to a new net.Socket that reads into our buffer. */
interface HandleHolder {
  _handle: unknown;
}

/** One accepted connection: reads, serves in order, writes. */
export class OriginConnection {
  /** Its place in the order of acceptance, from 0. */
  readonly number: number;
  readonly #core: OriginCore;
  readonly #socket: Socket;
  readonly #reader: RequestReader;
  readonly #raw: Buffer[] = [];
  #rawBytes = 0;
  #served = 0;
  #serving = false;
  #incomplete = false;
  #continued = -1; // index of the request that was told 100 Continue
  #ended = false;
  #wake: (() => void) | undefined; // of a pause that ends early when the socket closes

  constructor(core: OriginCore, accepted: Socket, number: number) {
    this.#core = core;
    this.number = number;
    this.#reader = new RequestReader(number, core.settings.keepBodyBytes);
    // `createServer({ onread })` is ignored by Node; a socket of our own around the handle is not.
    const holder = accepted as unknown as HandleHolder;
    const handle = holder._handle;
    holder._handle = null;
    accepted.destroy(); // an empty shell now; the server stops counting it
    this.#socket = new Socket({
      handle,
      allowHalfOpen: true,
      onread: { buffer: core.readBuffer, callback: this.#onRead },
    } as ConstructorParameters<typeof Socket>[0]);
    this.#socket.setNoDelay(true);
    this.#socket.on('end', this.#onEnd);
    this.#socket.on('error', () => {
      core.counters.connectionErrors += 1;
    });
    this.#socket.on('close', this.#onClose);
    const { acceptDelayMs } = core.behaviour;
    if (acceptDelayMs === 0) this.#socket.resume();
    else setTimeout(() => this.#socket.resume(), acceptDelayMs).unref();
  }

  /** Everything received so far, up to the limit of the settings. */
  get raw(): Buffer {
    return Buffer.concat(this.#raw);
  }

  /** Closes without ceremony; `reset` sends RST. */
  destroy(reset: boolean): void {
    if (reset) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  readonly #onRead = (count: number, buffer: Uint8Array): boolean => {
    const bytes = (buffer as Buffer).subarray(0, count);
    this.#keepRaw(bytes);
    let taken = 0;
    if (this.#core.isFast && !this.#serving && this.#reader.isIdle) taken = this.#serveFast(bytes);
    if (taken < count) {
      this.#reader.push(bytes.subarray(taken));
      this.#pump();
    }
    return true;
  };

  /** Answers plain requests at once, all of a read in one write. Returns the bytes it took. */
  #serveFast(bytes: Buffer): number {
    let taken = 0;
    let answers = 0;
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n', taken, 'latin1');
      if (end < 0 || SLOW.test(bytes.toString('latin1', taken, end))) break;
      taken = end + 4;
      answers += 1;
    }
    if (answers > 0) {
      this.#served += answers;
      this.#core.counters.requests += answers;
      this.#core.counters.completions += answers;
      this.#socket.write(this.#core.plainAnswers(answers));
    }
    return taken;
  }

  /** Serves the next complete request, if none is being served. */
  #pump(): void {
    if (this.#serving) return;
    const request = this.#reader.next();
    if (request === undefined) {
      this.#markIncomplete(!this.#reader.isIdle);
      this.#answerPartial();
      if (this.#ended && !this.#serving) this.#socket.end();
      return;
    }
    this.#markIncomplete(false);
    this.#serving = true;
    this.#serve(request).then(
      () => {
        this.#serving = false;
        if (!this.#socket.destroyed) this.#pump();
      },
      (error: unknown) => {
        // A wrong x-fault or a `respond` that threw: say so to whoever wrote it.
        const text = String(error);
        this.#socket.end(
          `HTTP/1.1 500 Origin\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
        );
      },
    );
  }

  /** What may be said before a body is complete: 100 Continue, or an early answer. */
  #answerPartial(): void {
    const partial = this.#reader.partial;
    if (partial === undefined || this.#continued === partial.index) return;
    this.#continued = partial.index;
    if (this.#faultOf(partial)?.kind === 'early') {
      this.#serving = true; // for good: nothing after it is answered
      const answer = answerFor(partial, this.#core.behaviour.bodyBytes);
      this.#socket.end(Buffer.concat([withClose(answer.head), ...answer.pieces]));
    } else if (/100-continue/i.test(fieldOf(partial, 'expect') ?? '')) {
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
  }

  async #serve(request: SeenRequest): Promise<void> {
    const core = this.#core;
    core.noteArrival(request);
    try {
      const { behaviour } = core;
      const workMs = numberField(request, 'x-work-ms') ?? behaviour.workMs;
      if (workMs > 0 || behaviour.slots !== Number.POSITIVE_INFINITY) {
        await new Promise<void>((resolve) => core.station.submit(workMs, resolve));
      }
      await this.#pause(numberField(request, 'x-delay-head-ms') ?? behaviour.headDelayMs);
      if (this.#socket.destroyed) return;
      this.#served += 1;
      const fault = this.#faultOf(request);
      const custom = await core.settings.respond?.(request);
      let answer =
        custom === undefined
          ? answerFor(request, behaviour.bodyBytes)
          : answerCustom(request, custom);
      if (fault !== undefined) answer = spoil(answer, fault);
      if (this.#mustClose(request))
        answer = { ...answer, head: withClose(answer.head), close: true };
      const complete = await this.#send(request, answer, fault);
      if (!complete) return;
      core.counters.completions += 1;
      if (answer.close) this.#socket.end();
    } finally {
      core.noteEnd();
    }
  }

  /** Writes an answer, cut short where the fault says so. True when all of it was written. */
  async #send(request: SeenRequest, answer: Answer, fault: Fault | undefined): Promise<boolean> {
    const { behaviour } = this.#core;
    const bodyDelayMs = numberField(request, 'x-delay-body-ms') ?? behaviour.bodyDelayMs;
    const chunkDelayMs = numberField(request, 'x-delay-chunk-ms') ?? behaviour.chunkDelayMs;
    let left = bytesAllowed(answer, fault);
    const put = async (piece: Buffer): Promise<boolean> => {
      const all = piece.length <= left;
      const isFree = left === 0 || this.#socket.write(all ? piece : piece.subarray(0, left));
      left -= Math.min(left, piece.length);
      if (!isFree) await this.#drained();
      if (!all || left === 0) await this.#cut(fault);
      return all && left > 0 && !this.#socket.destroyed;
    };
    this.#socket.cork();
    const headPut = put(answer.head);
    if (bodyDelayMs > 0) {
      this.#socket.uncork();
      await headPut;
      await this.#pause(bodyDelayMs);
    }
    let first = true;
    for (const piece of answer.pieces) {
      if (!first) await this.#pause(chunkDelayMs);
      const written = put(piece);
      if (first) {
        this.#socket.uncork();
        if (!(await headPut)) return false;
      }
      first = false;
      if (!(await written)) return false;
    }
    this.#socket.uncork();
    return headPut;
  }

  /** Does what a cutting fault does once its bytes are out. */
  async #cut(fault: Fault | undefined): Promise<void> {
    this.#socket.uncork();
    switch (fault?.kind) {
      case 'reset':
      case 'reset-after':
        // RST discards what the kernel has not sent yet: let the written bytes leave first.
        await new Promise((resolve) => setImmediate(resolve));
        this.#socket.resetAndDestroy();
        return;
      case 'close':
      case 'close-after':
      case 'truncated':
        this.#socket.end();
        return;
      default: // hang: the connection stays, this promise never ends before it does
        await this.#pause(Number.POSITIVE_INFINITY);
    }
  }

  #faultOf(request: SeenRequest): Fault | undefined {
    const own = fieldOf(request, 'x-fault');
    if (own !== undefined) return parseFault(own);
    return this.#core.drawFault();
  }

  #mustClose(request: SeenRequest): boolean {
    const { maxRequests } = this.#core.behaviour;
    if (maxRequests > 0 && this.#served >= maxRequests) return true;
    const connection = fieldOf(request, 'connection') ?? '';
    if (/\bclose\b/i.test(connection)) return true;
    return request.version === 'HTTP/1.0' && !/\bkeep-alive\b/i.test(connection);
  }

  /** Ends after `ms` (Infinity: never) or when the socket closes. */
  #pause(ms: number): Promise<void> {
    if (ms <= 0 || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #drained(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('drain', resolve);
      this.#wake = resolve;
    });
  }

  #keepRaw(bytes: Buffer): void {
    const room = this.#core.settings.keepRawBytes - this.#rawBytes;
    if (room <= 0) return;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.#raw.push(kept);
    this.#rawBytes += kept.length;
  }

  #markIncomplete(incomplete: boolean): void {
    if (incomplete === this.#incomplete) return;
    this.#incomplete = incomplete;
    this.#core.noteIncomplete(incomplete ? 1 : -1);
  }

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (!this.#serving) this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#markIncomplete(false);
    this.#wake?.();
    this.#core.noteClosed(this);
  };
}
