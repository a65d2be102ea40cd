import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SessionTable } from './session-table.ts';

const BYTES = 32_768;
const hashOf = (n: number) => Int32Array.of(Math.imul(n, 0x9e3779b1), n);

/** The table as that many threads have it. */
function tables(threads: number, bytes = BYTES): SessionTable[] {
  const memory = new SharedArrayBuffer(bytes);
  return Array.from({ length: threads }, (_, at) => new SessionTable(memory, 0, bytes, at));
}

describe('a table of sessions', () => {
  it('tells one thread what another has learned', () => {
    const [one, other] = tables(2);
    assert.ok(one !== undefined && other !== undefined);
    one.put(hashOf(7), 3, 100, 50, true);
    assert.equal(other.find(hashOf(7), 99), 3);
    assert.equal(other.find(hashOf(8), 99), -1);
    other.put(hashOf(7), 4, 100, 50, false);
    assert.equal(one.find(hashOf(7), 99), 4);
  });

  it('forgets a session when its time is over, and does not note one that is not new', () => {
    const [table] = tables(1);
    assert.ok(table !== undefined);
    table.put(hashOf(1), 0, 100, 50, true);
    assert.equal(table.find(hashOf(1), 100), -1);
    table.put(hashOf(1), 0, 200, 100, false);
    assert.equal(table.find(hashOf(1), 150), -1);
    table.put(hashOf(2), 0, 200, 100, false);
    assert.equal(table.find(hashOf(2), 150), -1);
  });

  it('tells sessions apart that differ in either half of their hash', () => {
    const [table] = tables(1);
    assert.ok(table !== undefined);
    table.put(Int32Array.of(5, 6), 1, 100, 0, true);
    assert.equal(table.find(Int32Array.of(5, 7), 0), -1);
    assert.equal(table.find(Int32Array.of(4, 6), 0), -1);
  });

  it('holds about as many as it has room for, and those that are used last stay', () => {
    const [table] = tables(1);
    assert.ok(table !== undefined);
    const half = table.capacity / 2;
    for (let n = 0; n < half; n++) table.put(hashOf(n), n & 3, 1_000 + n, 0, true);
    const isKept = (n: number) => table.find(hashOf(n), 0) === (n & 3);
    const numbers = Array.from({ length: half }, (_, n) => n);
    assert.ok(numbers.filter(isKept).length > 0.95 * half);
    for (let n = half; n < 20 * half; n++) table.put(hashOf(n), n & 3, 1_000 + n, 0, true);
    assert.ok(isKept(20 * half - 1));
    assert.equal(isKept(0), false);
  });

  it('gives all that hold to a snapshot', () => {
    const [table] = tables(1);
    assert.ok(table !== undefined);
    table.put(Int32Array.of(-1, 2), 3, 100, 0, true);
    table.put(Int32Array.of(4, 5), 0, 50, 0, true);
    assert.deepEqual(table.take(60), [-1, 2, 3, 100]);
  });

  it('does without a set whose holder has died, until its locks are released', () => {
    const memory = new SharedArrayBuffer(BYTES);
    const [one, main] = [
      new SessionTable(memory, 0, BYTES, 0),
      new SessionTable(memory, 0, BYTES, 1),
    ];
    one.put(hashOf(7), 3, 100, 50, true);
    // What a thread leaves that dies while it holds every lock: its number, from 1.
    const cells = new Int32Array(memory);
    for (let cell = 4; cell + 36 <= cells.length; cell += 36) cells[cell] = 3;
    assert.equal(main.find(hashOf(7), 50), -1);
    main.put(hashOf(8), 3, 100, 50, true);
    main.releaseLocks(2);
    assert.deepEqual([main.find(hashOf(7), 50), main.find(hashOf(8), 50)], [-1, -1]);
    main.put(hashOf(8), 2, 100, 50, true);
    assert.equal(one.find(hashOf(8), 50), 2);
  });

  it('never mixes up what two threads write at once', async () => {
    const memory = new SharedArrayBuffer(144 + 16); // one set: all of them meet
    const table = new SessionTable(memory, 0, memory.byteLength, 9);
    const module = new URL('./session-table.ts', import.meta.url).href;
    const source = `
      const { workerData } = require('node:worker_threads');
      import(${JSON.stringify(module)}).then(({ SessionTable }) => {
        const { memory, thread } = workerData;
        const table = new SessionTable(memory, 0, memory.byteLength, thread);
        const hash = new Int32Array(2);
        let wrong = 0;
        for (let n = 0; n < 200000; n++) {
          hash[0] = hash[1] = n % 12;
          if (n % 3 === thread % 3) table.put(hash, n % 12, 100, 0, true);
          const found = table.find(hash, 0);
          if (found !== -1 && found !== n % 12) wrong += 1;
        }
        require('node:worker_threads').parentPort.postMessage(wrong);
      });`;
    const wrong = await Promise.all(
      [0, 1].map((thread) => {
        const worker = new Worker(source, { eval: true, workerData: { memory, thread } });
        return new Promise((resolve, reject) =>
          worker.once('message', resolve).once('error', reject),
        );
      }),
    );
    assert.deepEqual(wrong, [0, 0]);
    assert.ok(table.take(0).length > 0);
  });
});
