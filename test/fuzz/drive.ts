/** Feeds a decoder the same bytes in different pieces and says what came of it. */

import { FAILED, NEED_MORE } from '#src/codecs/codec.ts';
import { BodyDecoder } from '#src/codecs/h1/body-decoder.ts';
import { RequestDecoder } from '#src/codecs/h1/request-decoder.ts';
import { ResponseDecoder } from '#src/codecs/h1/response-decoder.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import type { Random } from './random.ts';

/** What a decoder made of some bytes. Two ways to feed them must give equal outcomes. */
export interface Outcome {
  /** Bytes of complete heads and of bodies; 0 after a failure, where the connection is closed. */
  consumed: number;
  failure: string | undefined;
  headState: number;
  bodyState: number;
  messages: Message[];
}

export interface Message {
  /** Start line and fields as decoded; for responses the status takes the method's place. */
  method: string;
  target: string;
  path: string;
  host: string;
  minorVersion: number;
  keepAlive: boolean;
  expectsContinue: boolean;
  framing: number;
  bodyBytes: number;
  fields: [name: string, value: string, id: number, marks: number][];
  body: string;
  isComplete: boolean;
}

/** How the head of one kind of message is read. */
export interface HeadReader {
  reset(): void;
  decode(bytes: Buffer, base: number, end: number): number;
  readonly state: number;
  readonly failure: string | undefined;
  message(): Message;
}

/** Limits of a decoder; undefined leaves the default. */
export interface Limits {
  maxHeadBytes?: number;
  maxRequestLineBytes?: number;
}

export function requestReader(limits: Limits = {}): HeadReader {
  const decoder = new RequestDecoder();
  decoder.maxHeadBytes = limits.maxHeadBytes ?? decoder.maxHeadBytes;
  decoder.maxRequestLineBytes = limits.maxRequestLineBytes ?? decoder.maxRequestLineBytes;
  const head = new RequestHead();
  return {
    reset: () => {
      decoder.reset();
      head.reset();
    },
    decode: (bytes, base, end) => decoder.decodeHead(bytes, base, end, head),
    get state() {
      return decoder.state;
    },
    get failure() {
      return decoder.failure;
    },
    message: () => ({ ...common(head), ...onlyInRequests(head) }),
  };
}

export function responseReader(method: string, limits: Limits = {}): HeadReader {
  const decoder = new ResponseDecoder();
  decoder.maxHeadBytes = limits.maxHeadBytes ?? decoder.maxHeadBytes;
  const head = new ResponseHead();
  return {
    reset: () => {
      decoder.reset();
      head.reset();
    },
    decode: (bytes, base, end) => decoder.decodeHead(bytes, base, end, head, method),
    get state() {
      return decoder.state;
    },
    get failure() {
      return decoder.failure;
    },
    message: () => ({
      ...common(head),
      ...{ method: String(head.status), target: head.reason },
      ...{ path: '', host: '', expectsContinue: false },
    }),
  };
}

function onlyInRequests(
  head: RequestHead,
): Pick<Message, 'method' | 'target' | 'path' | 'host' | 'expectsContinue'> {
  const { expectsContinue, host, method, path, target } = head;
  return { expectsContinue, host, method, path, target };
}

function common(
  head: RequestHead | ResponseHead,
): Omit<Message, 'method' | 'target' | 'path' | 'host' | 'expectsContinue'> {
  const { bodyBytes, fields, framing, keepAlive, minorVersion } = head;
  const list: Message['fields'] = [];
  for (let index = 0; index < fields.count; index++) {
    const id = fields.ids[index] ?? 0;
    list.push([fields.nameAt(index), fields.valueAt(index), id, fields.marks[index] ?? 0]);
  }
  return { minorVersion, keepAlive, framing, bodyBytes, fields: list, body: '', isComplete: false };
}

/** Where the bytes are cut; the last piece ends at their end. */
export type Cuts = readonly number[];

export const IN_ONE_PIECE: Cuts = [];

export function byteByByte(length: number): Cuts {
  return Array.from({ length }, (_, at) => at + 1);
}

export function randomCuts(random: Random, length: number): Cuts {
  const cuts = new Set<number>();
  for (let left = 1 + random.below(4); left > 0; left--) cuts.add(random.below(length + 1));
  return [...cuts].sort((a, b) => a - b);
}

