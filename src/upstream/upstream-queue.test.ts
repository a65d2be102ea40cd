import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import type { FailureCode } from '#src/base/failure.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { EndpointTable } from '#src/shared/endpoint-table.ts';
import { allocateShared } from '#src/shared/shared-state.ts';
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import {
  type EndpointConfig,
  type QueueConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import type { PoolThread } from '#src/upstream/pool/pool.ts';
import { TestContext } from './pick-context.contract.ts';
import { Upstream } from './upstream.ts';
import { type QueueClient, QueuePlace } from './upstream-queue.ts';

const PLACE = { file: 'test', line: 1, column: 1 };
const PRIORITY = { constant: undefined, isOfConnection: false, evaluate: () => '' };
const QUEUE: QueueConfig = { length: 3, timeoutMs: 1000, priorityText: '', priority: null };

/** One exchange: what became of it. */
class Asker implements QueueClient {
  readonly name: string;
  readonly context: TestContext & { priority?(): string };
  readonly place: QueuePlace;
  endpoint: Endpoint | undefined = undefined;
  readonly #log: string[];

  constructor(name: string, upstream: Upstream, log: string[], priority: string) {
    this.name = name;
    this.#log = log;
    this.context = Object.assign(new TestContext(), { priority: () => priority });
    this.context.nextTurn = () => upstream.nextTurn();
    this.place = new QueuePlace(this, this.context);
  }

  onPlace(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.#log.push(`${this.name} served`);
  }

  onNoPlace(failure: FailureCode): void {
    this.#log.push(`${this.name} ${failure}`);
  }
}

/** Threads of one generation, all in this one: an endpoint that takes `maxConns`. */
function make(threadCount: number, queue: QueueConfig | 'none' = QUEUE) {
  const clock = new ManualClock();
  const endpoint: EndpointConfig = {
    address: { kind: 'tcp', host: '127.0.0.1', port: 80 },
    name: 'e0',
    server: 'e0',
    ...USUAL_TRAITS,
    maxConns: 1,
    maxFails: 0,
    place: PLACE,
  };
  const pool = { maxIdle: 2, maxRequests: 100, maxAgeMs: 60_000, idleTimeoutMs: 5_000 };
  const config: UpstreamConfig = {
    name: 'api',
    implicit: false,
    endpoints: [endpoint],
    pool,
    policy: USUAL_POLICY,
    queue: queue === 'none' ? null : queue,
    sticky: null,
    place: PLACE,
  };
  const sizes = { threadCount, endpointCount: 1, upstreamCount: 1 };
  const buffer = allocateShared(sizes);
  const log: string[] = [];
  const threads = Array.from({ length: threadCount }, (_, thread) => {
    const table = new EndpointTable(buffer, threadCount, 1, thread, 1);
    const wheel = new TimerWheel(clock);
    const upstream = new Upstream(config, 0, 0, table, { wheel } as unknown as PoolThread);
    /** Comes in as an exchange does. */
    const ask = (name: string, priority = ''): Asker => {
      const asker = new Asker(name, upstream, log, priority);
      const picked = upstream.pick(asker.context);
      if (picked !== undefined) asker.onPlace(picked);
      else {
        const failure = upstream.wait(asker.place);
        if (failure !== undefined) asker.onNoPlace(failure);
      }
      return asker;
    };
    const finish = ({ endpoint: at }: Asker): void => {
      assert.ok(at !== undefined);
      upstream.finish(at, false, clock.nowMs);
    };
    return { upstream, table, wheel, ask, finish };
  });
  type Thread = (typeof threads)[number];
  return { threads: threads as [Thread, Thread, ...Thread[]], clock, log };
}

/** Until the log has so many lines: threads wake each other by the event loop. */
async function until(log: readonly string[], count: number): Promise<void> {
  while (log.length < count) await new Promise((resolve) => setImmediate(resolve));
}

describe('a queue in front of a full endpoint', () => {
  it('serves in the order of arrival, over threads; newcomers do not overtake', async () => {
    const { log, threads } = make(2);
    const [a, b] = threads;
    const first = a.ask('a1');
    const second = b.ask('b1');
    const third = a.ask('a2');
    assert.deepEqual(log, ['a1 served']);
    a.finish(first);
    const fourth = a.ask('a3'); // there is room, but others wait
    assert.deepEqual(log, ['a1 served']);
    await until(log, 2);
    b.finish(second);
    await until(log, 3);
    a.finish(third);
    await until(log, 4);
    assert.deepEqual(log, ['a1 served', 'b1 served', 'a2 served', 'a3 served']);
    a.finish(fourth);
    assert.equal(a.table.active(0), 0);
    assert.equal(a.wheel.linkedCount + b.wheel.linkedCount, 0);
  });

  it('takes its number over all threads, then says queue_full; without one: upstream_full', () => {
    const { log, threads } = make(2);
    const [a, b] = threads;
    for (const name of ['1', '2', '3', '4', '5']) (name === '3' ? b : a).ask(name);
    assert.deepEqual(log, ['1 served', '5 queue_full']);
    assert.equal(b.table.queues.length(0), 3);
    assert.equal(b.table.queues.shedCount(0, 'full'), 1);
    const none = make(1, 'none');
    for (const name of ['1', '2']) none.threads[0].ask(name);
    assert.deepEqual(none.log, ['1 served', '2 upstream_full']);
    assert.equal(none.threads[0].table.queues.shedCount(0, 'without_queue'), 1);
  });

  it('gives up after the timeout, in every class', () => {
    const { clock, log, threads } = make(2, { ...QUEUE, priorityText: '$p', priority: PRIORITY });
    const [a] = threads;
    a.ask('1', '0');
    a.ask('2', '0');
    clock.advanceMs(500);
    a.ask('3', '3');
    clock.advanceMs(500);
    a.wheel.advance();
    assert.deepEqual(log, ['1 served', '2 queue_timeout']);
    clock.advanceMs(550);
    a.wheel.advance();
    assert.deepEqual(log.at(-1), '3 queue_timeout');
    assert.equal(a.wheel.linkedCount, 0);
    assert.deepEqual([a.table.queues.length(0), a.table.queues.largest(0)], [0, 2]);
    assert.equal(a.table.queues.shedCount(0, 'timeout'), 2);
  });

  it('lets go of one that leaves: the next takes its place in line', async () => {
    const { log, threads } = make(2);
    const [a, b] = threads;
    const first = a.ask('a1');
    const gone = a.ask('a2');
    b.ask('b1');
    gone.place.queue?.leave(gone.place);
    a.finish(first);
    await until(log, 2);
    assert.deepEqual(log, ['a1 served', 'b1 served']);
  });

  it('passes a place on when its head leaves after it was told of it', async () => {
    const { log, threads } = make(2);
    const [a, b] = threads;
    const first = b.ask('b1');
    const gone = a.ask('a1');
    b.ask('b2');
    b.finish(first); // tells thread a
    gone.place.queue?.leave(gone.place);
    await until(log, 2);
    assert.deepEqual(log, ['b1 served', 'b2 served']);
  });

  it('serves class before arrival, and sheds the newest of the lowest class', async () => {
    const queue = { ...QUEUE, priorityText: '$p', priority: PRIORITY };
    const { log, threads } = make(2, queue);
    const [a, b] = threads;
    const served = [a.ask('first', '2')];
    const low = b.ask('old-2', '2');
    b.ask('new-2', '2');
    a.ask('what', 'nonsense'); // counts as 3
    a.ask('one', '1'); // in place of "what"
    await until(log, 2);
    b.ask('zero', '0'); // in place of "new-2"
    await until(log, 3);
    b.ask('two', '2');
    assert.deepEqual(log, [
      'first served',
      'what queue_full',
      'new-2 queue_full',
      'two queue_full',
    ]);
    a.finish(served[0] as Asker);
    await until(log, 5);
    assert.equal(log[4], 'zero served');
    assert.equal(low.endpoint, undefined);
  });

  it('goes on when the thread of its head has died', async () => {
    const { log, threads } = make(2);
    const [a, b] = threads;
    a.ask('a1');
    a.ask('a2');
    b.ask('b1');
    b.table.zeroThread(0);
    b.table.queues.zeroThread(0);
    b.table.queues.wakeAllFirst();
    await until(log, 2);
    assert.deepEqual(log, ['a1 served', 'b1 served']);
    assert.equal(b.table.active(0), 1);
  });

  it('waits for what other generations have there, and goes on when it is less', async () => {
    const { log, threads } = make(1);
    const [a] = threads;
    a.table.setForeign(0, 1);
    a.ask('1');
    assert.deepEqual(log, []);
    a.table.setForeign(0, 0);
    a.table.queues.wakeAllFirst();
    await until(log, 1);
    assert.deepEqual(log, ['1 served']);
  });

  it('takes nobody who has had its turn: a retry goes on, or is told that all are full', () => {
    const { log, threads } = make(1);
    const [a] = threads;
    const first = a.ask('1');
    a.ask('2');
    const retry = new Asker('retry', a.upstream, log, '');
    Object.assign(retry.context, { isRetry: true });
    assert.equal(a.upstream.pick(retry.context), undefined);
    assert.equal(a.upstream.wait(retry.place), 'upstream_full');
    a.finish(first);
    assert.ok(a.upstream.pick(retry.context) !== undefined);
  });
});
