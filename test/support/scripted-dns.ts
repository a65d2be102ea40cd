// A name server on real sockets, UDP and TCP on one port, that answers whatever a test tells it to,
// lies included.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';

/** One question as it came. */
export interface Asked {
  readonly id: number;
  /** As it was written. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | string;
  readonly way: 'udp' | 'tcp';
}

/** What is answered: messages in this order, or nothing. */
export type Script = (asked: Asked) => readonly Buffer[] | Buffer | undefined;

const TYPES: Readonly<Record<string, number>> = { A: 1, CNAME: 5, AAAA: 28, SRV: 33 };

/** One record of an answer; `data` as in a zone file: `10.0.0.1`, `::1`, `10 5 80 host`, `host`. */
export interface Row {
  readonly name?: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'CNAME';
  readonly data: string;
  readonly ttlSec?: number;
}

/** What can be said of an answer beside its records. */
export interface Head {
  readonly rcode?: number;
  readonly isTruncated?: boolean;
  readonly id?: number;
  readonly question?: { readonly name: string; readonly type: string };
  /** Bytes behind the question, in place of records. */
  readonly raw?: Buffer;
  /** Of answers, whatever there is. */
  readonly count?: number;
}

export class ScriptedDns {
  readonly asked: Asked[] = [];
  script: Script;
  /** Answers leave so much later. */
  delayMs = 0;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();
  readonly #watchers = new Set<() => void>();
  #isClosed = false;

  private constructor(script: Script, udp: UdpSocket, tcp: Server) {
    this.script = script;
    this.#udp = udp;
    this.#tcp = tcp;
    udp.on('message', (bytes, from) => {
      this.#later(() => {
        for (const answer of this.#take(bytes, 'udp')) udp.send(answer, from.port, from.address);
      });
    });
    tcp.on('connection', (socket) => this.#serve(socket));
  }

  static async start(script: Script = () => undefined): Promise<ScriptedDns> {
    for (;;) {
      const udp = createSocket('udp4');
      udp.bind(0, '127.0.0.1');
      await once(udp, 'listening');
      const tcp = createServer();
      tcp.listen(udp.address().port, '127.0.0.1');
      try {
        await once(tcp, 'listening');
        return new ScriptedDns(script, udp, tcp);
      } catch {
        udp.close(); // somebody has the port for TCP
      }
    }
  }

  get port(): number {
    return this.#udp.address().port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Resolves when so many questions have come since the start. */
  async askedTimes(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#udp.close();
    this.#tcp.close();
    for (const socket of this.#connections) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#connections.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      this.#later(() => {
        for (const answer of this.#take(bytes.subarray(2), 'tcp')) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          if (!socket.destroyed) socket.write(Buffer.concat([length, answer]));
        }
      });
    });
  }

  #later(then: () => void): void {
    if (this.delayMs === 0) return then();
    setTimeout(() => this.#isClosed || then(), this.delayMs);
  }

  #take(bytes: Buffer, way: 'udp' | 'tcp'): readonly Buffer[] {
    const asked = { ...readQuestion(bytes), way };
    this.asked.push(asked);
    const answer = this.script(asked);
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const tell of watchers) tell();
    return answer === undefined ? [] : Buffer.isBuffer(answer) ? [answer] : answer;
  }
}

/** An answer to that question. */
export function answer(asked: Asked, rows: readonly Row[] = [], head: Head = {}): Buffer {
  const { id, name, type } = { ...asked, ...head.question, id: head.id ?? asked.id };
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8180 | (head.isTruncated ? 0x0200 : 0) | (head.rcode ?? 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(head.count ?? rows.length, 6);
  const question = Buffer.concat([nameBytes(name), u16(TYPES[type] ?? 0), u16(1)]);
  const records = rows.map((row) => {
    const ttl = Buffer.alloc(4);
    ttl.writeUInt32BE(row.ttlSec ?? 60);
    const data = dataBytes(row);
    const owner = row.name === undefined ? Buffer.from([0xc0, 12]) : nameBytes(row.name);
    return Buffer.concat([owner, u16(TYPES[row.type] ?? 0), u16(1), ttl, u16(data.length), data]);
  });
  return Buffer.concat([header, question, head.raw ?? Buffer.concat(records)]);
}

/** The whole bytes of a name. */
export function nameBytes(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  const bytes = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  return Buffer.concat([...bytes, Buffer.from([0])]);
}

function dataBytes({ data, type }: Row): Buffer {
  if (type === 'CNAME') return nameBytes(data);
  if (type === 'SRV') {
    const [priority, weight, port, target = ''] = data.split(' ');
    return Buffer.concat([
      ...[priority, weight, port].map((n) => u16(Number(n))),
      nameBytes(target),
    ]);
  }
  if (!isIPv6(data)) return Buffer.from(data.split('.').map(Number));
  const [before = '', after] = data.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const [front, back] = [groups(before), groups(after ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return Buffer.concat(
    [...front, ...zeros, ...back].map((group) => u16(Number.parseInt(group, 16))),
  );
}

function readQuestion(bytes: Buffer): Omit<Asked, 'way'> {
  const labels: string[] = [];
  let at = 12;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const number = bytes.readUInt16BE(at + 1);
  const type = Object.keys(TYPES).find((name) => TYPES[name] === number) ?? String(number);
  return { id: bytes.readUInt16BE(0), name: labels.join('.'), type };
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
