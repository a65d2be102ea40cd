/**
 * Asks name servers. For each question a socket of its own, on a port that the kernel draws, with
 * an id that nobody can foresee; an answer counts only when server, port, id and question fit. What
 * does not fit in a datagram is asked again by TCP. Servers take turns, and the next one is asked
 * when one is silent or refuses.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createConnection, isIPv6, type Socket as TcpSocket } from 'node:net';
import { parseAddress } from '#src/base/address.ts';
import { invariant } from '#src/base/invariant.ts';
import { type TimeoutOwner, TimerEntry, type TimerWheel } from '#src/base/timer-wheel.ts';
import {
  type DnsAnswer,
  type DnsQuestion,
  type DnsService,
  decodeAnswer,
  encodeQuestion,
  NXDOMAIN,
} from '#src/codecs/dns/dns-message.ts';

/** What came of a question. */
export type DnsOutcome =
  | {
      readonly kind: 'records';
      readonly addresses: readonly string[];
      readonly services: readonly DnsService[];
      /** Infinity when there are no records. */
      readonly ttlSec: number;
    }
  /** `why` in nginx's words where it has some: `3: Host not found`, `110: Operation timed out`. */
  | { readonly kind: 'failed'; readonly why: string };

/** One server has this long, then the next is asked. */
export const QUERY_TIMEOUT_MS = 2_000;
/** Questions that are under way at a time; more wait for their turn. */
export const MAX_OPEN_QUESTIONS = 32;
/** Datagrams that do not fit before TCP is used, where nobody else can answer. */
export const MAX_FOREIGN_ANSWERS = 16;
/** Aliases that are followed from message to message. */
const MAX_ALIASES = 8;

const TIMED_OUT = '110: Operation timed out';
const RCODES: Readonly<Record<number, string>> = {
  1: '1: Format error',
  2: '2: Server failure',
  3: '3: Host not found',
  4: '4: Unimplemented',
  5: '5: Operation refused',
};

export class DnsClient {
  readonly #servers: readonly string[];
  readonly #wheel: TimerWheel;
  readonly #open = new Set<Inquiry>();
  readonly #waiting: Inquiry[] = [];
  #turn = 0;
  #isClosed = false;

  /** @param servers `address:port`, never empty */
  constructor(servers: readonly string[], wheel: TimerWheel) {
    this.#servers = servers;
    this.#wheel = wheel;
  }

  /** Never rejects. What is asked when the client closes is never told. */
  async ask(question: DnsQuestion, timeoutMs: number): Promise<DnsOutcome> {
    const untilMs = this.#wheel.clock.refresh() + timeoutMs;
    let { name } = question;
    let ttlSec = Number.POSITIVE_INFINITY;
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const answer = await this.#askOne({ ...question, name }, untilMs);
      if (answer.kind === 'failed') return answer;
      ttlSec = Math.min(ttlSec, answer.ttlSec);
      if (answer.kind === 'records') return { ...answer, ttlSec };
      name = answer.name;
    }
    return { kind: 'failed', why: `more than ${MAX_ALIASES} aliases, one after the other` };
  }

  /** Questions that were sent and are not answered. */
  get openCount(): number {
    return this.#open.size;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    for (const inquiry of this.#open) inquiry.end();
    this.#open.clear();
  }

  #askOne(question: DnsQuestion, untilMs: number): Promise<OneOutcome> {
    return new Promise((resolve) => {
      const first = this.#turn++ % this.#servers.length;
      const servers = [...this.#servers.slice(first), ...this.#servers.slice(0, first)];
      const inquiry = new Inquiry(question, servers, this.#wheel, untilMs, (outcome) => {
        this.#open.delete(inquiry);
        this.#startNext();
        resolve(outcome);
      });
      this.#waiting.push(inquiry);
      this.#startNext();
    });
  }

  #startNext(): void {
    while (!this.#isClosed && this.#open.size < MAX_OPEN_QUESTIONS) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#open.add(next);
      next.start();
    }
  }
}

type OneOutcome =
  | DnsOutcome
  | { readonly kind: 'alias'; readonly name: string; readonly ttlSec: number };

/** One question, until one of the servers has answered it. */
class Inquiry implements TimeoutOwner {
  readonly #question: DnsQuestion;
  readonly #servers: readonly string[];
  readonly #wheel: TimerWheel;
  readonly #untilMs: number;
  readonly #onOutcome: (outcome: OneOutcome) => void;
  readonly #timer = new TimerEntry(this);
  #at = -1;
  /** Servers that have refused in this inquiry; when all have, asking on is of no use. */
  readonly #refusals = new Map<string, string>();
  #socket: UdpSocket | TcpSocket | undefined = undefined;
  #isOver = false;

