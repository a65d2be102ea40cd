// One Http1Connection serves one client after the other: nothing of one is left for the next.

import '#test/support/poison.ts';
import assert from 'node:assert/strict';
import { Session } from 'node:inspector';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import { DrainState } from '#src/base/drain-state.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { answer } from '#src/exchange/answer.ts';
import type { ConnectionLines } from '#src/exchange/downstream.ts';
import type { Exchange, ExchangeHandler } from '#src/exchange/exchange.ts';
import type { ListenerSettings, ListenerThread } from '#src/listeners/listener.ts';
import { COLUMN_COUNT } from '#src/shared/reason-columns.ts';
import { CONNECTIONS_ACCEPTED, GAUGES } from '#src/shared/thread-rows.ts';
import { type Connection, type ConnectionOwner, NO_OWNER } from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';
import { CLIENT } from './client-settings.contract.ts';
import { HttpListener } from './http-listener.ts';
import { HttpThread } from './http-thread.ts';
import { Http1Connection } from './http1-connection.ts';

const SETTINGS: ListenerSettings = {
  key: 'here',
  address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  backlog: 1,
  client: CLIENT,
  serverName: 'a.test',
  logs: [],
  isLogged: true,
};

/** A client, as the transport shows it. */
class Client implements Connection {
  owner: ConnectionOwner = NO_OWNER;
  isQueued = false;
  readonly hasUnread = false;
  writeCount = 0;
  writesWhenRead = 0;
  holders = 0;
  isClosed = false;
  readonly name: string;
  readonly #out = new ByteWriter(1024);
  #sent = '';

  constructor(name: string) {
    this.name = name;
  }

  /** What it has received. */
  get text(): string {
    return this.#sent + this.#out.bytes.toString('latin1', 0, this.#out.at);
  }

  says(text: string): void {
    const bytes = Buffer.from(text, 'latin1');
    this.owner.onBytes(bytes, 0, bytes.length);
    bytes.fill(0xdb);
  }

  room(count: number): ByteWriter {
    this.#out.reserve(count);
    return this.#out;
  }
  commit(): void {}
  queueText(text: string): void {
    this.room(text.length).text(text);
  }
  lendBytes(bytes: Buffer, start: number, end: number): void {
    this.room(end - start).copyBuffer(bytes, start, end);
    this.commit();
  }

  queueBytes(bytes: Buffer): void {
    this.queueText(bytes.toString('latin1'));
  }
  flush(): boolean {
    this.#sent = this.text;
    this.#out.at = 0;
    return !this.isQueued;
  }
  flushNow(): boolean {
    return this.flush();
  }
  dropUnsent(): void {}
  readInto(): void {}
  holdReading(): void {
    this.holders += 1;
  }
  letGoReading(): void {
    this.holders -= 1;
  }
  end(): void {
    this.flush();
  }
  destroy(): void {
    assert.equal(this.isClosed, false);
    this.isClosed = true;
    this.owner = NO_OWNER;
  }
  reset(): void {
    this.destroy();
  }
  remoteAddress(): string {
    return this.name;
  }
  remotePort(): number {
    return 1;
  }
  localAddress(): string {
    return '';
  }
  localPort(): number {
    return 80;
  }
}

/** Serves an exchange until the test says otherwise. */
class Handler implements ExchangeHandler {
  readonly goneReasons: string[] = [];
  ignoresAbort = false;
  onRequestBody(): void {}
  onRequestEnd(): void {}
  onRequestFlush(): void {}
  onDownstreamWritable(): void {}
  onDownstreamGone(_exchange: Exchange, reason: string): void {
    this.goneReasons.push(reason);
  }
}

const LINES = { count: 1 } as ConnectionLines;

class Bench {
  readonly clock = new ManualClock();
  readonly wheel = new TimerWheel(this.clock);
  readonly row = new Float64Array(COLUMN_COUNT);
  readonly handler = new Handler();
  readonly errors: unknown[] = [];
  readonly drain = new DrainState();
  readonly thread: HttpThread;
  readonly listener: HttpListener;
  served: Exchange | undefined = undefined;
  openCount = 0;
  /** What is done with a request; left to `handler` when it does not answer. */
  serve: (exchange: Exchange) => void = (exchange) => {
    exchange.handler = this.handler;
  };

  constructor() {
    const host: ListenerThread = {
      clock: this.clock,
      wheel: this.wheel,
      transport: { tier: 'fast' } as Transport,
      owner: {
        onConnectionOpened: () => (this.openCount += 1),
        onConnectionClosed: () => (this.openCount -= 1),
        onAcceptFailed: (key, errno) => assert.fail(`${key} ${errno}`),
      },
      row: this.row,
      serve: (exchange) => {
        this.served = exchange;
        const { facts } = exchange.downstream ?? assert.fail('no downstream');
        facts.lines ??= LINES;
        this.serve(exchange);
      },
      onReason: () => undefined,
      onInternalError: (error) => this.errors.push(error),
      drain: this.drain,
    };
    this.pass(1_000); // no time is 0
    this.thread = new HttpThread(host);
    this.listener = new HttpListener(this.thread, SETTINGS);
  }

