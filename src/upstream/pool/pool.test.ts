import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { DrainState } from '#src/base/drain-state.ts';
import { TICK_MS, TimerWheel } from '#src/base/timer-wheel.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import { AddedLines, FieldEdits } from '#src/http/field-edits.ts';
import { RequestHead, ResponseHead } from '#src/http/message.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import {
  type Connection,
  type ConnectionOwner,
  type DialOwner,
  NO_OWNER,
} from '#src/transport/connection.ts';
import type { Transport } from '#src/transport/transport.ts';
import { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import {
  type EndpointConfig,
  type PoolConfig,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { H1Connection } from './h1-connection.ts';
import { IdleRoom, Pool, type PoolThread } from './pool.ts';
import {
  FLOW_GO,
  type PoolClient,
  type ResponseSink,
  type UpstreamConnection,
} from './response-sink.ts';

class QuietConnection implements Connection {
  owner: ConnectionOwner = NO_OWNER;
  isQueued = false;
  hasUnread = false;
  writeCount = 0;
  writesWhenRead = 1;
  flushNow = (): boolean => true;
  dropUnsent = (): void => undefined;
  isDestroyed = false;
  room = (count: number): ByteWriter => new ByteWriter(count);
  commit = (): void => undefined;
  queueText = (): void => undefined;
  queueBytes = (): void => undefined;
  lendBytes = (): void => undefined;
  flush = (): boolean => true;
  readInto = (): void => undefined;
  holdReading = (): void => undefined;
  letGoReading = (): void => undefined;
  end = (): void => undefined;
  reset = (): void => undefined;
  remoteAddress = (): string => '';
  remotePort = (): number => 0;
  localAddress = (): string => '';
  localPort = (): number => 0;

  destroy(): void {
    this.isDestroyed = true;
  }
}

/** A transport whose dials the test answers. */
class FakeTransport implements Transport {
  readonly tier = 'fast';
  readonly dials: DialOwner[] = [];
  cancelCount = 0;

  accept(): never {
    throw new Error('nothing accepts here');
  }

  dial(_address: unknown, owner: DialOwner): { cancel(): void } {
    this.dials.push(owner);
    return {
      cancel: () => {
        this.cancelCount += 1;
      },
    };
  }
}

class Client implements PoolClient {
  readonly log: string[] = [];
  connection: UpstreamConnection | undefined = undefined;

  onConnectionReady(connection: UpstreamConnection): void {
    this.log.push('ready');
    this.connection = connection;
  }

  onConnectionFailed(failure: string): void {
    this.log.push(failure);
  }
}

const SINK: ResponseSink = {
  responseHead: new ResponseHead(),
  requestMethod: 'GET',
  onResponseHead: () => undefined,
  onResponseBody: () => undefined,
  onResponseEnd: () => SINK.responseHead.reset(),
  onInformational: () => undefined,
  onSwitch: () => false,
  flushResponse: () => FLOW_GO,
  onRequestDrained: () => undefined,
  onUpstreamFailed: (failure) => assert.fail(failure),
};

const REQUEST = {
  head: new RequestHead(),
  target: '/',
  edits: new FieldEdits([], []),
  added: new AddedLines(),
  addedBytes: 0,
  minorVersion: 1,
};

const ENDPOINT: EndpointConfig = {
  address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
  name: '127.0.0.1:80',
  server: '127.0.0.1:80',
  ...USUAL_TRAITS,
  place: { file: 'test', line: 1, column: 1 },
};
const CONFIG: PoolConfig = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };

function make(config: Partial<PoolConfig> = {}, room = new IdleRoom(2)) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const transport = new FakeTransport();
  const counts = { connects: 0, reuses: 0 };
  const ends: string[] = [];
  const thread: PoolThread = {
    ...{ wheel, transport, drain: new DrainState() },
    countConnect: () => void counts.connects++,
    countReuse: () => void counts.reuses++,
    countEnd: (end) => void ends.push(end),
    onInternalError: (error: unknown) => assert.fail(String(error)),
  };
  const endpoint = new Endpoint(
    ENDPOINT,
    0,
    SharedState.alone(1, 1).endpoints.standing,
    clock,
    true,
  );
  const pool = new Pool(endpoint, { ...CONFIG, ...config }, room, thread);
  const passMs = (ms: number): void => {
    clock.advanceMs(ms);
    wheel.advance();
  };
  return { pool, thread, transport, counts, ends, room, passMs };
}

/** Dials and lends a connection. */
function lend({ pool, transport }: ReturnType<typeof make>): [H1Connection, QuietConnection] {
  const client = new Client();
  pool.dial(client, 1_000);
  const raw = new QuietConnection();
  transport.dials.at(-1)?.onConnected(raw);
  return [client.connection as H1Connection, raw];
}

/** One request and its answer on a lent connection. */
function exchange(connection: H1Connection, raw: QuietConnection): void {
  connection.start(SINK, REQUEST, {
    readTimeoutMs: 1_000,
    sendTimeoutMs: 1_000,
    maxHeadBytes: 1_000,
    closes: false,
  });
  connection.endRequest('');
  connection.flush();
  const answer = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
  raw.owner.onBytes(answer, 0, answer.length);
}