  constructor(
    question: DnsQuestion,
    servers: readonly string[],
    wheel: TimerWheel,
    untilMs: number,
    onOutcome: (outcome: OneOutcome) => void,
  ) {
    this.#question = question;
    this.#servers = servers;
    this.#wheel = wheel;
    this.#untilMs = untilMs;
    this.#onOutcome = onOutcome;
  }

  start(): void {
    this.#askNext();
  }

  /** Nobody is told. */
  end(): void {
    this.#isOver = true;
    this.#wheel.forget(this.#timer);
    this.#drop();
  }

  /** TimeoutOwner. */
  onTimeout(): void {
    this.#askNext();
  }

  #settle(outcome: OneOutcome): void {
    if (this.#isOver) return;
    this.end();
    this.#onOutcome(outcome);
  }

  get #server(): string {
    return this.#servers[this.#at % this.#servers.length] ?? '';
  }

  #askNext(): void {
    this.#drop();
    const leftMs = this.#untilMs - this.#wheel.clock.refresh();
    if (leftMs <= 0) return this.#settle({ kind: 'failed', why: TIMED_OUT });
    const { size } = this.#refusals;
    if (size === this.#servers.length) {
      return this.#settle({
        kind: 'failed',
        why: [...this.#refusals.values()].at(-1) ?? TIMED_OUT,
      });
    }
    do this.#at += 1;
    while (this.#refusals.has(this.#server));
    this.#wheel.arm(this.#timer, Math.min(QUERY_TIMEOUT_MS, leftMs));
    this.#sendDatagram();
  }

  #sendDatagram(): void {
    const { host, port } = placeOf(this.#server);
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const id = randomInt(0x1_0000);
    let foreignCount = 0;
    this.#socket = socket;
    socket.on('error', ({ message }) => {
      if (this.#socket === socket) this.#refuse(message);
    });
    socket.on('message', (message) => {
      if (this.#socket !== socket) return;
      const answer = decodeAnswer(message, id, this.#question);
      if (answer.kind === 'foreign') {
        foreignCount += 1;
        if (foreignCount >= MAX_FOREIGN_ANSWERS) this.#askByStream();
      } else if (answer.kind === 'truncated') this.#askByStream();
      else this.#take(answer);
    });
    // Connected, the kernel drops what comes from any other address or port.
    socket.connect(port, host, () => {
      if (this.#socket !== socket) return;
      socket.send(encodeQuestion(id, this.#question), (error) => {
        if (error !== null && this.#socket === socket) this.#refuse(error.message);
      });
    });
  }

  /** RFC 1035 §4.2.2: two bytes of length in front of each message. */
  #askByStream(): void {
    this.#drop();
    const { host, port } = placeOf(this.#server);
    const id = randomInt(0x1_0000);
    const socket = createConnection({ host, port });
    let got: Buffer = Buffer.alloc(0);
    this.#socket = socket;
    socket.on('error', ({ message }) => {
      if (this.#socket === socket) this.#refuse(message);
    });
    socket.on('end', () => {
      if (this.#socket === socket) this.#refuse('the connection was closed without an answer');
    });
    socket.on('connect', () => {
      const message = encodeQuestion(id, this.#question);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    });
    socket.on('data', (bytes: Buffer) => {
      if (this.#socket !== socket) return;
      got = Buffer.concat([got, bytes]);
      const end = got.length < 2 ? Number.POSITIVE_INFINITY : 2 + got.readUInt16BE(0);
      if (got.length < end) return;
      const message = got.subarray(2, end);
      const answer = decodeAnswer(message, id, this.#question, 'stream');
      if (answer.kind === 'foreign') this.#refuse('it answered another question');
      else this.#take(answer);
    });
  }

  #take(answer: Exclude<DnsAnswer, { kind: 'foreign' }>): void {
    switch (answer.kind) {
      case 'records':
      case 'alias':
        return this.#settle(answer);
      case 'truncated':
        return this.#refuse('its answer is cut off');
      case 'malformed':
        return this.#refuse(`its answer cannot be read: ${answer.why}`);
      case 'refused': {
        const why = RCODES[answer.rcode] ?? `${answer.rcode}: Unknown error`;
        // What does not exist does not exist anywhere; other refusals are of this server alone.
        if (answer.rcode === NXDOMAIN) return this.#settle({ kind: 'failed', why });
        return this.#refuse(why);
      }
    }
  }

  #refuse(why: string): void {
    this.#refusals.set(this.#server, why);
    this.#askNext();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    if ('destroy' in socket) socket.destroy();
    else socket.close();
  }
}

function placeOf(server: string): { host: string; port: number } {
  const address = parseAddress(server, 0);
  invariant(address?.kind === 'tcp', 'a name server has an IP address');
  return address;
}
