/**
 * Events on their way to a web address: one POST of JSON each, in order, one at a time. Never waits
 * for anybody: the queue is bounded, the oldest goes when it is full, and what was dropped is counted
 * and told with the next event that arrives.
 */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { EdgeEvent } from './edge-event.ts';

/** Waits before the second try, the third …; the last one stays. Milliseconds. */
const BACK_OFF_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
/** Then an event is dropped: about five minutes later. */
const MOST_TRIES = 10;

/** As `event_webhook` has it. */
export interface WebhookConfig {
  readonly url: string;
  /** Events that wait at most. */
  readonly queueLength: number;
  /** For one try. */
  readonly timeoutMs: number;
}

/** What a webhook needs around it. */
export interface WebhookSurroundings {
  /** Added to each event: which edge this is. */
  readonly origin: object;
  /** Calls back after so many milliseconds. */
  later(ms: number, then: () => void): void;
  warn(line: string): void;
}

/** One address. */
export class Webhook {
  readonly #config: WebhookConfig;
  readonly #around: WebhookSurroundings;
  readonly #queue: EdgeEvent[] = [];
  #isBusy = false;
  #tries = 0;
  #dropped = 0;
  /** Of `#dropped`, not told to the address yet. */
  #untold = 0;
  /** Of those, what the event on its way tells. */
  #telling = 0;
  #isFailing = false;

  constructor(config: WebhookConfig, around: WebhookSurroundings) {
    this.#config = config;
    this.#around = around;
  }

  /** Events that never arrived. */
  get droppedCount(): number {
    return this.#dropped;
  }

  get waitingCount(): number {
    return this.#queue.length;
  }

  send(event: EdgeEvent): void {
    this.#queue.push(event);
    if (this.#queue.length > this.#config.queueLength) {
      // The first one may be on its way.
      this.#queue.splice(this.#isBusy ? 1 : 0, 1);
      this.#drop('its queue is full');
    }
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    const [event] = this.#queue;
    this.#isBusy = event !== undefined;
    if (event === undefined) return;
    this.#tries++;
    this.#post(event, (problem, isFinal) => {
      if (problem === '') return this.#onArrived();
      if (!this.#isFailing) this.#around.warn(`event_webhook ${this.#config.url}: ${problem}`);
      this.#isFailing = true;
      if (!isFinal && this.#tries < MOST_TRIES) {
        const waitMs = BACK_OFF_MS[Math.min(this.#tries, BACK_OFF_MS.length) - 1] ?? 0;
        return this.#around.later(waitMs, () => this.#next());
      }
      this.#queue.shift();
      this.#tries = 0;
      this.#drop(isFinal ? 'it was refused' : `${MOST_TRIES} tries failed`);
      this.#next();
    });
  }

  #onArrived(): void {
    this.#queue.shift();
    this.#tries = 0;
    this.#untold -= this.#telling;
    this.#isFailing = false;
    this.#next();
  }

  #drop(why: string): void {
    this.#dropped++;
    this.#untold++;
    // 1, 2, 4, 8 …: a flood of events makes no flood of lines.
    if ((this.#dropped & (this.#dropped - 1)) !== 0) return;
    this.#around.warn(
      `event_webhook ${this.#config.url}: ${this.#dropped} events dropped so far: ${why}`,
    );
  }

  /** `done` is called once: '' when it arrived; `isFinal`: trying again is no use. */
  #post(event: EdgeEvent, done: (problem: string, isFinal: boolean) => void): void {
    const { timeoutMs, url } = this.#config;
    const { atMs, ...rest } = event;
    const time = new Date(atMs).toISOString();
    this.#telling = this.#untold;
    const text = JSON.stringify({ ...rest, time, ...this.#around.origin, dropped: this.#untold });
    let isDone = false;
    const end = (problem: string, isFinal = false) => {
      if (isDone) return;
      isDone = true;
      clearTimeout(limit);
      done(problem, isFinal);
    };
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'user-agent': 'weir',
    };
    const sent = send(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      response.on('error', () => {});
      const { statusCode: status = 0 } = response;
      if (status >= 200 && status < 300) return end('');
      end(`it answered ${status}`, status < 500 && status !== 408 && status !== 429);
    });
    const limit = setTimeout(() => {
      end(`no answer within ${timeoutMs} ms`);
      sent.destroy();
    }, timeoutMs);
    sent.on('error', (error) => end(error.message));
    sent.end(text);
  }
}
