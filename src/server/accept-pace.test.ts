import assert from 'node:assert/strict';
import { once } from 'node:events';
import { BoundSocket, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { Address } from '#src/base/address.ts';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import {
  type AcceptorOwner,
  type Connection,
  type Dial,
  NO_OWNER,
} from '#src/transport/connection.ts';
import { createTransport, type Transport } from '#src/transport/transport.ts';
import { AcceptPace } from './accept-pace.ts';

const ADDRESS: Address = { kind: 'tcp', host: '127.0.0.1', port: 80 };
const KEY = '127.0.0.1:80';
const QUIET_MS = 1_000;
const PAUSE_MS = 60_000;

/** A transport whose handles accept when the test says so. */
class FakeTransport implements Transport {
  readonly tier = 'fast';
  /** Owners by open descriptor. */
  readonly open = new Map<number, AcceptorOwner>();

  accept(fd: number, _address: Address, _backlog: number, owner: AcceptorOwner) {
    this.open.set(fd, owner);
    return { close: () => void this.open.delete(fd) };
  }

  dial(): Dial {
    throw new Error('nobody dials here');
  }
}

function make() {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const transport = new FakeTransport();
  const asked: string[] = [];
  let turn = 0;
  const loop = { turns: () => turn, nowMs: () => clock.nowMs };
  const pace = new AcceptPace(transport, wheel, (key) => asked.push(key), loop);
  let accepted = 0;
  const owner: AcceptorOwner = {
    onAccepted: () => {
      accepted += 1;
    },
    onAcceptFailed: (errno) => assert.fail(errno),
  };
  /** Turns of the loop of so many milliseconds, in each of which every handle accepts one. */
  const accept = (turns: number, turnMs: number, idleTurns = 0): void => {
    for (let n = 0; n < turns; n++) {
      turn += 1 + idleTurns;
      clock.advanceMs(turnMs);
      for (const owner of [...transport.open.values()]) owner.onAccepted({} as Connection);
    }
  };
  const passMs = (ms: number): void => {
    clock.advanceMs(ms);
    wheel.advance();
  };
  const acceptor = pace.accept(3, ADDRESS, 511, owner);
  return {
    accept,
    acceptor,
    asked,
    count: () => accepted,
    open: () => [...transport.open.keys()],
    owner,
    pace,
    passMs,
    wheel,
  };
}

describe('an accept pace', () => {
  it('asks once when every long turn accepts', () => {
    const { accept, asked, count } = make();
    accept(200, 5);
    assert.deepEqual(asked, [KEY]);
    assert.equal(count(), 200);
  });

  it('does not ask while turns are short, or while some accept nothing', () => {
    const short = make();
    short.accept(1_000, 1);
    assert.deepEqual(short.asked, []);
    const rare = make();
    rare.accept(1_000, 5, 1);
    assert.deepEqual(rare.asked, []);
  });

  it('accepts on more handles until it has not been behind for a while', () => {
    const { accept, count, open, pace, passMs } = make();
    accept(80, 5);
    assert.equal(pace.acceptMore(KEY, 4), true);
    assert.equal(pace.acceptMore(KEY, 5), true);
    const before = count();
    accept(80, 5);
    assert.equal(count() - before, 240);
    passMs(QUIET_MS - 500);
    assert.deepEqual(open(), [3, 4, 5]);
    accept(80, 5); // behind again: the time starts anew
    passMs(QUIET_MS - 500);
    assert.deepEqual(open(), [3, 4, 5]);
    passMs(600);
    assert.deepEqual(open(), [3]);
  });

  it('does not use up descriptors by asking again at once', () => {
    const { accept, asked, passMs } = make();
    accept(80, 5);
    passMs(QUIET_MS + 100);
    accept(80, 5);
    assert.deepEqual(asked, [KEY]);
    passMs(PAUSE_MS);
    accept(80, 5);
    assert.deepEqual(asked, [KEY, KEY]);
  });

  it('closes every handle with the last regular one, and takes none that comes late', () => {
    const { accept, acceptor, open, owner, pace, wheel } = make();
    const second = pace.accept(4, ADDRESS, 511, owner);
    accept(80, 5);
    assert.equal(pace.acceptMore(KEY, 5), true);
    acceptor.close();
    assert.deepEqual(open(), [4, 5]);
    second.close();
    assert.deepEqual(open(), []);
    assert.equal(wheel.linkedCount, 0);
    assert.equal(pace.acceptMore(KEY, 6), false, 'the descriptor is still the caller’s');
    assert.equal(pace.acceptMore('127.0.0.1:81', 6), false);
    pace.accept(7, ADDRESS, 511, owner);
    assert.equal(pace.acceptMore(KEY, 6), false, 'nobody is behind now');
    assert.deepEqual(open(), [7]);
  });

  for (const tier of ['fast', 'portable'] as const) {
    it(`serves whoever connects, on whichever handle, over real sockets (${tier})`, async (t) => {
      await acceptsOnAll(tier, t);
    });
  }
});

const SOCKETS = 4;
const CLIENTS = 100;

async function acceptsOnAll(tier: 'fast' | 'portable', t: TestContext): Promise<void> {
  const sockets: BoundSocket[] = [];
  const bind = (port: number): BoundSocket => {
    const socket = new BoundSocket({ host: '127.0.0.1', port, reusePort: true });
    sockets.push(socket); // never closed here: its number is the handle's from then on
    return socket;
  };
  const { port } = bind(0).address() as { port: number };
  while (sockets.length < SOCKETS) bind(port);
  const address: Address = { kind: 'tcp', host: '127.0.0.1', port };
  let turn = 0;
  // Every look comes a turn's accepts and a long time after the one before: always behind.
  const loop = { turns: () => turn, nowMs: () => 5 * (turn += 33) };
  const asked = Promise.withResolvers<void>();
  const wheel = new TimerWheel(new ManualClock());
  const pace = new AcceptPace(createTransport(tier), wheel, () => asked.resolve(), loop);
  const owner: AcceptorOwner = {
    onAccepted: (connection) => {
      connection.owner = { ...NO_OWNER, onEnd: () => connection.destroy() };
      connection.queueText('hello');
      connection.flush();
    },
    onAcceptFailed: (errno) => assert.fail(errno),
  };
  const [first, ...others] = sockets.map((socket) => socket.fd());
  const acceptor = pace.accept(first as number, address, 511, owner);
  t.after(() => acceptor.close());
  await greeted(port, CLIENTS);
  await asked.promise;
  for (const fd of others) {
    assert.equal(pace.acceptMore(`127.0.0.1:${port}`, fd), true);
  }
  await greeted(port, CLIENTS);
  acceptor.close();
  const late = connect(port, '127.0.0.1');
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED', 'no handle is left that listens');
}

/** So many clients at once, each of which is greeted. */
async function greeted(port: number, count: number): Promise<void> {
  const all = Array.from({ length: count }, async () => {
    const socket = connect(port, '127.0.0.1');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    assert.equal(bytes.toString(), 'hello');
    socket.end();
    await once(socket, 'close');
  });
  await Promise.all(all);
}
