/**
 * Data path. `proxy_store`: what an endpoint answers goes to the client, and a copy of it into a
 * file. Stands between the attempt and the client; only locations with the directive have one.
 */

import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { F_LAST_MODIFIED } from '#src/http/field-names.ts';
import { parseHttpTime } from '#src/http/http-time.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { StoredFile, type StoredFileOwner } from '#src/spool/stored-file.ts';
import { folderMode, UNSAFE_PATH } from './store-argument.ts';

/**
 * Told of an answer that was not kept: where it should be, and why it is not. `crit`: the disk is the
 * reason; `error`: what a variable gave is.
 */
export type StoreLog = (path: string, why: string, level: 'crit' | 'error') => void;

/** The last answer of an endpoint was this: nginx keeps no other. */
const KEPT_STATUS = '200';

/** `proxy_store` of a location. */
export class StoreRules {
  readonly #path: ComplexValue<Exchange>;
  readonly #fileMode: number;
  readonly #onFailed: StoreLog;

  constructor(path: ComplexValue<Exchange>, fileMode: number, onFailed: StoreLog) {
    this.#path = path;
    this.#fileMode = fileMode;
    this.#onFailed = onFailed;
  }

  /** Before the head goes to the client; undefined: this answer is not kept. */
  begin(exchange: Exchange): StoredCopy | undefined {
    const { downstream, request, upstreamStatus } = exchange;
    if (downstream === undefined || request.method === 'HEAD') return undefined;
    if (!upstreamStatus.endsWith(KEPT_STATUS)) return undefined;
    const path = this.#path.constant ?? this.#path.evaluate(exchange);
    if (UNSAFE_PATH.test(path)) {
      const why = 'it is no path of a file, or leads out of its folder by ".."';
      this.#onFailed(path, why, 'error');
      return undefined;
    }
    const place = { path, fileMode: this.#fileMode, folderMode: folderMode(this.#fileMode) };
    return new StoredCopy(exchange, downstream, place, this.#onFailed);
  }
}

export class StoredCopy implements Downstream, StoredFileOwner {
  readonly #exchange: Exchange;
  readonly #file: StoredFile;
  readonly #path: string;
  readonly #onFailed: StoreLog;
  #client: Downstream;
  /** The client takes no more just now, and will say when it does. */
  #isClientFull = false;
  /** The source was told to wait for the file. */
  #isHeld = false;
  /** The exchange is somebody else's by now. */
  #isOver = false;

  /** Takes the place of the client's side of the exchange. */
  constructor(
    exchange: Exchange,
    client: Downstream,
    place: ConstructorParameters<typeof StoredFile>[0],
    onFailed: StoreLog,
  ) {
    this.#exchange = exchange;
    this.#client = client;
    this.#path = place.path;
    this.#onFailed = onFailed;
    this.#file = new StoredFile(place, this);
    exchange.downstream = this;
  }

  get facts(): ClientFacts {
    return this.#client.facts;
  }

  startResponse(): void {
    this.#client.startResponse();
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    this.#file.write(bytes, start, end);
    this.#client.writeBody(bytes, start, end, stable);
  }

  /** The answer was whole. */
  endResponse(): void {
    const modified = this.#exchange.response.fields.get(F_LAST_MODIFIED);
    this.#file.commit(modified === undefined ? undefined : parseHttpTime(modified));
    this.#stepAside();
    this.#client.endResponse();
  }

  flush(): boolean {
    const isOut = this.#client.flush();
    if (this.#isOver) return isOut;
    this.#isClientFull = !isOut;
    this.#isHeld = this.#file.isFull;
    return isOut && !this.#isHeld;
  }

  cut(): void {
    this.end();
    this.#client.cut();
  }

  /** The answer goes no further. What is not whole by now is not kept. */
  end(): void {
    this.#file.drop();
    this.#stepAside();
  }

  /** The client is gone, and the exchange goes on: the copy is still wanted. */
  leaveClient(rest: Downstream): boolean {
    this.#client = rest;
    this.#isClientFull = false;
    return true;
  }

  #stepAside(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#exchange.downstream === this) this.#exchange.downstream = this.#client;
  }

  // ---- StoredFileOwner -------------------------------------------------------------------------

  onStoredRoom(): void {
    if (this.#isOver || !this.#isHeld) return;
    this.#isHeld = false;
    if (!this.#isClientFull) this.#exchange.handler?.onDownstreamWritable(this.#exchange);
  }

  onStoredFailed(why: string): void {
    this.#onFailed(this.#path, why, 'crit');
  }

  // ---- The rest is the client's ----------------------------------------------------------------

  holdRequestBody(): void {
    this.#client.holdRequestBody();
  }

  letGoRequestBody(): void {
    this.#client.letGoRequestBody();
  }

  sendInformational(): void {
    this.#client.sendInformational();
  }

  askForBody(): void {
    this.#client.askForBody();
  }
}
