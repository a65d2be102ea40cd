/**
 * Data path. Between an attempt and the client when the client gets a part of a body
 * (`proxy_force_ranges`): lets the part through. What is behind it need not come: a long rest is not
 * read from the endpoint.
 */

import type { ClientFacts, Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import type { ByteRange } from './byte-range.ts';

export class RangeBody implements Downstream {
  readonly #exchange: Exchange;
  readonly #client: Downstream;
  /** A rest up to this is read, so that the connection to the endpoint can go on. */
  readonly #maxRestBytes: number;
  #skipBytes: number;
  #leftBytes: number;
  #restBytes: number;
  #isOver = false;

  /** Takes the place of the client's side of the exchange; `totalBytes` is the length of the body. */
  constructor(
    exchange: Exchange,
    client: Downstream,
    { end, start }: ByteRange,
    totalBytes: number,
    maxRestBytes: number,
  ) {
    this.#exchange = exchange;
    this.#client = client;
    this.#maxRestBytes = maxRestBytes;
    this.#skipBytes = start;
    this.#leftBytes = end - start;
    this.#restBytes = totalBytes - end;
  }

  get facts(): ClientFacts {
    return this.#client.facts;
  }

  startResponse(): void {
    this.#client.startResponse();
  }

  writeBody(bytes: Buffer, start: number, end: number, stable: boolean): void {
    const skipped = Math.min(this.#skipBytes, end - start);
    const from = start + skipped;
    const to = Math.min(end, from + this.#leftBytes);
    this.#skipBytes -= skipped;
    this.#leftBytes -= to - from;
    this.#restBytes -= end - to;
    if (to > from) this.#client.writeBody(bytes, from, to, stable);
  }

  endResponse(): void {
    this.#stepAside();
    this.#client.endResponse();
  }

  flush(): boolean {
    const isOut = this.#client.flush();
    if (!isOut || this.#isOver) return isOut;
    if (this.#leftBytes > 0 || this.#restBytes <= this.#maxRestBytes) return true;
    this.#stop();
    return false; // there is nothing to go on with
  }

  /** The client has all of its part: the endpoint may stop. */
  #stop(): void {
    const exchange = this.#exchange;
    const { handler } = exchange;
    this.#stepAside();
    exchange.handler = undefined;
    handler?.onDownstreamGone(exchange, 'client_abort');
    this.#client.endResponse();
    this.#client.flush();
  }

  cut(): void {
    this.#stepAside();
    this.#client.cut();
  }

  #stepAside(): void {
    this.#isOver = true;
    if (this.#exchange.downstream === this) this.#exchange.downstream = this.#client;
  }

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
