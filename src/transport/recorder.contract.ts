/** What the transport's contract is tested with: owners that write down what they are told. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { BoundSocket, type BoundSocketOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Address } from '#src/base/address.ts';
import type { Acceptor, Connection, ConnectionOwner } from './connection.ts';
import { createTransport, type Transport, type TransportTier } from './transport.ts';

export type SocketKind = Address['kind'];

export const BACKLOG = 16;
const MEGABYTE = 1024 * 1024;
/** More than any socket buffer of a default kernel takes. */
const MANY_MEGABYTES = 64;

/** Owns one connection and writes down what it is told. */
export class Recorder implements ConnectionOwner {
  readonly connection: Connection;
  text = '';
  byteCount = 0;
  endCount = 0;
  drainCount = 0;
  readonly errnos: string[] = [];
  /** Set while the test is inside a call of the connection: nothing may be told then. */
  isInside = false;
  /** What the test does with bytes besides writing them down. */
  onEachBytes: (bytes: Buffer, start: number, end: number) => void = () => undefined;
  onEachDrain: () => void = () => undefined;
  #wake: () => void = () => undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    connection.owner = this;
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.#told();
    this.byteCount += end - start;
    if (this.text.length < 100_000) this.text += bytes.toString('latin1', start, end);
    this.onEachBytes(bytes, start, end);
  }

  onEnd(): void {
    this.#told();
    this.endCount += 1;
  }

  onDrained(): void {
    this.#told();
    this.drainCount += 1;
    this.onEachDrain();
  }

  onBroken(errno: string): void {
    this.#told();
    this.errnos.push(errno);
  }

  /** Resolves when `happened` holds; looked at after each thing told. */
  async until(happened: () => boolean): Promise<void> {
    while (!happened()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Calls the connection; whatever it tells must come later. */
  inside<T>(call: (connection: Connection) => T): T {
    this.isInside = true;
    const result = call(this.connection);
    this.isInside = false;
    return result;
  }

  send(text: string): boolean {
    return this.inside((connection) => {
      connection.queueText(text);
      return connection.flush();
    });
  }

  /** Writes megabytes until they have to wait; the count of bytes given. */
  sendUntilQueued(): number {
    const bytes = Buffer.alloc(MEGABYTE, 'm');
    for (let count = 1; count <= MANY_MEGABYTES; count++) {
      const isOut = this.inside((connection) => {
        connection.queueBytes(bytes);
        return connection.flush();
      });
      if (!isOut) return count * MEGABYTE;
    }
    throw new Error(`${MANY_MEGABYTES} MB did not fill the socket buffers`);
  }

  #told(): void {
    assert.equal(this.isInside, false, 'the owner was told from inside a call');
    this.#wake();
  }
}

/** A listening address with what it accepts. */
export class Listening {
  readonly transport: Transport;
  readonly address: Address;
  readonly #acceptor: Acceptor;
  readonly #accepted: Connection[] = [];
  #wake: () => void = () => undefined;

  constructor(transport: Transport, fd: number, address: Address) {
    this.transport = transport;
    this.address = address;
    this.#acceptor = transport.accept(fd, address, BACKLOG, {
      onAccepted: (connection) => {
        this.#accepted.push(connection);
        this.#wake();
      },
      onAcceptFailed: (errno) => assert.fail(`accept failed: ${errno}`),
    });
  }

  async next(): Promise<Connection> {
    while (this.#accepted.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#accepted.shift() as Connection;
  }

  close(): void {
    this.#acceptor.close();
  }
}

/** A bound descriptor. Whoever accepts on it closes it; the BoundSocket must not do so, too. */
export function bind(kind: SocketKind, t: TestContext): { fd: number; address: Address } {
  if (kind === 'tcp') {
    const bound = new BoundSocket({ host: '127.0.0.1', port: 0 });
    const address: Address = { kind, host: '127.0.0.1', port: bound.address().port };
    return { fd: bound.fd(), address };
  }
  const folder = mkdtempSync(join(tmpdir(), 'weir-transport-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  // @types/node has no `path` yet (Node 26.8).
  const options = { path } as BoundSocketOptions;
  return { fd: new BoundSocket(options).fd(), address: { kind, path } };
}

export function dial(transport: Transport, address: Address): Promise<Connection> {
  const { promise, reject, resolve } = Promise.withResolvers<Connection>();
  let isInside = true;
  transport.dial(address, {
    onConnected: (connection) => {
      if (isInside) reject(new Error('told from inside the dial'));
      resolve(connection);
    },
    onDialFailed: (errno) => reject(Object.assign(new Error(errno), { isInside })),
  });
  isInside = false;
  return promise;
}

export interface Pair {
  client: Recorder;
  server: Recorder;
  listening: Listening;
}

export async function connectedPair(
  tier: TransportTier,
  kind: SocketKind,
  t: TestContext,
): Promise<Pair> {
  const transport = createTransport(tier);
  const { address, fd } = bind(kind, t);
  const listening = new Listening(transport, fd, address);
  const dialed = await dial(transport, address);
  const client = new Recorder(dialed);
  const server = new Recorder(await listening.next());
  t.after(() => {
    client.connection.destroy();
    server.connection.destroy();
    listening.close();
  });
  return { client, server, listening };
}

/** Another connection's round trip: whatever had come for the first has been told by then. */
export async function roundTrip({ listening }: Pair): Promise<void> {
  const client = new Recorder(await dial(listening.transport, listening.address));
  const server = new Recorder(await listening.next());
  server.onEachBytes = () => server.inside(() => server.connection.end());
  client.send('round trip');
  await client.until(() => client.endCount > 0);
  client.connection.destroy();
  server.connection.destroy();
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}

/** Makes a connected pair for one test. */
export type PairOf = (t: TestContext) => Promise<Pair>;