/** Called with the state after each piece: 'head' or 'body'. */
export type StateWatcher = (part: 'head' | 'body', state: number) => void;

const ignore: StateWatcher = () => undefined;

/**
 * All messages in the bytes, one after the other, as a connection would read them. What lies
 * behind a piece is filled with other bytes, and the head moves between pieces, as it does in a
 * read buffer: a decoder that looks there gives another outcome.
 */
export function drive(
  reader: HeadReader,
  text: string,
  cuts: Cuts,
  watch: StateWatcher = ignore,
): Outcome {
  const run = new Run(reader, watch);
  let from = 0;
  for (const cut of [...cuts, text.length]) {
    if (cut > from && !run.isOver) run.take(text.slice(from, cut));
    from = Math.max(from, cut);
  }
  return run.outcome;
}

const ROOM = 128;

class Run {
  readonly outcome: Outcome;
  readonly #reader: HeadReader;
  readonly #body = new BodyDecoder();
  readonly #watch: StateWatcher;
  /** Bytes of an unfinished head. */
  #waiting = '';
  #message: Message | undefined = undefined;
  #moves = 0;

  constructor(reader: HeadReader, watch: StateWatcher) {
    reader.reset();
    this.#reader = reader;
    this.#watch = watch;
    this.outcome = {
      ...{ consumed: 0, failure: undefined, messages: [] },
      ...{ headState: reader.state, bodyState: this.#body.state },
    };
    watch('head', reader.state);
    watch('body', this.#body.state);
  }

  get isOver(): boolean {
    return this.outcome.failure !== undefined;
  }

  take(piece: string): void {
    let rest = this.#waiting + piece;
    this.#waiting = '';
    while (rest !== '' && !this.isOver) {
      const used = this.#message === undefined ? this.#takeHead(rest) : this.#takeBody(rest);
      if (used === 0) break;
      this.outcome.consumed += used;
      rest = rest.slice(used);
    }
    this.#waiting = rest;
  }

  #takeHead(text: string): number {
    const base = this.#moves++ % 7;
    const bytes = Buffer.alloc(base + text.length + ROOM, '\r\n:0');
    bytes.write(text, base, 'latin1');
    const used = this.#reader.decode(bytes, base, base + text.length);
    bytes.fill('!'); // a kept slice would show
    this.outcome.headState = this.#reader.state;
    this.#watch('head', this.#reader.state);
    if (used === NEED_MORE) return 0;
    if (used < 0) return this.#fail(used, this.#reader.failure);
    if (used > text.length) throw new Error(`consumed ${used} of ${text.length} bytes`);
    this.#message = this.#reader.message();
    this.outcome.messages.push(this.#message);
    this.#body.start(this.#message.framing, this.#message.bodyBytes);
    this.#settle();
    return used;
  }

  #takeBody(text: string): number {
    const message = this.#message;
    if (message === undefined) throw new Error('no message to take a body for');
    const base = this.#moves++ % 7;
    const bytes = Buffer.alloc(base + text.length + ROOM, '\r\n:0');
    bytes.write(text, base, 'latin1');
    const end = base + text.length;
    const used = this.#body.decode(bytes, base, end, {
      onBody: (given, from, to) => {
        if (from < base || to > end || from >= to) throw new Error(`span ${from} to ${to}`);
        message.body += given.toString('latin1', from, to);
      },
    });
    this.outcome.bodyState = this.#body.state;
    this.#watch('body', this.#body.state);
    if (used < 0) return this.#fail(used, this.#body.failure);
    if (used > text.length) throw new Error(`consumed ${used} of ${text.length} bytes`);
    if (used < text.length && !this.#body.isDone) throw new Error('stopped before the end');
    this.#settle();
    return used;
  }

  /** The body is complete: another head may follow. */
  #settle(): void {
    this.outcome.bodyState = this.#body.state;
    this.#watch('body', this.#body.state);
    if (this.#message === undefined || !this.#body.isDone) return;
    this.#message.isComplete = true;
    this.#message = undefined;
    this.#reader.reset();
  }

  #fail(used: number, failure: string | undefined): number {
    if (used !== FAILED || failure === undefined) throw new Error(`failed without saying why`);
    this.outcome.failure = failure;
    this.outcome.consumed = 0;
    return 0;
  }
}
