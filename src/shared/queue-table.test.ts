import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { QueueTable } from './queue-table.ts';
import { allocateShared, SharedState } from './shared-state.ts';

const sizes = { threadCount: 3, endpointCount: 2, upstreamCount: 2 };
const UPSTREAM = 1;

/** The table as three threads see it. */
function threads(): [QueueTable, QueueTable, QueueTable] {
  const buffer = allocateShared(sizes);
  const of = (thread: number) => new SharedState(buffer, sizes, thread).endpoints.queues;
  return [of(0), of(1), of(2)];
}

describe('the queue of an upstream', () => {
  it('holds at most its number over all threads', () => {
    const [a, b, c] = threads();
    assert.deepEqual([a.join(UPSTREAM, 0, 2), b.join(UPSTREAM, 0, 2)], [true, true]);
    assert.equal(c.join(UPSTREAM, 0, 2), false);
    assert.equal(c.length(UPSTREAM), 2);
    a.leave(UPSTREAM, 0);
    assert.equal(c.join(UPSTREAM, 0, 2), true);
    assert.equal(a.largest(UPSTREAM), 2);
    assert.equal(a.length(0), 0);
  });

  it('serves class before ticket, over all threads, and tickets go around', () => {
    const [a, b, c] = threads();
    a.publish(UPSTREAM, 1, 7, 7);
    b.publish(UPSTREAM, 1, 5, 9);
    assert.ok(c.findFirst(UPSTREAM));
    assert.deepEqual([c.firstThread, c.firstPriority], [1, 1]);
    c.publish(UPSTREAM, 0, 11, 11);
    assert.ok(a.findFirst(UPSTREAM));
    assert.deepEqual([a.firstThread, a.firstPriority], [2, 0]);
    c.publish(UPSTREAM, 0, 0, 0);
    a.publish(UPSTREAM, 1, 0x7fff_ffff, 0x7fff_ffff);
    b.publish(UPSTREAM, 1, -0x8000_0000, -0x8000_0000); // one behind
    assert.ok(c.findFirst(UPSTREAM));
    assert.equal(c.firstThread, 0);
    assert.deepEqual([c.findFirst(UPSTREAM, 2), c.findFirst(UPSTREAM, 1)], [true, false]);
  });

  it('gives every ticket once', () => {
    const [a, b] = threads();
    const tickets = [a, b, a, b].map((table) => table.nextTicket(UPSTREAM));
    assert.deepEqual(tickets, [1, 2, 3, 4]);
  });

  it('when full, gives a higher class the place of the newest of the lowest', () => {
    const [a, b, c] = threads();
    a.join(UPSTREAM, 2, 3);
    a.publish(UPSTREAM, 2, 1, 1);
    b.join(UPSTREAM, 2, 3);
    b.publish(UPSTREAM, 2, 2, 2);
    a.join(UPSTREAM, 1, 3);
    a.publish(UPSTREAM, 1, 3, 3);
    assert.equal(c.join(UPSTREAM, 2, 3), false); // nobody is below its own class
    assert.equal(c.join(UPSTREAM, 1, 3), true);
    assert.deepEqual([a.ordered(UPSTREAM, 2), b.ordered(UPSTREAM, 2)], [0, 1]);
    assert.equal(c.length(UPSTREAM), 3);
    assert.equal(c.join(UPSTREAM, 0, 3), true);
    assert.deepEqual([a.ordered(UPSTREAM, 2), b.ordered(UPSTREAM, 2)], [1, 1]);
    b.leave(UPSTREAM, 2); // turned away, or gone by itself: either pays
    assert.equal(b.ordered(UPSTREAM, 2), 0);
    assert.equal(c.length(UPSTREAM), 3);
  });

  it('is without those of a dead thread, but counts whom it had turned away', () => {
    const [a, b] = threads();
    a.join(UPSTREAM, 3, 9);
    a.publish(UPSTREAM, 3, 1, 1);
    a.shed(UPSTREAM, 'timeout');
    b.zeroThread(0);
    assert.deepEqual([b.findFirst(UPSTREAM), b.length(UPSTREAM)], [false, 0]);
    assert.equal(b.shedCount(UPSTREAM, 'timeout'), 1);
  });

  it('wakes the thread it is told to, and no other', async () => {
    const [a, b, c] = threads();
    const woken: string[] = [];
    await new Promise<void>((resolve) => {
      assert.ok(a.onWake(UPSTREAM, () => resolve(void woken.push('a'))));
      assert.ok(b.onWake(UPSTREAM, () => woken.push('b')));
      c.wake(UPSTREAM, 0);
    });
    assert.deepEqual(woken, ['a']);
    c.wake(UPSTREAM, 1);
  });

  it('never holds more than its number when four threads come and go; in the end nobody', async () => {
    const limit = 5;
    const many = { ...sizes, threadCount: 4 };
    for (let round = 0; round < 2; round++) {
      const { peak, shared } = await comeAndGo(many, limit, [0]);
      assert.equal(peak, limit);
      assert.equal(shared.endpoints.queues.length(UPSTREAM), 0);
    }
  });

  it('refuses nobody while there is room, however many threads come at once', async () => {
    const { refused } = await comeAndGo({ ...sizes, threadCount: 4 }, 4, [0], 1);
    assert.equal(refused, 0);
  });

  it('that orders away what waits in other threads is empty in the end, too', async () => {
    const many = { ...sizes, threadCount: 4 };
    const { shared } = await comeAndGo(many, 5, [0, 1, 2, 3]);
    const { queues } = shared.endpoints;
    assert.equal(queues.length(UPSTREAM), 0);
    for (const state of [0, 1, 2, 3]) assert.equal(queues.ordered(UPSTREAM, state), 0);
    assert.ok(queues.largest(UPSTREAM) <= 5);
  });
});

