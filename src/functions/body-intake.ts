/**
 * The body of a request while a function is in charge: read only when it is asked for, and then no
 * more than it may be long. What was read and not answered goes on with the exchange.
 */
import type { Exchange } from '#src/exchange/exchange.ts';
import { BODY_NONE } from '#src/http/message.ts';
import { acquireRequestStore } from '#src/spool/stores.ts';
import { BodyTooLargeError, RequestEndedError } from './contexts.ts';

/** Where a body that goes on may lie: `client_body_buffer_size`, `client_body_temp_path`. */
export interface StoreLimits {
  readonly memoryBytes: number;
  readonly directory: string;
}

interface Reader {
  readonly maxBytes: number;
  resolve(body: Buffer): void;
  reject(error: Error): void;
}

export class BodyIntake {
  readonly #limitBytes: number;
  readonly #takeOver: () => void;
  #exchange: Exchange | undefined;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #isHeld = false;
  #isWhole: boolean;
  #readers: Reader[] = [];

  /** `takeOver` makes what the client sends come here. */
  constructor(exchange: Exchange, limitBytes: number, takeOver: () => void) {
    this.#exchange = exchange;
    this.#limitBytes = limitBytes;
    this.#takeOver = takeOver;
    this.#isWhole = exchange.requestEnded;
  }

  /** The whole body, which may have been read before. */
  read(wantedBytes = this.#limitBytes): Promise<Buffer> {
    const exchange = this.#exchange;
    if (exchange === undefined) return Promise.reject(new RequestEndedError('the body'));
    const maxBytes = Math.min(wantedBytes, this.#limitBytes);
    const { framing, bodyBytes } = exchange.request;
    if (framing === BODY_NONE) return Promise.resolve(Buffer.alloc(0));
    if (bodyBytes > maxBytes || this.#bytes > maxBytes) {
      return Promise.reject(new BodyTooLargeError(maxBytes));
    }
    if (this.#isWhole) return Promise.resolve(Buffer.concat(this.#pieces));
    return new Promise((resolve, reject) => {
      this.#readers.push({ maxBytes, resolve, reject });
      this.#takeOver();
      exchange.downstream?.askForBody();
      this.letGo();
    });
  }

  /** Nobody has asked for it yet: the client waits. */
  hold(): void {
    if (this.#isHeld || this.#isWhole || this.#readers.length > 0) return;
    this.#isHeld = true;
    this.#exchange?.downstream?.holdRequestBody();
  }

  letGo(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#exchange?.downstream?.letGoRequestBody();
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    const isTooLong = (reader: Reader) => this.#bytes > reader.maxBytes;
    for (const reader of this.#readers.filter(isTooLong)) {
      reader.reject(new BodyTooLargeError(reader.maxBytes));
    }
    this.#readers = this.#readers.filter((reader) => !isTooLong(reader));
    if (this.#readers.length === 0) this.hold();
  }

  onEnd(): void {
    this.#isWhole = true;
    const readers = this.#readers;
    this.#readers = [];
    if (readers.length === 0) return;
    const body = Buffer.concat(this.#pieces);
    for (const reader of readers) reader.resolve(Buffer.from(body));
  }

  /** Whoever waits for it waits in vain. */
  fail(error: Error): void {
    const readers = this.#readers;
    this.#readers = [];
    for (const reader of readers) reader.reject(error);
  }

  /** It is nobody's any more; what was read is dropped. */
  leave(): void {
    this.letGo();
    this.#exchange = undefined;
    this.#pieces = [];
    this.fail(new RequestEndedError('the body'));
  }

  /** The exchange goes on: what was read is held for whoever takes it. */
  handOn({ memoryBytes, directory }: StoreLimits): void {
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#bytes > 0 && exchange.requestStore === undefined) {
      const store = acquireRequestStore();
      exchange.requestStore = store;
      store.begin(NOBODY, Math.max(memoryBytes, 2 * this.#bytes), directory);
      for (const piece of this.#pieces) store.append(piece, 0, piece.length);
    }
    this.leave();
  }
}

/** Until an attempt takes it: all of it is in memory, so nothing happens to it. */
const NOBODY = { onStoreRoom() {}, onStoreReadable() {}, onStoreFailed() {} };
