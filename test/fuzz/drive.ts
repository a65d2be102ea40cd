/** Feeds a decoder the same bytes in different pieces and says what came of it. */

import { FAILED, NEED_MORE } from '#src/codecs/codec.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { MAX_HEAD_BYTES, MAX_REQUEST_LINE_BYTES } from '#src/codecs/h1/limits.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { BODY_STATE_NAMES, HEAD_STATE_NAMES } from '#src/codecs/h1/states.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import type { Cuts } from './cuts.ts';
import type { Kind } from './mutations.ts';

/** What a decoder made of some bytes. Two ways to feed them must give equal outcomes. */
export interface Outcome {
  failure: string | undefined;
  headState: number;
  bodyState: number;
  messages: Message[];
  /** Where the message begins that is not complete; the length of all when none is. */
  messageStart: number;
}

export interface Message {
  /** Start line as decoded; for responses the status takes the method's place. */
  method: string;
  target: string;
  path: string;
  host: string;
  upgrade: string;
  minorVersion: number;
  keepAlive: boolean;
  expectsContinue: boolean;
  framing: number;
  bodyBytes: number;
  /** Name, value, name, value … */
  fields: string[];
  /** Ids and marks of the fields. */
  details: string;
  body: string;
  trailers: string;
  isComplete: boolean;
  /** Where it begins in the bytes given. */
  start: number;
}

/** How often each state was seen behind a piece; index = state. */
export interface StateCounts {
  readonly head: Float64Array;
  readonly body: Float64Array;
}

export function noCounts(): StateCounts {
  return {
    head: new Float64Array(HEAD_STATE_NAMES.length),
    body: new Float64Array(BODY_STATE_NAMES.length),
  };
}

/** What a connection sets on its decoders. */
export interface Settings {
  /** Of the request that responses answer. */
  readonly method: string;
  readonly maxHeadBytes: number;
  readonly maxRequestLineBytes: number;
  readonly keepsUnderscores: boolean;
}

export const USUAL: Settings = {
  method: 'GET',
  maxHeadBytes: MAX_HEAD_BYTES,
  maxRequestLineBytes: MAX_REQUEST_LINE_BYTES,
  keepsUnderscores: false,
};

/** What tempts a decoder that looks behind what it was given, in turn. */
const TEMPTATIONS = ['\r\n:0\r\n', '\n\r\n0\r\n', ': x\r\n\r\n', '0;\r\n\r\n'].map((text) =>
  Buffer.from(text, 'latin1'),
);
const MAX_TEMPTATION_BYTES = 8;
/** Longer texts do not fit. */
export const MAX_CASE_BYTES = 64 * 1024;
const SHIFTS = 7;

/**
 * Reads messages one after the other, as a connection does, with decoders that live as long as it.
 * What lies behind a piece is filled with other bytes, and a head moves between pieces, as it does
 * in a read buffer: a decoder that looks there gives another outcome.
 */
export class Driver {
  readonly #kind: Kind;
  readonly #counts: StateCounts;
  readonly #room = Buffer.alloc(SHIFTS + MAX_CASE_BYTES + MAX_TEMPTATION_BYTES);
  readonly #requests = new RequestDecoder();
  readonly #responses = new ResponseDecoder();
  readonly #requestHead = new RequestHead();
  readonly #responseHead = new ResponseHead();
  readonly #body = new BodyDecoder();
  #settings = USUAL;
  #bytes: Buffer = this.#room;
  /** Behind the last byte that was consumed. */
  #at = 0;
  #shift = 0;
  #message: Message | undefined = undefined;
  #outcome: Outcome = nothing();
  #isOver = false;

  /** `counts` collects the states seen behind every piece. */
  constructor(kind: Kind, counts: StateCounts) {
    this.#kind = kind;
    this.#counts = counts;
    this.#seeBody();
  }

