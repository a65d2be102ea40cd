/**
 * Data path. The body of a response on its way to the client. While the client takes all, bytes
 * go straight through. When it does not, the endpoint is held (streaming), or its bytes are stored
 * (`proxy_buffering on`: memory, then a temporary file) so that it can be done at its own speed.
 *
 *   THROUGH ──client is slow──▶ STORED ──client has caught up──▶ THROUGH
 *
 * With a rate (`limit_rate`, `proxy_limit_rate`) it is STORED from the beginning, and goes on in
 * steps. Allocates nothing while the client keeps up.
 */

import type { TimerWheel } from '#src/base/timer-wheel.ts';
import type { Downstream } from '#src/exchange/downstream.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { F_CONTENT_TYPE, F_X_ACCEL_BUFFERING } from '#src/http/field-names.ts';
import type { ResponseLimits, ResponseStore } from '#src/spool/response-store.ts';
import type { StoreOwner } from '#src/spool/store.ts';
import { acquireResponseStore, releaseResponseStore } from '#src/spool/stores.ts';
import {
  FLOW_GO,
  FLOW_HOLD,
  FLOW_SWAP,
  type UpstreamConnection,
} from '#src/upstream/pool/response-sink.ts';

import { Pace } from './pace.ts';
import type { RateLimits } from './rate-limits.ts';

/** Told when the last stored byte has gone to the client, or a stored byte is lost. */
export interface DeliveryOwner {
  onDelivered(): void;
  onResponseLost(errno: string): void;
}

/** Told when a response is over, whether or not it was whole. */
export interface ResponseCopy {
  end(): void;
}

export class ResponseFeed implements StoreOwner {
  readonly #owner: DeliveryOwner;
  #exchange: Exchange | undefined = undefined;
  #limits: ResponseLimits | undefined = undefined;
  #connection: UpstreamConnection | undefined = undefined;
  #store: ResponseStore | undefined = undefined;
  /** `X-Accel-Buffering` of the endpoint means nothing. */
  #ignoresWish = false;
  #isUpstreamHeld = false;
  #isFull = false;
  #isComplete = false;
  /** The response has paces or a copy. */
  #isShaped = false;
  #copy: ResponseCopy | undefined = undefined;
  /** Of a response with a rate: towards the client, from the endpoint. */
  #sending: Pace | undefined = undefined;
  #reading: Pace | undefined = undefined;
  /** Two paces, once there was a response with a rate. */
  #paces: readonly [sending: Pace, reading: Pace] | undefined = undefined;
  /** What was taken from the store and has not all gone: from `#partAt` on. */
  #part: Buffer | undefined = undefined;
  #partAt = 0;

  constructor(owner: DeliveryOwner) {
    this.#owner = owner;
  }

