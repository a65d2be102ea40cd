/**
 * Data path. Messages to a syslog server over UDP or a unix socket (RFC 3164), each a datagram of its own. A server
 * that is gone or slow costs messages, which are counted, and never a request: no more than
 * MAX_WAITING_BYTES wait for the kernel.
 */

import type { Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { SyslogTarget } from '#src/exchange/syslog-argument.ts';
import type { LineSink, LogObserver } from './access-log-file.ts';
import { UnixDatagram } from './unix-datagram.ts';

const MAX_WAITING_BYTES = 1024 * 1024;
/** Beside its bytes a waiting message costs about so much. */
const MESSAGE_BYTES = 512;
const LINE_ROOM_BYTES = 2 * 1024;
const SEVERITIES = 8;
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

export class SyslogSender implements LineSink {
  readonly #target: SyslogTarget;
  readonly #observer: LogObserver;
  /** Loaded with the first sender. */
  readonly #dgram = process.getBuiltinModule('node:dgram');
  /** Between time and message. */
  readonly #who: string;
  readonly #line = new ByteWriter(LINE_ROOM_BYTES);
  #socket: Socket | undefined = undefined;
  /** In place of `#socket`, for a path. */
  #local: UnixDatagram | undefined = undefined;
  #isConnected = false;
  /** Until it is connected. */
  #queue: Buffer[] = [];
  #waitingBytes = 0;
  #second = Number.NaN;
  #time = '';

  constructor(target: SyslogTarget, observer: LogObserver) {
    this.#target = target;
    this.#observer = observer;
    const host = target.hasHostname ? ` ${hostname().toLowerCase()}` : '';
    this.#who = `${host} ${target.tag}: `;
  }

  /** LineSink, with the severity of the configuration. */
  beginLine(): ByteWriter {
    this.#begin(this.#target.severity);
    return this.#line;
  }

  /** LineSink. */
  endLine(): void {
    if (this.#target.path !== undefined) {
      this.#sendLocal(this.#target.path);
      return;
    }
    const message = Buffer.from(this.#line.bytes.subarray(0, this.#line.at));
    if (this.#waitingBytes + message.length + MESSAGE_BYTES > MAX_WAITING_BYTES) {
      this.#observer.onDropped(1, 'the system sends more slowly than requests come');
      return;
    }
    this.#waitingBytes += message.length + MESSAGE_BYTES;
    if (this.#isConnected) this.#send(message);
    else {
      this.#queue.push(message);
      if (this.#socket === undefined) this.#connect();
    }
  }

  /** At once, without a copy. A daemon that is gone or behind costs the message; the next tries anew. */
  #sendLocal(path: string): void {
    try {
      this.#local ??= UnixDatagram.connect(path);
      this.#local.send(this.#line.bytes.subarray(0, this.#line.at));
    } catch (error) {
      this.#local?.close();
      this.#local = undefined;
      this.#observer.onDropped(1, `syslog: ${(error as Error).message}`);
    }
  }

  /** One message of that severity, 0 to 7, and text of any characters. */
  send(severity: number, text: string): void {
    this.#begin(severity);
    const bytes = Buffer.from(text);
    this.#line.reserve(bytes.length);
    this.#line.copyBuffer(bytes, 0, bytes.length);
    this.endLine();
  }

  /** What was not sent is lost. */
  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isConnected = false;
    this.#queue = [];
    socket?.close();
    this.#local?.close();
    this.#local = undefined;
  }

  #begin(severity: number): void {
    const line = this.#line;
    const head = `<${this.#target.facility * SEVERITIES + severity}>${this.#now()}${this.#who}`;
    line.at = 0;
    line.reserve(head.length);
    line.text(head);
  }

  /** `Nov 21 00:13:57`, local, as nginx has it. */
  #now(): string {
    const nowMs = Date.now();
    const second = Math.floor(nowMs / 1_000);
    if (second === this.#second) return this.#time;
    this.#second = second;
    const date = new Date(nowMs);
    const month = MONTHS.substr(date.getMonth() * 3, 3);
    const day = `${date.getDate()}`.padStart(2);
    const clock = [date.getHours(), date.getMinutes(), date.getSeconds()];
    const text = clock.map((part) => `${part}`.padStart(2, '0')).join(':');
    this.#time = `${month} ${day} ${text}`;
    return this.#time;
  }

  /** The kernel then tells when nobody listens there. */
  #connect(): void {
    const { host, port } = this.#target;
    const socket = this.#dgram.createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.unref();
    socket.on('error', (error) => this.#fail(socket, error));
    socket.connect(port, host, () => {
      if (this.#socket !== socket) return;
      this.#isConnected = true;
      for (const message of this.#queue.splice(0)) this.#send(message);
    });
  }

  #send(message: Buffer): void {
    this.#socket?.send(message, (error) => {
      this.#waitingBytes -= message.length + MESSAGE_BYTES;
      if (error !== null) this.#observer.onDropped(1, `syslog: ${error.message}`);
    });
  }

  /** The next message tries anew. */
  #fail(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return;
    const lost = this.#queue;
    this.close();
    for (const { length } of lost) this.#waitingBytes -= length + MESSAGE_BYTES;
    this.#observer.onDropped(Math.max(1, lost.length), `syslog: ${error.message}`);
  }
}
