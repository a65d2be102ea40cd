import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { atTurnEnd } from '#src/base/turn.ts';
import { detectNativeCalls, EVENTFD_FLAGS } from './native-calls.ts';
import { wakes } from './proof.ts';
import { detectRawHandles } from './raw-handles.ts';
import { type Readable, Readiness } from './readiness.ts';

const calls = detectNativeCalls() ?? assert.fail('no native calls');
const raw = detectRawHandles() ?? assert.fail('no raw handles');
const ONE_PER_READER = 1500; // more than one epoll_wait takes
const READINESS = import.meta.resolve('./readiness.ts');

/** A set, and a way to watch something that is readable. Writes down who is told. */
class Bench {
  readonly set = new Readiness(calls, raw);
  readonly told: string[] = [];
  #wake: () => void = () => undefined;

  /** An eventfd that has 1, or 0: nothing to read. */
  descriptor(t: TestContext, start: bigint): bigint {
    const fd = BigInt(calls.eventfd(start, EVENTFD_FLAGS));
    assert.ok(fd >= 0n);
    t.after(() => calls.close(fd));
    return fd;
  }

  reader(name: string): Readable {
    return {
      onReadable: () => {
        this.told.push(name);
        this.#wake();
      },
      readAgain: () => assert.fail('it has not thrown'),
    };
  }

  async until(count: number): Promise<void> {
    while (this.told.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}

describe('readiness', () => {
  it('knows that the event loop wakes for it', async () => {
    assert.equal(await wakes(new Readiness(calls, raw)), true);
  });

  it('tells once of what can be read, and again when it is asked to', async (t) => {
    const bench = new Bench();
    const fd = bench.descriptor(t, 1n);
    const slot = bench.set.watch(fd, bench.reader('first'));
    assert.ok(slot >= 0);
    await bench.until(1);
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    assert.deepEqual(bench.told, ['first']);
    bench.set.again(fd, slot);
    await bench.until(2);
    bench.set.forget(slot);
  });

  it('tells nobody of what is empty or forgotten', async (t) => {
    const bench = new Bench();
    const empty = bench.set.watch(bench.descriptor(t, 0n), bench.reader('empty'));
    const closed = BigInt(calls.eventfd(1n, EVENTFD_FLAGS));
    bench.set.forget(bench.set.watch(closed, bench.reader('forgotten')));
    calls.close(closed);
    const full = bench.set.watch(bench.descriptor(t, 1n), bench.reader('full'));
    await bench.until(1);
    assert.deepEqual(bench.told, ['full']);
    for (const slot of [empty, full]) bench.set.forget(slot);
  });

  it('takes what comes meanwhile behind the turn, eight times at most', async (t) => {
    const bench = new Bench();
    const fd = bench.descriptor(t, 1n);
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const perTurn: number[] = [];
    let told = 0;
    const slot = bench.set.watch(fd, {
      onReadable: () => {
        told += 1;
        atTurnEnd({ onTurnEnd: () => undefined });
        if (told === 1) setImmediate(() => perTurn.push(told)); // behind the end of this turn
        if (told < 20) bench.set.again(fd, slot);
        else resolve();
      },
      readAgain: () => assert.fail('it has not thrown'),
    });
    await over;
    assert.deepEqual([...perTurn, told], [8, 20]);
    bench.set.forget(slot);
  });

  it('refuses what cannot be watched', () => {
    const bench = new Bench();
    assert.equal(bench.set.watch(1_000_000n, bench.reader('nothing')), -1);
  });

  it('forgets nobody when more are ready than the kernel tells of at once', async (t) => {
    const bench = new Bench();
    const slots = Array.from({ length: ONE_PER_READER }, (_, at) =>
      bench.set.watch(bench.descriptor(t, 1n), bench.reader(`${at}`)),
    );
    await bench.until(ONE_PER_READER);
    assert.equal(new Set(bench.told).size, ONE_PER_READER);
    for (const slot of slots) bench.set.forget(slot);
  });

  it('costs no other its bytes when one throws, and lets that one read again', async () => {
    // In a process of its own: what is thrown there reaches `uncaughtException`.
    const script = `
      const { detectNativeCalls } = await import(${JSON.stringify(import.meta.resolve('./native-calls.ts'))});
      const { detectRawHandles } = await import(${JSON.stringify(import.meta.resolve('./raw-handles.ts'))});
      const { Readiness } = await import(${JSON.stringify(READINESS)});
      const calls = detectNativeCalls();
      const set = new Readiness(calls, detectRawHandles());
      const said = [];
      const say = (word) => { if (said.push(word) === 5) { console.log(said.join(' ')); process.exit(); } };
      process.on('uncaughtException', (error) => say(error.message));
      for (const name of ['a', 'b', 'c']) {
        const fd = BigInt(calls.eventfd(1n, ${EVENTFD_FLAGS}n));
        const slot = set.watch(fd, {
          onReadable() { if (name === 'b' && !said.includes('thrown')) throw new Error('thrown'); say(name); },
          readAgain() { set.again(fd, slot); say('again'); },
        });
      }`;
    const args = ['--no-warnings', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    assert.equal(stdout, 'a again thrown c b\n');
  });

  it('ends with its thread, however that ends', async () => {
    const script = `
      import { parentPort } from 'node:worker_threads';
      const { createTransport } = await import(${JSON.stringify(import.meta.resolve('./transport.ts'))});
      const { BoundSocket } = await import('node:net');
      const bound = new BoundSocket({ host: '127.0.0.1', port: 0 });
      const { port } = bound.address();
      const address = { kind: 'tcp', host: '127.0.0.1', port };
      const transport = createTransport('fast');
      const kept = [];
      transport.accept(bound.fd(), address, 16, { onAccepted: (c) => kept.push(c), onAcceptFailed() {} });
      transport.dial(address, { onConnected(c) {
        kept.push(c);
        c.queueText('hello');
        c.flushNow();
        parentPort.postMessage(transport.tier);
      }, onDialFailed() {} });`;
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
    assert.deepEqual(await once(thread, 'message'), ['fast']);
    assert.equal(await thread.terminate(), 1);
  });
});
