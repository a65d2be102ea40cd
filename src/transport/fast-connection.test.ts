// What the fast tier asks of its handle: how often it writes, when, and with what memory.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { NO_OWNER } from './connection.ts';
import { FastConnection } from './fast-connection.ts';
import { FastTransport } from './fast-transport.ts';
import type { RawBindings, RawHandle, WriteRequest } from './raw-handles.ts';

const EAGAIN_LATER = 'waits';
const ASYNC_INDEX = 1;
const EPIPE = -32;

/** A handle whose kernel is the test. */
class FakeHandle {
  user: unknown = undefined;
  onread: unknown = undefined;
  /** What each write was given, in order, as it was then. */
  readonly writes: string[] = [];
  readonly log: string[] = [];
  /** What the next writes come to. */
  outcome: 'taken' | typeof EAGAIN_LATER | 'fails' = 'taken';
  readonly waiting: { request: WriteRequest; bytes: Buffer[] }[] = [];
  readonly #state: Int32Array;

  constructor(state: Int32Array) {
    this.#state = state;
  }

  useUserBuffer(): void {}
  readStart = (): number => 0;
  readStop = (): number => 0;

  writeBuffer(request: WriteRequest, bytes: Buffer): number {
    return this.#write(request, [bytes]);
  }

  writev(request: WriteRequest, chunks: Buffer[]): number {
    return this.#write(request, chunks);
  }

  shutdown(): number {
    this.log.push('shutdown');
    return 0;
  }

  close(): void {
    this.log.push('close');
  }

  reset(): number {
    this.log.push('reset');
    return 0;
  }

  /** The kernel takes what waits, as it is by now. */
  drain(): string {
    const text = this.waiting.map(({ bytes }) => Buffer.concat(bytes).toString('latin1')).join('');
    this.outcome = 'taken';
    for (const { request } of this.waiting.splice(0)) request.oncomplete?.call(request, 0);
    return text;
  }

  #write(request: WriteRequest, bytes: Buffer[]): number {
    const text = Buffer.concat(bytes).toString('latin1');
    this.writes.push(text);
    this.log.push('write');
    this.#state[ASYNC_INDEX] = this.outcome === EAGAIN_LATER ? 1 : 0;
    if (this.outcome === EAGAIN_LATER) this.waiting.push({ request, bytes });
    return this.outcome === 'fails' ? EPIPE : 0;
  }
}

class Request {
  oncomplete: unknown = undefined;
  connection: unknown = undefined;
  kept: unknown = undefined;
}

/** So many connections of one thread, and the handle of each. */
function make(count: number): [connection: FastConnection, handle: FakeHandle][] {
  const state = new Int32Array(4);
  const raw = {
    ...{ WriteRequest: Request, ShutdownRequest: Request },
    ...{ state, readIndex: 0, asyncIndex: ASYNC_INDEX },
  } as unknown as RawBindings;
  const transport = new FastTransport(raw);
  return Array.from({ length: count }, () => {
    const handle = new FakeHandle(state);
    return [new FastConnection(transport, handle as unknown as RawHandle, NO_OWNER), handle];
  });
}

function one(): [FastConnection, FakeHandle] {
  return make(1)[0] ?? assert.fail('no connection');
}

const text = (length: number, char: string): string => char.repeat(length);