  /** All messages in the bytes. */
  run(bytes: Buffer, cuts: Cuts, settings: Settings): Outcome {
    this.#begin(bytes, settings);
    let from = 0;
    for (const cut of cuts) {
      if (cut > from && !this.#isOver) this.#take(cut);
      from = cut;
    }
    if (bytes.length > from && !this.#isOver) this.#take(bytes.length);
    const outcome = this.#outcome;
    outcome.headState = this.#head().state;
    outcome.bodyState = this.#body.state;
    outcome.messageStart = this.#message?.start ?? this.#at;
    return outcome;
  }

  #begin(bytes: Buffer, settings: Settings): void {
    this.#bytes = bytes;
    this.#settings = settings;
    for (const decoder of [this.#requests, this.#responses]) {
      decoder.maxHeadBytes = settings.maxHeadBytes;
      decoder.maxFieldLineBytes = settings.maxHeadBytes;
    }
    this.#requests.maxRequestLineBytes = settings.maxRequestLineBytes;
    this.#requests.keepsUnderscores = settings.keepsUnderscores;
    this.#body.keepsUnderscores = settings.keepsUnderscores;
    this.#body.start(0, 0);
    this.#at = 0;
    this.#message = undefined;
    this.#outcome = nothing();
    this.#isOver = false;
    this.#resetHead();
    this.#seeHead();
  }

  /** More bytes have come: up to `end`. */
  #take(end: number): void {
    while (this.#at < end && !this.#isOver) {
      const used = this.#message === undefined ? this.#takeHead(end) : this.#takeBody(end);
      if (used === NEED_MORE) break;
      this.#at += used;
    }
  }

  #takeHead(end: number): number {
    const base = this.#lay(end);
    const used = this.#decodeHead(base, base + end - this.#at);
    this.#room.fill('!', base, base + end - this.#at); // a kept slice would show
    this.#seeHead();
    if (used === NEED_MORE) return 0;
    if (used < 0) return this.#fail(used, this.#head().failure);
    if (used > end - this.#at) throw new Error(`consumed ${used} of ${end - this.#at} bytes`);
    const message = this.#kind === 'request' ? ofRequest(this.#requestHead) : this.#ofResponse();
    message.start = this.#at;
    this.#message = message;
    this.#outcome.messages.push(message);
    this.#body.start(message.framing, message.bodyBytes);
    this.#settle();
    return used;
  }

  #takeBody(end: number): number {
    const message = this.#message;
    if (message === undefined) throw new Error('no message to take a body for');
    const base = this.#lay(end);
    const last = base + end - this.#at;
    const used = this.#body.decode(this.#room, base, last, {
      onBody: (given, from, to) => {
        if (from < base || to > last || from >= to) throw new Error(`span ${from} to ${to}`);
        message.body += given.toString('latin1', from, to);
      },
    });
    this.#room.fill('!', base, last);
    this.#seeBody();
    if (used < 0) return this.#fail(used, this.#body.failure);
    if (used > last - base) throw new Error(`consumed ${used} of ${last - base} bytes`);
    if (used < last - base && !this.#body.isDone) throw new Error('stopped before the end');
    this.#settle();
    return used;
  }

  /** Copies what was not consumed to a place of its own and returns where that is. */
  #lay(end: number): number {
    this.#shift = (this.#shift + 1) % SHIFTS;
    this.#bytes.copy(this.#room, this.#shift, this.#at, end);
    TEMPTATIONS[this.#shift % TEMPTATIONS.length]?.copy(this.#room, this.#shift + end - this.#at);
    return this.#shift;
  }

  /** The body is complete: another head may follow, or another protocol. */
  #settle(): void {
    this.#seeBody();
    if (this.#message === undefined || !this.#body.isDone) return;
    this.#message.trailers = this.#body.trailers;
    this.#message.isComplete = true;
    if (this.#kind === 'response' && this.#message.method === '101') this.#isOver = true;
    this.#message = undefined;
    if (this.#isOver) return;
    this.#resetHead();
    this.#seeHead();
  }

  #fail(used: number, failure: string | undefined): number {
    if (used !== FAILED || failure === undefined) throw new Error('failed without saying why');
    this.#outcome.failure = failure;
    this.#isOver = true;
    return 0;
  }

  #head(): RequestDecoder | ResponseDecoder {
    return this.#kind === 'request' ? this.#requests : this.#responses;
  }

  #resetHead(): void {
    this.#head().reset();
    this.#requestHead.reset();
    this.#responseHead.reset();
  }

  #decodeHead(base: number, end: number): number {
    if (this.#kind === 'request') {
      return this.#requests.decodeHead(this.#room, base, end, this.#requestHead);
    }
    const { method } = this.#settings;
    return this.#responses.decodeHead(this.#room, base, end, this.#responseHead, method);
  }

  #ofResponse(): Message {
    const head = this.#responseHead;
    const { bodyBytes, framing, keepAlive, minorVersion, reason, status } = head;
    return {
      ...{ method: String(status), target: reason, path: '', host: '', upgrade: '' },
      ...{ minorVersion, keepAlive, expectsContinue: false, framing, bodyBytes },
      ...rest(head),
    };
  }

  #seeHead(): void {
    const { state } = this.#head();
    this.#counts.head[state] = (this.#counts.head[state] ?? 0) + 1;
  }

  #seeBody(): void {
    const { state } = this.#body;
    this.#counts.body[state] = (this.#counts.body[state] ?? 0) + 1;
  }
}

function nothing(): Outcome {
  return { failure: undefined, headState: 0, bodyState: 0, messages: [], messageStart: 0 };
}

function ofRequest(head: RequestHead): Message {
  const { bodyBytes, expectsContinue, framing, host, keepAlive, minorVersion } = head;
  const { method, path, target, upgrade } = head;
  return {
    ...{ method, target, path, host, upgrade, minorVersion, keepAlive },
    ...{ expectsContinue, framing, bodyBytes },
    ...rest(head),
  };
}

type Rest = Pick<Message, 'fields' | 'details' | 'body' | 'trailers' | 'isComplete' | 'start'>;

function rest({ fields }: RequestHead | ResponseHead): Rest {
  const list: string[] = [];
  let details = '';
  for (let index = 0; index < fields.count; index++) {
    list.push(fields.nameAt(index), fields.valueAt(index));
    details += `${fields.idAt(index)}.${fields.marksAt(index)} `;
  }
  return { fields: list, details, body: '', trailers: '', isComplete: false, start: 0 };
}