  reset(): void {
    if (this.#store !== undefined) releaseResponseStore(this.#store);
    this.#store = undefined;
    this.#exchange = undefined;
    this.#limits = undefined;
    this.#connection = undefined;
    this.#isUpstreamHeld = false;
    this.#isFull = false;
    this.#isComplete = false;
    if (this.#isShaped) this.#endShape();
  }

  #endShape(): void {
    this.#isShaped = false;
    this.#copy?.end();
    this.#copy = undefined;
    this.#sending?.end();
    this.#reading?.end();
    this.#sending = undefined;
    this.#reading = undefined;
    this.#part = undefined;
    this.#partAt = 0;
  }

  /**
   * After `begin`: the response has a rate, unless the variables of the limits give none. The first
   * `skippedBytes` do not go to the client.
   */
  limit(rates: RateLimits, skippedBytes: number, wheel: TimerWheel): void {
    const exchange = this.#exchange as Exchange;
    const sendRate = rates.sendRate(exchange);
    const readRate = rates.readRate(exchange);
    if (sendRate === 0 && readRate === 0) return;
    this.#isShaped = true;
    this.#paces ??= [
      new Pace(wheel, { onTimeout: () => this.onWritable() }),
      new Pace(wheel, { onTimeout: () => this.#resumeReading() }),
    ];
    [this.#sending, this.#reading] = this.#paces;
    this.#sending.begin(sendRate, skippedBytes + rates.sendAfterBytes(exchange));
    this.#reading.begin(readRate, 0);
    this.#store = acquireResponseStore();
    this.#store.begin(this, this.#limits ?? rates.waiting);
  }

  /** After `begin`: somebody has a copy of what goes to the client, and hears of the end here. */
  copyTo(copy: ResponseCopy): void {
    this.#isShaped = true;
    this.#copy = copy;
  }

  /** A response that is complete and waits here: lets go what may go. */
  go(): void {
    if (this.#sending !== undefined && this.#store !== undefined) this.#step(this.#store);
  }

  #resumeReading(): void {
    if (!this.#isFull) this.#resume();
  }

  /** As `#pump`, but no more than the rate allows, and no part need be taken whole. */
  #step(store: ResponseStore): void {
    const sending = this.#sending as Pace;
    const downstream = this.#downstream();
    while (this.#store === store) {
      const room = sending.room;
      this.#part ??= room > 0 ? store.next() : undefined;
      const part = this.#part;
      if (part === undefined && store.isEmpty && this.#isComplete) {
        this.#caughtUp(store);
        return;
      }
      if (part === undefined || room <= 0) {
        const isWaiting = room <= 0 && (part !== undefined || !store.isEmpty);
        if (downstream.flush() && isWaiting && this.#store === store) sending.wait();
        return;
      }
      const end = Math.min(part.length, this.#partAt + room);
      downstream.writeBody(part, this.#partAt, end, true);
      sending.pass(end - this.#partAt);
      this.#partAt = end;
      if (end === part.length) {
        this.#part = undefined;
        this.#partAt = 0;
      }
      if (!downstream.flush()) return;
    }
  }

  /** A response of that connection begins; without limits it is streamed. */
  begin(
    exchange: Exchange,
    connection: UpstreamConnection,
    limits: ResponseLimits | undefined,
    ignoresWish: boolean,
  ): void {
    this.#ignoresWish = ignoresWish;
    this.#exchange = exchange;
    this.#connection = connection;
    this.#limits = limits;
  }

  /** errno of a temporary file that could not be written; '' when none failed. */
  get writeErrno(): string {
    return this.#store?.writeErrno ?? '';
  }

  write(bytes: Buffer, start: number, end: number, stable: boolean): void {
    if (this.#store === undefined) this.#downstream().writeBody(bytes, start, end, stable);
    else {
      this.#isFull = !this.#store.append(bytes, start, end);
      this.#reading?.pass(end - start);
    }
  }

  /** The endpoint's part is over. True: so is the client's but for the flush; else `onDelivered`. */
  complete(): boolean {
    this.#connection = undefined;
    this.#isComplete = true;
    return this.#store === undefined;
  }

  /** End of the callback that brought bytes: how the endpoint is to go on. */
  flush(): number {
    if (this.#store !== undefined) {
      if (this.#sending !== undefined) {
        const exchange = this.#exchange;
        this.#step(this.#store);
        if (this.#exchange !== exchange || this.#connection === undefined) return FLOW_HOLD; // over
      }
      if (!this.#isFull && !this.#isReadTooFast()) return FLOW_GO;
      this.#isUpstreamHeld = true;
      return FLOW_HOLD;
    }
    const exchange = this.#exchange;
    if (this.#downstream().flush()) return FLOW_GO;
    if (this.#exchange !== exchange || this.#connection === undefined) return FLOW_HOLD; // over
    if (this.#limits === undefined || !mayStore(exchange as Exchange, this.#ignoresWish)) {
      this.#isUpstreamHeld = true;
      return FLOW_HOLD;
    }
    this.#store = acquireResponseStore();
    this.#store.begin(this, this.#limits);
    return FLOW_SWAP;
  }

  /** The client has taken what was queued. */
  onWritable(): void {
    const store = this.#store;
    if (store === undefined) this.#resume();
    else if (this.#sending !== undefined) this.#step(store);
    else this.#pump(store);
  }

  /** Part after part, as long as the client takes them; a part stays untouched until it has left. */
  #pump(store: ResponseStore): void {
    const downstream = this.#downstream();
    while (this.#store === store) {
      const part = store.next();
      if (part === undefined) {
        if (store.isEmpty) this.#caughtUp(store);
        return;
      }
      downstream.writeBody(part, 0, part.length, true);
      if (!downstream.flush()) return;
    }
  }

  /** True: the endpoint has to wait, and goes on by itself. */
  #isReadTooFast(): boolean {
    if (this.#reading === undefined || this.#reading.room > 0) return false;
    this.#reading.wait();
    return true;
  }

  #caughtUp(store: ResponseStore): void {
    this.#store = undefined;
    this.#isFull = false;
    releaseResponseStore(store);
    if (this.#isComplete) this.#owner.onDelivered();
    else this.#resume();
  }

  #resume(): void {
    if (!this.#isUpstreamHeld) return;
    this.#isUpstreamHeld = false;
    this.#connection?.resumeResponse();
  }

  // ---- StoreOwner ------------------------------------------------------------------------------

  onStoreRoom(): void {
    this.#isFull = false;
    if (!this.#isReadTooFast()) this.#resume();
  }

  onStoreReadable(): void {
    if (this.#store !== undefined) this.onWritable();
  }

  onStoreFailed(errno: string): void {
    this.#owner.onResponseLost(errno);
  }

  #downstream(): Downstream {
    return (this.#exchange as Exchange).downstream as Downstream;
  }
}

/** Events are for now, not for later (WS-06); an endpoint may ask for the same (nginx). */
function mayStore({ isTunnel, response: { fields } }: Exchange, ignoresWish: boolean): boolean {
  if (isTunnel) return false;
  if (!ignoresWish && fields.get(F_X_ACCEL_BUFFERING)?.toLowerCase() === 'no') return false;
  return !/^text\/event-stream\b/i.test(fields.get(F_CONTENT_TYPE) ?? '');
}
