import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NUMBERS_PER_LISTENER } from './bound-sockets.ts';
import { EXTRA_NUMBERS } from './descriptor-pool.ts';
import { Listening, type ListeningThread } from './listening.ts';
import type { SocketShare, ToThread } from './messages.ts';

class FakeThread implements ListeningThread {
  readonly thread: number;
  state: ListeningThread['state'] = 'ready';
  isFull = false;
  pendingCount = 0;
  /** Descriptors it was told to listen on. */
  readonly descriptors: number[] = [];
  /** And those it was given for a while. */
  readonly extras: number[] = [];

  constructor(thread: number) {
    this.thread = thread;
  }

  tell(message: ToThread): void {
    if (message.type === 'listen') this.descriptors.push(message.descriptor);
    if (message.type === 'listen-more') this.extras.push(message.descriptor);
  }
}

const KEY = '127.0.0.1:80';
const share = (socket: number, thread: number, descriptors: number[]): SocketShare => ({
  socket,
  key: KEY,
  descriptors,
  threads: [thread],
});

function listening(shares: readonly SocketShare[], hasMaster = true) {
  const asked: number[] = [];
  const exhausted: string[] = [];
  const it = new Listening(shares, {
    requestDescriptor: (socket) => {
      asked.push(socket);
      return hasMaster;
    },
    onExhausted: (key) => exhausted.push(key),
  });
  return { it, asked, exhausted };
}

test('a thread listens on its own sockets, each time on another number', () => {
  const { it } = listening([share(0, 0, [4, 5, 6, 7, 8]), share(1, 1, [9, 10, 11, 12, 13])]);
  const thread = new FakeThread(1);
  it.open(thread);
  it.leave(thread);
  it.open(thread);
  assert.deepEqual(thread.descriptors, [13, 12]);
  assert.equal(thread.pendingCount, 2);
});

test('the master is asked once when few are left, and what comes is used', () => {
  const { it, asked, exhausted } = listening([share(0, 0, [4])]);
  const thread = new FakeThread(0);
  it.open(thread);
  it.open(thread);
  assert.deepEqual([thread.descriptors, asked], [[4], [0]]);
  it.add(0, 50);
  assert.deepEqual([thread.descriptors, thread.pendingCount], [[4, 50], 2]);
  assert.deepEqual(exhausted, []);
});

test('when none is left and none comes, the generation is told', () => {
  const without = listening([share(0, 0, [4])], false);
  const thread = new FakeThread(0);
  without.it.open(thread);
  without.it.open(thread);
  assert.deepEqual(without.exhausted, [KEY]);
  assert.equal(thread.pendingCount, 1);

  const refused = listening([share(0, 0, [])]);
  refused.it.open(thread);
  assert.deepEqual(refused.exhausted, []);
  refused.it.refuse(0);
  assert.deepEqual(refused.exhausted, [KEY]);
});

test('a full thread’s queue is served by one with room, and once only', () => {
  const { it } = listening([share(0, 0, [4, 5, 6, 7, 8]), share(1, 1, [9, 10, 11, 12, 13])]);
  const [first, second] = [new FakeThread(0), new FakeThread(1)];
  it.open(first);
  it.open(second);
  first.isFull = true;
  it.leave(first);
  it.lend([first, second]);
  it.lend([first, second]);
  assert.deepEqual(second.descriptors, [13, 7]);
  second.isFull = true;
  it.leave(second);
  it.lend([first, second]); // nobody has room: the kernel keeps what comes
  assert.deepEqual([first.descriptors, second.descriptors], [[8], [13, 7]]);
});

test('a thread that is behind gets half of the spares, of its own sockets only', () => {
  const { it, asked } = listening([
    share(
      0,
      0,
      Array.from({ length: NUMBERS_PER_LISTENER }, (_, n) => 100 + n),
    ),
    share(
      1,
      1,
      Array.from({ length: NUMBERS_PER_LISTENER }, (_, n) => 200 + n),
    ),
  ]);
  const [first, second] = [new FakeThread(0), new FakeThread(1)];
  it.open(first);
  it.open(second);
  it.widen(first, KEY);
  assert.deepEqual(first.extras, [109, 108, 107, 106, 105]);
  assert.deepEqual([second.extras, first.pendingCount], [[], 1]);
  assert.deepEqual(asked, [0], 'used up: the master is asked for another');
  it.widen(first, KEY);
  assert.equal(first.extras.length, EXTRA_NUMBERS, 'the rest is for replacement threads');
});

test('what was used up is asked for one by one until it is whole again', () => {
  const { it, asked } = listening([share(0, 0, [4, 5, 6, 7, 8])]);
  const thread = new FakeThread(0);
  it.open(thread);
  it.leave(thread);
  it.open(thread);
  it.leave(thread);
  it.open(thread);
  assert.deepEqual(asked, [0]);
  it.add(0, 50);
  assert.deepEqual(asked, [0, 0]);
  it.add(0, 51);
  assert.deepEqual(asked, [0, 0]);
});

test('a thread that listens on nothing there gets nothing, however far behind', () => {
  const { it } = listening([share(0, 0, [4, 5, 6, 7, 8])]);
  const thread = new FakeThread(0);
  it.open(thread);
  it.widen(thread, '127.0.0.1:81');
  it.leave(thread);
  it.widen(thread, KEY);
  assert.deepEqual(thread.extras, []);
});