/**
 * Threads that join with these priorities and leave at random. `peak`: the most that were in the
 * queue at a time; each is counted after it has joined, and no longer when it leaves. `most`: of one
 * thread.
 */
async function comeAndGo(
  of: typeof sizes,
  limit: number,
  priorities: readonly number[],
  most = 0xffff,
): Promise<{ peak: number; refused: number; shared: SharedState }> {
  const buffer = allocateShared(of);
  const seen = new Int32Array(new SharedArrayBuffer(12));
  const url = pathToFileURL(new URL('./shared-state.ts', import.meta.url).pathname).href;
  const code = `const { workerData } = require('node:worker_threads');
    const { buffer, limit, most, of, priorities, seen, thread } = workerData;
    import(${JSON.stringify(url)}).then(({ SharedState }) => {
      const { queues } = new SharedState(buffer, of, thread).endpoints;
      const waiting = priorities.map(() => 0);
      const publish = (at) => {
        const ticket = waiting[at] === 0 ? 0 : queues.nextTicket(1);
        queues.publish(1, priorities[at], ticket, ticket);
      };
      const leave = (at) => {
        Atomics.sub(seen, 0, 1);
        waiting[at] -= 1;
        queues.leave(1, priorities[at]);
        publish(at);
      };
      const join = (at) => {
        if (!queues.join(1, priorities[at], limit)) return void Atomics.add(seen, 2, 1);
        waiting[at] += 1;
        const now = Atomics.add(seen, 0, 1) + 1;
        for (let peak = Atomics.load(seen, 1); now > peak; peak = Atomics.load(seen, 1)) {
          if (Atomics.compareExchange(seen, 1, peak, now) === peak) break;
        }
        publish(at);
      };
      for (let turn = 0; turn < 20_000; turn++) {
        const at = Math.floor(Math.random() * priorities.length);
        while (queues.ordered(1, priorities[at]) > 0) leave(at);
        if (waiting[at] === 0 || (waiting[at] < most && Math.random() < 0.5)) join(at);
        else leave(at);
      }
      for (const at of waiting.keys()) while (waiting[at] > 0) leave(at);
    });`;
  const workers = Array.from({ length: of.threadCount }, (_, thread) => {
    const workerData = { buffer, limit, most, of, priorities, seen, thread };
    return new Worker(code, { eval: true, workerData });
  });
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(codes.flat(), [0, 0, 0, 0]);
  return { peak: seen[1] ?? 0, refused: seen[2] ?? 0, shared: new SharedState(buffer, of, 0) };
}