describe('a pool', () => {
  it('has nothing to lend at first, and dials', () => {
    const all = make();
    assert.equal(all.pool.take(), undefined);
    const [connection] = lend(all);
    assert.equal(connection.isReused, false);
    assert.deepEqual(all.counts, { connects: 1, reuses: 0 });
  });

  it('lends again what came back, the last used first', () => {
    const all = make();
    const [first, second] = [lend(all), lend(all)];
    exchange(...first);
    exchange(...second);
    assert.equal(all.pool.idleCount, 2);
    assert.equal(all.pool.take(), second[0]);
    assert.equal(all.pool.take(), first[0]);
    assert.equal(all.pool.take(), undefined);
    assert.equal(first[0].isReused, true);
    assert.deepEqual(all.counts, { connects: 2, reuses: 2 });
  });

  it('closes its oldest for the newest when there is no room', () => {
    const all = make();
    const three = [lend(all), lend(all), lend(all)] as const;
    for (const lent of three) exchange(...lent);
    assert.equal(three[0][1].isDestroyed, true);
    assert.deepEqual([all.pool.idleCount, all.room.idleCount], [2, 2]);
    assert.equal(all.pool.take(), three[2][0]);
  });

  it('keeps nothing when another endpoint of the upstream has taken the room', () => {
    const room = new IdleRoom(1);
    const [one, other] = [make({}, room), make({}, room)];
    exchange(...lend(one));
    const [connection, raw] = lend(other);
    exchange(connection, raw);
    assert.equal(raw.isDestroyed, true);
    assert.deepEqual([one.pool.idleCount, other.pool.idleCount, room.idleCount], [1, 0, 1]);
  });

  it('does not keep a connection after its last request or past its age', () => {
    const worn = make({ maxRequests: 2 });
    const [connection, raw] = lend(worn);
    exchange(connection, raw);
    assert.equal(worn.pool.take(), connection);
    exchange(connection, raw);
    assert.equal(raw.isDestroyed, true);
    const aged = make();
    const [old, oldRaw] = lend(aged);
    aged.passMs(60_001);
    exchange(old, oldRaw);
    assert.equal(oldRaw.isDestroyed, true);
  });

  it('keeps nothing without keepalive or while draining', () => {
    const without = make({ maxIdle: 0 });
    const draining = make();
    draining.thread.drain.isDraining = true;
    for (const all of [without, draining]) {
      const [connection, raw] = lend(all);
      exchange(connection, raw);
      assert.equal(raw.isDestroyed, true);
      assert.equal(all.pool.idleCount, 0);
    }
  });

  it('forgets an idle connection when it closes or has rested too long', () => {
    const all = make();
    const [closing, resting] = [lend(all), lend(all)];
    exchange(...closing);
    exchange(...resting);
    closing[1].owner.onEnd();
    assert.deepEqual([all.pool.idleCount, all.room.idleCount], [1, 1]);
    all.passMs(5_000 + TICK_MS);
    assert.equal(resting[1].isDestroyed, true);
    assert.deepEqual([all.pool.idleCount, all.room.idleCount], [0, 0]);
    assert.equal(all.pool.take(), undefined);
  });

  it('closes what is idle, not what is lent', () => {
    const all = make();
    const [idle, lent] = [lend(all), lend(all)];
    exchange(...idle);
    all.pool.close();
    assert.deepEqual([idle[1].isDestroyed, lent[1].isDestroyed], [true, false]);
    assert.equal(all.room.idleCount, 0);
  });
});

describe('a dial', () => {
  it('fails with the code of its errno', () => {
    const codes: Record<string, string> = {
      ECONNREFUSED: 'upstream_connect_refused',
      ENOENT: 'upstream_connect_refused',
      ETIMEDOUT: 'upstream_connect_timeout',
      EHOSTUNREACH: 'upstream_connect_failed',
    };
    for (const [errno, code] of Object.entries(codes)) {
      const { passMs, pool, transport } = make();
      const client = new Client();
      pool.dial(client, 1_000);
      transport.dials[0]?.onDialFailed(errno, false);
      passMs(10_000);
      assert.deepEqual(client.log, [code]);
    }
  });

  it('fails when its time has passed, and is cancelled', () => {
    const { passMs, pool, transport } = make();
    const client = new Client();
    pool.dial(client, 1_000);
    passMs(999);
    assert.deepEqual(client.log, []);
    passMs(TICK_MS + 1);
    assert.deepEqual(client.log, ['upstream_connect_timeout']);
    assert.equal(transport.cancelCount, 1);
  });

  it('tells nothing after it was cancelled', () => {
    const { passMs, pool, thread, transport } = make();
    const client = new Client();
    pool.dial(client, 1_000).cancel();
    passMs(10_000);
    assert.deepEqual([client.log, transport.cancelCount], [[], 1]);
    assert.equal(thread.wheel.linkedCount, 0);
  });
});