describe('a fast connection', () => {
  it('writes once at the end of the turn, however often it was flushed', async () => {
    const [connection, handle] = one();
    for (const word of ['one ', 'two ', 'three']) {
      connection.queueText(word);
      assert.equal(connection.flush(), true);
      assert.equal(connection.writeCount, 0);
    }
    assert.deepEqual(handle.writes, []);
    await nextTurn();
    assert.deepEqual(handle.writes, ['one two three']);
    assert.equal(connection.writeCount, 1);
    await nextTurn();
    assert.equal(handle.writes.length, 1);
  });

  it('writes nothing when nothing was gathered', async () => {
    const [connection, handle] = one();
    assert.equal(connection.flush(), true);
    connection.room(100);
    connection.commit();
    connection.queueText('');
    assert.equal(connection.flush(), true);
    assert.equal(connection.writeCount, 0);
    await nextTurn();
    connection.end();
    assert.deepEqual(handle.log, ['shutdown']);
  });

  it('writes up to 4 KB at the end of the turn, more at once', async () => {
    for (const [length, isAtOnce] of [
      [4_096, false],
      [4_097, true],
      [500_000, true],
    ] as const) {
      const [connection, handle] = one();
      connection.queueText(text(length, 'x'));
      assert.equal(connection.flush(), true);
      assert.equal(handle.writes.length, isAtOnce ? 1 : 0);
      assert.equal(connection.writeCount, isAtOnce ? 1 : 0);
      await nextTurn();
      assert.deepEqual(handle.writes, [text(length, 'x')]);
    }
  });

  it('writes at once when what waits for the end of the turn has grown', async () => {
    const [connection, handle] = one();
    connection.queueText(text(4_000, 'a'));
    connection.flush();
    connection.queueText(text(97, 'b'));
    connection.flush();
    assert.deepEqual(handle.writes, [text(4_000, 'a') + text(97, 'b')]);
    connection.queueText('c');
    connection.flush();
    await nextTurn();
    assert.equal(handle.writes.at(-1), 'c');
    assert.equal(handle.writes.length, 2);
  });

  it('writes bytes at once, with what was gathered around them, in one call', () => {
    const [connection, handle] = one();
    connection.queueText('a');
    connection.flush();
    connection.queueText('b');
    connection.queueBytes(Buffer.from('c'));
    connection.queueText('d');
    assert.equal(connection.flush(), true);
    assert.deepEqual(handle.writes, ['abcd']);
  });

  it('writes those of several connections in the order in which they were flushed', async () => {
    const all = make(3);
    const order: number[] = [];
    for (const [at, [, handle]] of all.entries()) {
      handle.log.push = (...words) => order.push(...words.map(() => at));
    }
    for (const at of [2, 0, 1, 0, 2]) {
      all[at]?.[0].queueText(`${at}`);
      all[at]?.[0].flush();
    }
    await nextTurn();
    assert.deepEqual(order, [2, 0, 1]);
    assert.deepEqual(
      all.map(([, { writes }]) => writes),
      [['00'], ['1'], ['22']],
    );
  });

  it('keeps what has to wait as it was, and uses other memory meanwhile', async () => {
    for (const length of [100, 4_096, 4_097, 300_000]) {
      const [first, second] = make(2);
      const [connection, handle] = first ?? assert.fail();
      const [other, otherHandle] = second ?? assert.fail();
      handle.outcome = EAGAIN_LATER;
      connection.queueText(text(length, 'w'));
      connection.flush();
      await nextTurn();
      assert.equal(connection.isQueued, true);
      for (const size of [length, 50, 5_000, 300_000]) {
        other.queueText(text(size, 'o'));
        other.flush();
        connection.queueText('behind');
        assert.equal(connection.flush(), false, 'what comes behind waits too');
        await nextTurn();
        assert.equal(otherHandle.writes.at(-1), text(size, 'o'));
      }
      assert.equal(handle.drain(), text(length, 'w') + 'behind'.repeat(4));
      assert.equal(connection.isQueued, false);
    }
  });

  it('uses the same memory again and again while the kernel takes all', async () => {
    const all = make(2);
    const memories = new Set<ArrayBufferLike>();
    for (let turn = 0; turn < 50; turn++) {
      for (const [connection] of all) {
        memories.add(connection.room(3_000).bytes.buffer);
        connection.commit();
        connection.queueText(text(turn * 20, 'x'));
        connection.flush();
      }
      await nextTurn();
    }
    assert.equal(memories.size, 1);
    assert.equal(all[0]?.[0].room(1).at, 0, 'and from its start');
  });

  for (const how of ['destroy', 'reset', 'end'] as const) {
    it(`writes what was flushed before ${how}, and not again`, async () => {
      const [connection, handle] = one();
      connection.queueText('flushed');
      connection.flush();
      connection[how]();
      const last = { destroy: 'close', reset: 'reset', end: 'shutdown' }[how];
      assert.deepEqual([handle.writes, handle.log], [['flushed'], ['write', last]]);
      connection.queueText('too late');
      connection.flush();
      await nextTurn();
      assert.deepEqual(handle.writes, ['flushed']);
    });
  }

  it('gives back the memory of what is never written', async () => {
    const [first, second] = make(2);
    const [connection, handle] = first ?? assert.fail();
    const [other] = second ?? assert.fail();
    connection.queueText('not flushed');
    connection.destroy();
    connection.queueText('after the end');
    connection.flush();
    await nextTurn();
    assert.deepEqual(handle.writes, []);
    assert.equal(other.room(1).at, 0);
  });

  it('gives back the memory of what failed', async () => {
    const [first, second] = make(2);
    const [connection, handle] = first ?? assert.fail();
    const [other] = second ?? assert.fail();
    handle.outcome = 'fails';
    for (const length of [10, 5_000, 10]) {
      connection.queueText(text(length, 'x'));
      connection.flush();
      await nextTurn();
    }
    assert.equal(handle.writes.length, 1, 'one failure is enough');
    assert.equal(other.room(1).at, 0);
  });
});