  accept(name: string): Client {
    const client = new Client(name);
    this.listener.onAccepted(client);
    return client;
  }

  answersAtOnce(): void {
    this.serve = (exchange) => {
      const { facts } = exchange.downstream ?? assert.fail('no downstream');
      const { connectionSerial, exchangeCount, remoteAddress } = facts;
      answer(exchange, 200, `${remoteAddress} ${connectionSerial} ${exchangeCount}`, 'text/plain');
    };
  }

  pass(ms: number): void {
    this.clock.advanceMs(ms);
    this.wheel.advance();
  }
}

const session = new Session();
session.connect();

interface Shown {
  name: string;
  value?: { type: string; value?: unknown; className?: string; objectId?: string };
}

/** The parts that belong to one connection alone; everything else it only refers to. */
const PARTS = ['Http1Intake', 'ResponseWriter', 'ConnectionFacts', 'TimerEntry', 'PhaseCount'];
/** Of a timer that is on no wheel: means nothing, and is set when it is put there. */
const MEANINGLESS = '.#timer.staysFromMs';

/** Every field of it, the private ones included, and those of its parts: name → what is in it. */
function fieldsOf(connection: Http1Connection): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const visit = (objectId: string, path: string): void => {
    session.post('Runtime.getProperties', { objectId, ownProperties: true }, (error, reply) => {
      assert.equal(error, null);
      const { privateProperties = [], result } = reply as unknown as Record<string, Shown[]>;
      for (const { name, value } of [...(result ?? []), ...privateProperties]) {
        const at = `${path}.${name}`;
        if (value === undefined || name === '__proto__' || at === MEANINGLESS) continue;
        const { className = '', objectId: inner } = value;
        if (inner !== undefined && PARTS.includes(className)) visit(inner, at);
        else fields[at] = inner === undefined ? (value.value ?? value.type) : className;
      }
    });
  };
  const holder = globalThis as { weirShown?: Http1Connection };
  holder.weirShown = connection;
  session.post('Runtime.evaluate', { expression: 'weirShown' }, (error, reply) => {
    assert.equal(error, null);
    visit(reply.result.objectId as string, '');
  });
  delete holder.weirShown;
  return fields;
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n';
const CLOSING = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';

/** Lives of a client, each ending with the connection closed. */
const LIVES: Record<string, (client: Client, bench: Bench) => void> = {
  'is kept alive and ends': (client, bench) => {
    bench.answersAtOnce();
    for (let time = 0; time < 3; time++) client.says(GET);
    client.owner.onEnd();
  },
  'wants one answer': (client, bench) => {
    bench.answersAtOnce();
    client.says(CLOSING);
  },
  'has more to say behind its last request': (client, bench) => {
    bench.answersAtOnce();
    client.says(CLOSING + GET);
    client.says('more');
    client.owner.onEnd();
  },
  'says nothing but empty lines': (client) => {
    client.says('\r\n\r\n');
    client.owner.onEnd();
  },
  'gives up in the middle of a head': (client) => {
    client.says('GET / HT');
    client.owner.onBroken('ECONNRESET');
  },
  'is too slow with its head': (client, bench) => {
    client.says('GET / HT');
    bench.pass(61_000);
    client.owner.onEnd();
  },
  'says what is no HTTP': (client) => {
    client.says('\0\r\n\r\n');
    client.owner.onEnd();
  },
  'breaks while its body is held': (client, bench) => {
    client.says(`${POST}123`);
    bench.served?.downstream?.holdRequestBody();
    client.says('4');
    client.owner.onBroken('ECONNRESET');
  },
  'is answered before its body has come, and breaks': (client, bench) => {
    bench.answersAtOnce();
    client.says(`${POST}1`);
    client.owner.onBroken('ECONNRESET');
  },
  'has asked for more, and breaks': (client) => {
    client.says(GET + GET + POST);
    client.owner.onBroken('ECONNRESET');
  },
  'is too slow to read': (client, bench) => {
    client.isQueued = true;
    bench.answersAtOnce();
    client.says(GET);
    bench.pass(61_000);
  },
  'changes the protocol, and is killed': (client, bench) => {
    client.says('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nmore');
    const exchange = bench.served ?? assert.fail('not served');
    exchange.isTunnel = true;
    exchange.response.status = 101;
    exchange.downstream?.startResponse();
    bench.listener.close();
  },
  'is cut in its response': (client, bench) => {
    client.says(GET.replace('1.1', '1.0'));
    const exchange = bench.served ?? assert.fail('not served');
    exchange.response.status = 200;
    exchange.downstream?.startResponse();
    exchange.downstream?.cut();
  },
  'is gone while its exchange goes on': (client, bench) => {
    bench.handler.ignoresAbort = true;
    client.says(GET);
    client.owner.onEnd();
    assert.equal(client.isClosed, true);
    bench.served?.downstream?.cut();
  },
  'is gone while its exchange goes on, until all is killed': (client, bench) => {
    bench.handler.ignoresAbort = true;
    client.says(GET);
    client.owner.onEnd();
    bench.listener.close();
  },
  'meets an exception of ours': (client, bench) => {
    bench.serve = () => {
      throw new Error('ours');
    };
    client.says(GET);
    client.owner.onEnd();
  },
  'is quiet when its place is wanted': (client, bench) => {
    bench.answersAtOnce();
    client.says(GET);
    assert.equal(bench.listener.evictQuietest(), true);
  },
  'is quiet for too long': (client, bench) => {
    bench.answersAtOnce();
    client.says(GET);
    bench.pass(80_000);
    bench.pass(80_000);
  },
  'is quiet when all is drained': (client, bench) => {
    bench.answersAtOnce();
    client.says(GET);
    bench.drain.isDraining = true;
    bench.listener.drain();
    bench.pass(10_000);
    bench.pass(10_000);
    bench.drain.isDraining = false;
  },
};

