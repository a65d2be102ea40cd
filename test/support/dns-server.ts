// A name server on a real UDP socket, for tests: answers by table, and keeps what it was asked.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What a name has; without a family, it has no address of it. */
export interface DnsEntry {
  readonly ipv4?: readonly string[];
  /** Full form, eight groups. */
  readonly ipv6?: readonly string[];
  readonly ttlSec?: number;
  /** Answers with that RCODE (2 SERVFAIL, 3 NXDOMAIN), or not at all. */
  readonly fails?: number | 'silent';
}

const HEADER_BYTES = 12;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const NXDOMAIN = 3;
const DEFAULT_TTL_SEC = 60;

export class DnsServer {
  readonly #socket: Socket;
  /** `A name` and `AAAA name`, in the order of asking. */
  readonly asked: string[] = [];
  /** By name, lower case; names that are not here do not exist. */
  readonly entries = new Map<string, DnsEntry>();
  /** Answers wait for `letGo`. */
  isHeld = false;
  #held: (() => void)[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (question, from) => this.#take(question, from));
  }

  static async start(entries: Readonly<Record<string, DnsEntry>> = {}): Promise<DnsServer> {
    const socket = createSocket('udp4');
    const server = new DnsServer(socket);
    for (const [name, entry] of Object.entries(entries)) server.entries.set(name, entry);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when so many questions have come. */
  async askedTimes(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  letGo(): void {
    this.isHeld = false;
    for (const answer of this.#held.splice(0)) answer();
  }

  close(): void {
    this.#socket.close();
  }

  #take(question: Buffer, from: RemoteInfo): void {
    const { end, name, type } = readQuestion(question);
    this.asked.push(`${type === TYPE_A ? 'A' : 'AAAA'} ${name}`);
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    const answer = (): void => {
      const entry = this.entries.get(name.toLowerCase()) ?? { fails: NXDOMAIN };
      if (entry.fails === 'silent') return;
      this.#socket.send(answerTo(question.subarray(0, end), type, entry), from.port, from.address);
    };
    if (this.isHeld) this.#held.push(answer);
    else answer();
    for (const tell of watchers) tell();
  }
}

function readQuestion(bytes: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), type: bytes.readUInt16BE(at + 1), end: at + 5 };
}

function answerTo(question: Buffer, type: number, entry: DnsEntry): Buffer {
  const rcode = typeof entry.fails === 'number' ? entry.fails : 0;
  const found = type === TYPE_A ? entry.ipv4 : type === TYPE_AAAA ? entry.ipv6 : [];
  const addresses = (rcode === 0 ? (found ?? []) : []).map((text) => bytesOf(text));
  const header = Buffer.alloc(HEADER_BYTES);
  question.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | rcode, 2); // an answer, recursion available
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0); // the name of the question
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(entry.ttlSec ?? DEFAULT_TTL_SEC, 6);
    record.writeUInt16BE(address.length, 10);
    return Buffer.concat([record, address]);
  });
  return Buffer.concat([header, question.subarray(HEADER_BYTES), ...records]);
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(
    address
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
}
