import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { type TimeoutOwner, TimerEntry } from '#src/base/timer-wheel.ts';
import type { HttpSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import { backOffMs, withJitterMs } from './back-off.ts';
import { readListText } from './server-list.ts';
import type { Source, SourceSurroundings } from './source.ts';
import type { SourceKeeper } from './source-keeper.ts';

/** However often it fails, it is asked again after this (or the interval, if that is longer). */
const MAX_RETRY_MS = 30_000;

const ANSWER = 'its answer';

/**
 * Servers from a URL that is asked again and again. One question at a time; an answer other than
 * 200 or 304, one that is too long, comes too late or is no list changes nothing. Redirects are not
 * followed.
 */
export class HttpSource implements Source {
  readonly #config: HttpSourceConfig;
  readonly #surroundings: SourceSurroundings;
  readonly #keeper: SourceKeeper;
  readonly #pause: TimerEntry;
  readonly #patience: TimerEntry;
  #request: ClientRequest | undefined = undefined;
  #etag: string | undefined = undefined;
  #failures = 0;
  #isClosed = false;

  constructor(config: HttpSourceConfig, surroundings: SourceSurroundings, keeper: SourceKeeper) {
    this.#config = config;
    this.#surroundings = surroundings;
    this.#keeper = keeper;
    this.#pause = new TimerEntry(owner(() => this.#ask()));
    this.#patience = new TimerEntry(
      owner(() => this.#fail(`no answer within ${config.timeoutMs} ms`)),
    );
  }

  start(): void {
    this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    const { wheel } = this.#surroundings;
    wheel.forget(this.#pause);
    wheel.forget(this.#patience);
    this.#request?.destroy();
  }

  #ask(): void {
    const { timeoutMs, url } = this.#config;
    const { wheel } = this.#surroundings;
    const headers = {
      accept: 'application/json, text/plain',
      'accept-encoding': 'identity',
      ...(this.#etag === undefined ? {} : { 'if-none-match': this.#etag }),
    };
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(url, { agent: false, headers });
    this.#request = request;
    wheel.clock.refresh();
    wheel.arm(this.#patience, timeoutMs);
    request.on('error', ({ message }) => {
      if (this.#request === request) this.#fail(message);
    });
    request.on('response', (response) => this.#receive(request, response));
    request.end();
  }

  #receive(request: ClientRequest, response: IncomingMessage): void {
    if (this.#request !== request) return;
    const { statusCode } = response;
    if (statusCode !== 200 && !(statusCode === 304 && this.#etag !== undefined)) {
      return this.#fail(`the answer is ${statusCode}`);
    }
    const { maxBytes } = this.#config;
    const pieces: Buffer[] = [];
    let bytes = 0;
    response.on('data', (piece: Buffer) => {
      if (this.#request !== request) return;
      bytes += piece.length;
      if (bytes > maxBytes) return this.#fail(`the answer is longer than ${maxBytes} bytes`);
      pieces.push(piece);
    });
    response.on('error', ({ message }) => {
      if (this.#request === request) this.#fail(message);
    });
    response.on('end', () => {
      if (this.#request !== request) return;
      if (statusCode === 200) this.#take(Buffer.concat(pieces).toString(), response.headers.etag);
      else this.#succeed();
    });
  }

  #take(text: string, etag: string | undefined): void {
    try {
      const { endpoints, faults, isConfirmed } = readListText(text, this.#config.place);
      this.#succeed();
      this.#etag = etag;
      this.#keeper.skip(faults);
      this.#keeper.take(endpoints, isConfirmed);
    } catch (error) {
      this.#fail(`the answer is no list: ${error instanceof Error ? error.message : error}`);
    }
  }

  #succeed(): void {
    this.#failures = 0;
    this.#keeper.recover(ANSWER);
    this.#again(this.#config.intervalMs);
  }

  #fail(why: string): void {
    const { intervalMs } = this.#config;
    this.#keeper.fail(ANSWER, why);
    this.#again(backOffMs(this.#failures, intervalMs, Math.max(MAX_RETRY_MS, intervalMs)));
    this.#failures += 1;
  }

  #again(delayMs: number): void {
    const request = this.#request;
    this.#request = undefined;
    request?.destroy();
    if (this.#isClosed) return;
    const { random, wheel } = this.#surroundings;
    wheel.forget(this.#patience);
    wheel.clock.refresh();
    wheel.arm(this.#pause, withJitterMs(delayMs, random));
  }
}

function owner(onTimeout: () => void): TimeoutOwner {
  return { onTimeout };
}