describe('a client connection that has closed', () => {
  for (const [name, live] of Object.entries(LIVES)) {
    it(`is as new after a client that ${name}`, async () => {
      const bench = new Bench();
      const fresh = fieldsOf(new Http1Connection(bench.thread, SETTINGS, bench.listener));
      assert.ok(Object.keys(fresh).length > 25, 'private fields are seen');
      const client = bench.accept('first');
      const connection = client.owner as Http1Connection;
      assert.notDeepEqual(fieldsOf(connection), fresh);
      live(client, bench);
      assert.equal(client.isClosed, true);
      assert.equal(client.owner, NO_OWNER);
      await nextTurn();
      assert.deepEqual(fieldsOf(connection), fresh);
      assert.deepEqual([bench.listener.connectionCount, bench.openCount], [0, 0]);
      assert.equal(bench.wheel.linkedCount, 0);
      for (const gauge of GAUGES) assert.equal(bench.row[gauge], 0);

      const heard = client.text;
      bench.answersAtOnce();
      const next = bench.accept('second');
      assert.equal(next.owner, connection, 'it serves the next');
      next.says(GET);
      assert.match(next.text, /\r\n\r\nsecond 2 1$/);
      assert.equal(next.isClosed, false);
      assert.equal(bench.thread.exchanges.freeCount, 1);
      assert.equal(client.text, heard);
    });
  }

  it('serves nobody else in the same turn: its own methods may be running', async () => {
    const bench = new Bench();
    const first = bench.accept('first');
    const connection = first.owner;
    const others: Client[] = [];
    bench.serve = (exchange) => {
      exchange.downstream?.cut();
      assert.equal(first.isClosed, true);
      others.push(bench.accept('meanwhile'));
    };
    first.says(GET + GET);
    others.push(bench.accept('just after'));
    for (const other of others) assert.notEqual(other.owner, connection);
    await nextTurn();
    bench.answersAtOnce();
    const next = bench.accept('next');
    assert.equal(next.owner, connection);
    for (const client of [next, ...others]) {
      client.says(GET);
      assert.match(client.text, new RegExp(`\r\n\r\n${client.name} \\d 1$`));
    }
    assert.equal(bench.row[CONNECTIONS_ACCEPTED], 4);
  });

  it('serves nobody else while an exchange of its client goes on', async () => {
    const bench = new Bench();
    bench.handler.ignoresAbort = true;
    const first = bench.accept('first');
    const connection = first.owner;
    first.says(GET);
    first.owner.onEnd();
    await nextTurn();
    const { downstream } = bench.served ?? assert.fail('not served');
    const second = bench.accept('second');
    assert.notEqual(second.owner, connection);
    assert.equal(downstream?.facts.remoteAddress, 'first');
    assert.equal(downstream?.facts.connectionSerial, 1);
    assert.equal(bench.listener.connectionCount, 2);
    downstream?.cut();
    assert.equal(bench.listener.connectionCount, 1);
    await nextTurn();
    assert.equal(bench.accept('third').owner, connection);
  });

  it('comes back once when many close at once', async () => {
    const bench = new Bench();
    const before = Array.from({ length: 50 }, (_, at) => bench.accept(`${at}`).owner);
    bench.listener.close();
    await nextTurn();
    const after = Array.from({ length: 51 }, (_, at) => bench.accept(`${at}`).owner);
    assert.equal(new Set(after).size, 51);
    assert.equal(new Set([...before, ...after]).size, 51);
  });
});
